/*
 * content: from a place to an open file, for the files of this folder; store_content_open() is the way for everybody else.
 */
#ifndef SERVER_STORE_CONTENT_H
#define SERVER_STORE_CONTENT_H

#include "common/db.h"
#include "server/store/object.h"
#include "server/store/segment.h"
#include "server/store/store.h"

/* Opens the file that holds the content.  E_NOT_FOUND: no such file (any more).  handle_unref() when done. */
enum err content_open_place(struct store *s, const struct digest *hash, const struct place *place,
			    struct handle **out) must_check;

/* Places changed though no number was given (a content was marked, moved or removed): what is known of them is looked up anew. */
void content_places_changed(struct store *s);

/* ---- is it what it should be? ---- */

enum content_state {
	CONTENT_GOOD,
	CONTENT_MISSING,    /* no such file */
	CONTENT_SHORT,      /* the file ends before */
	CONTENT_ROTTEN,     /* other bytes */
	CONTENT_UNREADABLE, /* the disk says so */
	CONTENT_UNKNOWN,    /* the store closes: nobody looked to the end */
};
const char *content_state_words(enum content_state state);

/*
 * Reads the content `id` as its row has it, which `io_place` says, and compares it with its digest; what moved or went meanwhile is
 * looked up anew with `db`, and `io_place` is then the new one.  Reads so many bytes a second, 0: as fast as the disk; pauses while
 * changes wait.  E_NOT_FOUND: it went, or nothing refers to it; errors of the database.
 */
enum err content_look(struct store *s, struct db *db, int64_t id, const struct digest *hash, int64_t bytes_per_s,
		      struct place *io_place, enum content_state *out) must_check;

/*
 * Writes the state of the content `id` if it is still at `place`, and waits until that is on stable storage.  `out_done` false:
 * it is not there any more.
 */
enum err content_mark(struct store *s, int64_t id, const struct place *place, enum object_state state,
		      bool *out_done) must_check;

/* The same from any thread, without waiting, for who has just read a content and found it damaged. */
void content_mark_later(struct store *s, const struct digest *hash, const struct place *place);

/* The digest of `len` bytes of a file.  E_CORRUPT: it ends before; E_IO. */
enum err content_hash(int fd, int64_t offset, int64_t len, struct digest *out) must_check;

#endif
