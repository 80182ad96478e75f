/*
 * Reading a content to see whether it still is what it was, and marking its row (content.h).
 */
#include "server/store/content.h"

#include <stdlib.h>
#include <time.h>

#include "common/clock.h"
#include "common/fsio.h"
#include "common/log.h"
#include "server/store/commit.h"
#include "server/store/state.h"

enum { RUN_BYTES = 256 << 10, PAUSE_MS = 5, PAUSES_MOST = 20 };

const char *content_state_words(enum content_state state)
{
	static const char *const words[] = {
		[CONTENT_GOOD] = "good",
		[CONTENT_MISSING] = "its file is not there",
		[CONTENT_SHORT] = "its file is cut short",
		[CONTENT_ROTTEN] = "its bytes do not fit its SHA-256",
		[CONTENT_UNREADABLE] = "the disk cannot read it",
	};

	return words[state];
}

/* Changes that wait go first, but not for ever. */
static void yield_to_traffic(struct store *s)
{
	static const struct timespec pause = { .tv_nsec = PAUSE_MS * NS_PER_MS };

	for (int i = 0; i < PAUSES_MOST && atomic_load(&s->counts.queued) > 0; i++)
		nanosleep(&pause, NULL);
}

static enum content_state read_through(struct store *s, int fd, int64_t offset, int64_t size_bytes, struct hasher *h)
{
	autofree char *run = xmalloc(RUN_BYTES);

	for (int64_t at = 0; at < size_bytes; at += RUN_BYTES) {
		size_t len = (size_t)MIN(size_bytes - at, (int64_t)RUN_BYTES);
		enum err e = fsio_read_at(fd, run, len, offset + at);

		if (e != OK)
			return e == E_CORRUPT ? CONTENT_SHORT : CONTENT_UNREADABLE;
		hasher_add(h, run, len);
		yield_to_traffic(s);
	}
	return CONTENT_GOOD;
}

enum content_state content_check(struct store *s, const struct digest *hash, const struct place *place)
{
	struct handle *handle = NULL;
	struct hasher *h;
	struct digest have;
	enum content_state state;
	enum err e = content_open_place(s, hash, place, &handle);

	if (e != OK)
		return e == E_NOT_FOUND ? CONTENT_MISSING : CONTENT_UNREADABLE;
	h = hasher_new();
	state = read_through(s, handle->fd, place->segment ? place->number : 0, place->size_bytes, h);
	have = hasher_finish(h);
	if (state == CONTENT_GOOD && !digest_equal(&have, hash))
		state = CONTENT_ROTTEN;
	hasher_free(h);
	handle_unref(handle);
	return state;
}

/* ---- marking ---- */

struct mark {
	int64_t id;
	const struct place *place;
	enum object_state state;
	bool done;
};

static enum err mark(struct db *db, void *arg)
{
	struct mark *m = arg;
	enum err e = db_run(db, "UPDATE object SET state = ?4 WHERE id = ?1 AND segment = ?2 AND place = ?3",
			    DB_INT(m->id), DB_INT(m->place->segment), DB_INT(m->place->number), DB_INT(m->state));

	m->done = e == OK && db_changes(db) > 0;
	return e;
}

enum err content_mark(struct store *s, int64_t id, const struct place *place, enum object_state state, bool *out_done)
{
	struct mark m = { id, place, state, false };
	enum err e = commit_call(s, mark, &m);

	if (e == OK)
		content_places_changed(s);
	*out_done = m.done;
	return e;
}
