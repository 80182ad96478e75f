/*
 * cond: the preconditions of a request as a value (RFC 9110 §13), evaluated in the order of §13.2.2 by the server's
 * check, by its committer at the moment of the change, and by the client that predicts an answer.
 */
#ifndef COMMON_COND_H
#define COMMON_COND_H

#include "common/digest.h"

#define COND_NO_DATE INT64_MIN

/* A zeroed `struct cond` is not "no condition": use COND_NONE. */
struct cond {
	const char *if_match, *if_none_match; /* field values, several lines joined by ", "; NULL: absent */
	int64_t if_modified_since_s;          /* COND_NO_DATE: absent or not a date (§13.1.3: then ignored) */
	int64_t if_unmodified_since_s;
};

#define COND_NONE ((struct cond){ NULL, NULL, COND_NO_DATE, COND_NO_DATE })

/* The fields of a request head as C strings, several lines of one name joined by ", "; NULL: absent. */
struct cond_fields {
	const char *if_match, *if_none_match, *if_modified_since, *if_unmodified_since;
};

/* Their meaning.  The texts stay borrowed.  What is not one date is no date (§13.1.3, §13.1.4); `now_s`: httpdate_parse(). */
struct cond cond_from_fields(const struct cond_fields *fields, int64_t now_s);

/* What the conditions are held against: the selected representation as it is now. */
struct cond_target {
	bool exists;
	const struct digest *digest; /* its strong entity tag; NULL: it has none (a collection shown bare) */
	int64_t changed_s;           /* max(mtime, server change time), whole seconds: what dates are compared with */
};

enum cond_result { COND_PASS, COND_NOT_MODIFIED, COND_FAILED };

/*
 * `is_read`: GET or HEAD, for which If-None-Match and If-Modified-Since give COND_NOT_MODIFIED; for every other
 * method If-Modified-Since is ignored and If-None-Match fails.  An If-Match that cannot be parsed fails (closed); an
 * If-None-Match that cannot be parsed matches nothing (protocol.md: clients send random words there).
 */
enum cond_result cond_evaluate(const struct cond *c, bool is_read, const struct cond_target *target);

/* No condition at all? */
bool cond_is_none(const struct cond *c);

/* A deep copy that outlives the request; cond_clear() frees it. */
struct cond cond_dup(const struct cond *c);
void cond_clear(struct cond *c);

#endif
