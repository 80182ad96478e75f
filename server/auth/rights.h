/*
 * rights: what somebody may do where (architecture.md, "One tree").
 *
 * Rights are a list of (path prefix, read | write), without denies; write includes read.  A token can do what its scope
 * *and* its user's rights allow; an empty scope allows all of the user's.  The result of joining both is a `struct access`:
 * one flat block without pointers inside, so that a cached one is handed to a request by a plain copy.
 */
#ifndef SERVER_AUTH_RIGHTS_H
#define SERVER_AUTH_RIGHTS_H

#include "server/store/store_access.h"

struct access;

/* In ascending order: each level includes the ones before it. */
enum access_level {
	ACCESS_NONE, /* answer 404: what one may not read is not there */
	ACCESS_WAY, /* an ancestor of something readable: a bare collection that lists only the way down, without ETag */
	ACCESS_READ, /* answer 403 to a change */
	ACCESS_WRITE
};

/*
 * The level at a clean path, which need not exist.  Paths are compared in NFC, segment by segment.  Knows nothing of
 * reserved names: writing those is 403 whatever the rights (common/path.h).  Never blocks; any thread.
 */
enum access_level access_level(const struct access *a, struct span path);

/* Write access to `path` and everything below it?  (Without denies: the same as ACCESS_WRITE at `path`.) */
bool access_may_write(const struct access *a, struct span path);
bool access_may_read(const struct access *a, struct span path);

/* Is there any place at all that may be written? */
bool access_may_write_somewhere(const struct access *a);

/* The places below which all may be read, none of them within another; borrowed from `a`.  Returns how many, at most `max`. */
size_t access_places(const struct access *a, struct span *out, size_t max);
enum { ACCESS_PLACES_MAX = 2 * STORE_RIGHTS_LIMIT };

/*
 * Some bytes that tell what is readable: others when another set of paths is, whatever the list says twice.  What a sync-token
 * carries (protocol.md, "Changes").
 */
enum { ACCESS_VIEW_SIZE = 8 };
void access_view(const struct access *a, unsigned char out[ACCESS_VIEW_SIZE]);

/* Is the same readable for both, by that? */
bool access_sees_same(const struct access *a, const struct access *b);

/* Who it is, and through what ("ann", "ann@laptop"; the label of the token).  Borrowed from `a`; never NULL. */
const char *access_user(const struct access *a);
const char *access_client(const struct access *a);

enum access_kind { ACCESS_BY_TOKEN, ACCESS_BY_PASSWORD, ACCESS_BY_CERTIFICATE };

/* What it was found by: enough to find it again, and nothing that a stranger could use. */
struct access_origin {
	uint64_t version; /* store_access_version() before it was looked up */
	enum access_kind kind;
	struct digest
	    witness; /* of the token; or of the hash that the password was found to fit; of a certificate nothing */
};
const struct access_origin *access_origin(const struct access *a);
void access_set_origin(struct access *a, const struct access_origin *origin);

/* The same rights through something else: what access_client() and access_origin() say from now on. */
void access_set_client(struct access *a, const char *client, enum access_kind kind);

/* When it ends, seconds since 1970; 0: never. */
int64_t access_expires_s(const struct access *a);

/* What a token gives: its scope joined with its user's rights.  The caller frees it with free(). */
struct access *access_new(const struct store_token *token);

/* The size of the block, for a copy of it. */
size_t access_size(const struct access *a);

/*
 * Reads a right as people write it: "read:/docs", "write:/"; the path may be given percent-free only, is made clean (runs of
 * slashes, a trailing one) and NFC.  E_BAD_REQUEST with the reason in `why`.  `out_prefix` is the caller's to free, and
 * `out`'s prefix points to it.
 */
enum err rights_parse(struct span text, struct store_right *out, char **out_prefix, struct note *why) must_check;

#endif
