/*
 * span: borrowed bytes, passed by value, never NUL-dependent.  Text from a peer is parsed with it and never modified.
 */
#ifndef COMMON_SPAN_H
#define COMMON_SPAN_H

#include "common/base.h"

struct span {
	const char *ptr; /* never NULL after span_of() */
	size_t len;
};

/* The whole of a C string; NULL gives an empty span. */
struct span span_of(const char *text);

/* Equal bytes; span_eq_nocase folds ASCII letters only. */
bool span_eq(struct span a, struct span b);
bool span_is(struct span a, const char *text);
bool span_eq_nocase(struct span a, const char *text);
bool span_starts(struct span a, const char *prefix);

/* Without leading and trailing spaces and tabs (OWS, RFC 9110 §5.6.3). */
struct span span_trim(struct span a);

/*
 * Cuts the part before the next `sep` off `rest` into `out`; the last part is what remains.
 * False when nothing is left.  Does not know quotes.
 */
bool span_cut(struct span *rest, char sep, struct span *out);

/*
 * Cuts the next element of a comma-separated list (RFC 9110 §5.6.1) off `rest`, trimmed, empty ones skipped, commas
 * inside quoted strings (§5.6.4) kept.  False at the end.
 */
bool span_list_next(struct span *rest, struct span *out);

/* True if the comma-separated list holds `token`, ASCII case folded. */
bool span_list_has(struct span list, const char *token);

/* A decimal number of digits alone, at most INT64_MAX.  False: not one. */
bool span_to_int64(struct span a, int64_t *out);

/* A NUL-terminated copy; the caller frees it. */
char *span_dup(struct span a);

#endif
