/*
 * segment: append-only files of bodies up to 1 MiB, one after the other (store.md, "On disk").
 *
 * Appending is the committer's alone; reading goes by counted handles, so that a segment that
 * is unlinked stays readable for who has it open.
 */
#ifndef SERVER_STORE_SEGMENT_H
#define SERVER_STORE_SEGMENT_H

#include <stdatomic.h>

#include "common/db.h"

struct iovec;
struct segments;

/* `folder` is the open folder seg/, borrowed. */
struct segments *segments_new(int folder);
void segments_free(struct segments *s);

/* ---- the committer's side ---- */

/*
 * Makes sure that a segment is open for appending: the newest one while it has room, else a new one, whose number is
 * committed in a transaction of its own and whose name is synced before any row can tell of it.
 */
bool segments_are_ready(const struct segments *s); /* then it does nothing, and needs no database */
enum err segments_ready(struct segments *s, struct db *db) must_check;

/*
 * Appends the pieces and says where the first byte is.  Not synced.  On an error what was written is bytes that no row
 * names, at a place where the next append goes.
 */
enum err segments_append(struct segments *s, struct iovec *pieces, size_t count, int64_t *out_number,
			 int64_t *out_offset) must_check;

/* Syncs what was appended. */
enum err segments_sync(struct segments *s) must_check;

/* Bytes of the newest file that are there for what comes next.  Any thread. */
int64_t segments_spare(const struct segments *s);

/*
 * The next body goes to a new segment, whatever room the newest has: so that it can be compacted.  Any thread; the next
 * segments_ready() does it.
 */
void segments_seal(struct segments *s);

/* ---- reading; any thread ---- */

/* An open file that is closed with its last reference. */
struct handle {
	struct segments *segments; /* that know of it; NULL: a file of its own */
	struct handle *next;       /* of those */
	int64_t number;
	int fd;
	atomic_int refs;
	atomic_int_least64_t size_bytes; /* at least this long */
};

/* Takes over `fd`; one reference. */
struct handle *handle_new(int fd, int64_t size_bytes);
void handle_unref(struct handle *h);

/* A reference to the open segment `number`.  E_NOT_FOUND: no such file. */
enum err segments_open(struct segments *s, int64_t number, struct handle **out) must_check;

/* ---- for those who give bodies up (gc.h) ---- */

/* The name of the file in seg/. */
enum { SEGMENT_NAME_SIZE = 24 };
void segments_name(int64_t number, char out[SEGMENT_NAME_SIZE]);

/* Has nobody a reference to it now, but for the ones that are kept for who asks next? */
bool segments_are_idle(struct segments *s, int64_t number);

/* Its file was unlinked: what is kept of it is let go, so that its blocks are free once the last reader has gone. */
void segments_forget(struct segments *s, int64_t number);

#endif
