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

enum { RUN_BYTES = 256 << 10, PAUSE_MS = 5, PAUSES_MOST = 20, PACE_MS = 100 };

const char *content_state_words(enum content_state state)
{
	static const char *const words[] = {
		[CONTENT_GOOD] = "good",
		[CONTENT_MISSING] = "its file is not there",
		[CONTENT_SHORT] = "its file is cut short",
		[CONTENT_ROTTEN] = "its bytes do not fit its SHA-256",
		[CONTENT_UNREADABLE] = "the disk cannot read it",
		[CONTENT_UNKNOWN] = "not known",
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

/* So that the next run comes when the rate says; not at all when the store closes. */
static void keep_pace(struct store *s, int64_t bytes, int64_t bytes_per_s)
{
	int64_t left_ns = bytes_per_s ? bytes * NS_PER_S / bytes_per_s : 0;

	while (left_ns > 0 && !atomic_load(&s->is_closing)) {
		struct timespec pause = { .tv_nsec = MIN(left_ns, PACE_MS * NS_PER_MS) };

		nanosleep(&pause, NULL);
		left_ns -= pause.tv_nsec;
	}
}

static enum content_state read_through(struct store *s, int fd, const struct place *place, int64_t bytes_per_s,
				       struct hasher *h)
{
	int64_t offset = place->segment ? place->number : 0;
	autofree char *run = xmalloc(RUN_BYTES);

	for (int64_t at = 0; at < place->size_bytes; at += RUN_BYTES) {
		size_t len = (size_t)MIN(place->size_bytes - at, (int64_t)RUN_BYTES);
		enum err e = fsio_read_at(fd, run, len, offset + at);

		if (e != OK)
			return e == E_CORRUPT ? CONTENT_SHORT : CONTENT_UNREADABLE;
		hasher_add(h, run, len);
		yield_to_traffic(s);
		keep_pace(s, (int64_t)len, bytes_per_s);
		if (atomic_load(&s->is_closing))
			return CONTENT_UNKNOWN;
	}
	return CONTENT_GOOD;
}

static enum content_state check(struct store *s, const struct digest *hash, const struct place *place,
				int64_t bytes_per_s)
{
	struct handle *handle = NULL;
	struct hasher *h;
	struct digest have;
	enum content_state state;
	enum err e = content_open_place(s, hash, place, &handle);

	if (e != OK)
		return e == E_NOT_FOUND ? CONTENT_MISSING : CONTENT_UNREADABLE;
	h = hasher_new();
	state = read_through(s, handle->fd, place, bytes_per_s, h);
	have = hasher_finish(h);
	if (state == CONTENT_GOOD && !digest_equal(&have, hash))
		state = CONTENT_ROTTEN;
	hasher_free(h);
	handle_unref(handle);
	return state;
}

/* The row once more: was it given up, or moved, while its bytes were read?  E_NOT_FOUND: it is gone. */
static enum err read_row(struct db *db, int64_t id, const struct digest *hash, struct place *io, bool *out_same)
{
	autorows struct db_rows rows = { NULL, NULL };
	struct place before = *io;
	enum err e = db_select(db, "SELECT segment, place, size, state FROM object WHERE id = ?1 AND hash = ?2", &rows,
			       DB_INT(id), DB_DIGEST(hash));

	if (e != OK || (e = db_next(&rows)) != OK)
		return e;
	*io = (struct place){ db_col_int(&rows, 0), db_col_int(&rows, 1), db_col_int(&rows, 2),
			      (enum object_state)db_col_int(&rows, 3) };
	*out_same = io->segment == before.segment && io->number == before.number;
	return OK;
}

enum err content_look(struct store *s, struct db *db, int64_t id, const struct digest *hash, int64_t bytes_per_s,
		      struct place *io_place, enum content_state *out)
{
	bool is_same = false;
	enum err e = OK;

	while (!is_same && e == OK) {
		*out = check(s, hash, io_place, bytes_per_s);
		if (*out == CONTENT_GOOD || *out == CONTENT_UNKNOWN)
			return OK;
		e = read_row(db, id, hash, io_place, &is_same);
	}
	return e == OK && io_place->state == OBJECT_DEAD ? E_NOT_FOUND : e;
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

/* ---- marking by who must not wait ---- */

struct late_mark {
	struct store *store;
	struct store_txn *txn;
	struct digest hash;
	struct place place;
};

static enum err mark_by_hash(struct db *db, void *arg)
{
	const struct late_mark *m = arg;

	return db_run(db, "UPDATE object SET state = ?4 WHERE hash = ?1 AND segment = ?2 AND place = ?3 AND state = 0",
		      DB_DIGEST(&m->hash), DB_INT(m->place.segment), DB_INT(m->place.number), DB_INT(OBJECT_BAD));
}

static void marked(void *arg, const struct store_result *result not_used)
{
	struct late_mark *m = arg;

	content_places_changed(m->store);
	store_txn_free(m->txn);
	free(m);
}

void content_mark_later(struct store *s, const struct digest *hash, const struct place *place)
{
	struct late_mark *m = xcalloc(1, sizeof *m);

	*m = (struct late_mark){ s, store_txn_new(NULL), *hash, *place };
	m->txn->call = mark_by_hash;
	m->txn->call_arg = m;
	store_submit(s, m->txn, marked, m);
}

enum err content_hash(int fd, int64_t offset, int64_t len, struct digest *out)
{
	autofree char *run = xmalloc((size_t)MIN(len, (int64_t)RUN_BYTES) + 1);
	struct hasher *h;
	enum err e = OK;

	if (len <= RUN_BYTES) {
		e = fsio_read_at(fd, run, (size_t)len, offset);
		*out = digest_of(run, (size_t)len);
		return e;
	}
	h = hasher_new();
	for (int64_t at = 0; at < len && e == OK; at += RUN_BYTES) {
		size_t n = (size_t)MIN(len - at, (int64_t)RUN_BYTES);

		if ((e = fsio_read_at(fd, run, n, offset + at)) == OK)
			hasher_add(h, run, n);
	}
	*out = hasher_finish(h);
	hasher_free(h);
	return e;
}
