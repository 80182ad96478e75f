/*
 * tag: what a foreign server's listing said of each path the last time, and which content its words stood for.
 *
 * On our own server an ETag is the digest of the content.  Elsewhere it is opaque, weak, as coarse as a clock's second, or not there at
 * all: then size and time have to do.  What it stands for is known only once we read or wrote the content under it ourselves; and one
 * that is younger than the server's clock can tell apart may come to stand for another content later.
 *
 * The rows belong to the base's file and its transactions.
 */
#ifndef CLIENT_SYNC_TAG_H
#define CLIENT_SYNC_TAG_H

#include "client/remote/answer.h"
#include "client/sync/base.h"

enum { TAG_SIZE = 200 };

enum tag_state {
	TAG_READ,  /* the digest is that of the content */
	TAG_YOUNG, /* so it was, but another content may have the same tag by now */
	TAG_UNREAD /* the content is not known; the digest is one that no content has */
};

struct tag {
	enum plan_kind kind;
	char etag[TAG_SIZE]; /* what is between the quotes; "" none */
	int64_t size_bytes;  /* -1: not told */
	int64_t mtime_s;     /* 0: not told */
	struct digest digest;
	enum tag_state state;
	int64_t taken_ns; /* when it was last read or written, by our clock */
};

/* From a header field or property: the opaque part; "" for what is no entity tag.  Too long ones are shortened to a hash. */
void tag_set_etag(struct tag *t, const char *field);

/* Do the two tell of the same version, as far as the server can say?  False when it says nothing. */
bool tag_is_same(const struct tag *a, const struct tag *b);

/*
 * Is the answer to GET, with a body of so many bytes, of the version that the listing told of?  A page that somebody puts in its place is
 * not: it has another tag, or none and another size or time.
 */
bool tag_fits(const struct tag *t, const struct answer *a, int64_t body_bytes);

/* Was it old enough, by the server's own clock, when it was answered, for a later content to have another tag? */
bool tag_is_old_enough(const struct answer *a);

/* Makes it TAG_UNREAD with the digest that stands for it. */
void tag_set_unread(struct tag *t, const char *path);

/* E_NOT_FOUND. */
enum err tag_get(struct base *b, const char *path, struct tag *out) must_check;
enum err tag_put(struct base *b, const char *path, const struct tag *t) must_check;

/* Forgets it and all below it. */
enum err tag_drop(struct base *b, const char *path) must_check;

/* What was at `from` and below is at `to` and below. */
enum err tag_move(struct base *b, const char *from, const char *to) must_check;

/*
 * A row for everything that the base has, is not known to be gone there, and has none: what was made by a run that could not say how the
 * server tells of it.
 */
enum err tag_complete(struct base *b) must_check;

/* Those directly in a folder ("" the root), by the bytes of their names; those that are TAG_YOUNG and taken before. */
typedef enum err tag_fn(void *arg, const char *path, const struct tag *t);
enum err tag_each_in(struct base *b, const char *folder, tag_fn *fn, void *arg) must_check;
enum err tag_each_young(struct base *b, int64_t before_ns, tag_fn *fn, void *arg) must_check;

/*
 * What was sent and may have arrived though nobody said so: a content that we find there later and sent ourselves is nobody
 * else's.  So is an empty file in its place, which a lock makes before it is written.  `out`: is it that?  base_agree() and its
 * like forget it: what the two sides have had in common since is newer.
 */
enum err tag_sent_put(struct base *b, const char *path, const struct digest *digest) must_check;
enum err tag_sent_is(struct base *b, const char *path, const struct digest *digest, bool *out) must_check;

#endif
