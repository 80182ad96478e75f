/*
 * Segments that are mostly dead: what lives is appended elsewhere, like bodies that come in, in the order bytes, sync, row; then the
 * file goes.
 *
 * Only a segment that is not appended to any more is looked at: when the number of the next one was committed, so were all rows of
 * those before.  What is damaged in it stays where it is, and the segment with it: it is the last copy.
 */
#include "server/store/gc.h"

#include <errno.h>
#include <fcntl.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/fsio.h"
#include "common/log.h"
#include "server/store/commit.h"
#include "server/store/content.h"
#include "server/store/segment.h"
#include "server/store/upload.h"

enum { FREED_BYTES = 2 << 20, MOVE_BYTES = 512 << 10, SEAL_BYTES = 64 << 10, BLOCK_BYTES = 512 };

#define FREE_PAUSE_NS (5 * NS_PER_MS)

/* ---- what lives where ---- */

struct live {
	struct live_segment {
		int64_t number, bytes;
	} * segments; /* in the order of their numbers */
	size_t count;
};

/* `only_needed`: as it will be when the contents that nothing refers to are gone. */
static enum err read_live(struct db *db, bool only_needed, struct live *out)
{
	autorows struct db_rows rows = { NULL, NULL };
	size_t room = 0;
	enum err e = db_select(db,
			       "SELECT segment, sum(size) FROM object o WHERE segment > 0 AND (?1 = 0"
			       " OR EXISTS (SELECT 1 FROM node n WHERE n.object = o.id)"
			       " OR EXISTS (SELECT 1 FROM version v WHERE v.object = o.id))"
			       " GROUP BY segment ORDER BY segment",
			       &rows, DB_INT(only_needed));

	*out = (struct live){ NULL, 0 };
	while (e == OK && (e = db_next(&rows)) == OK) {
		if (out->count == room) {
			room = MAX(2 * room, (size_t)64);
			out->segments = xrealloc(out->segments, room * sizeof *out->segments);
		}
		out->segments[out->count++] = (struct live_segment){ db_col_int(&rows, 0), db_col_int(&rows, 1) };
	}
	return e == E_NOT_FOUND ? OK : e;
}

static int by_number(const void *a, const void *b)
{
	const struct live_segment *x = a, *y = b;

	return (x->number > y->number) - (x->number < y->number);
}

/* -1: no row names the segment. */
static int64_t live_bytes(const struct live *live, int64_t number)
{
	const struct live_segment key = { .number = number };
	const struct live_segment *s =
	    live->count ? bsearch(&key, live->segments, live->count, sizeof key, by_number) : NULL;

	return s ? s->bytes : -1;
}

static enum err read_newest(struct store_gc *g)
{
	autorows struct db_rows rows = { NULL, NULL };
	enum err e = db_select_values(g->db, "SELECT next_segment FROM meta", &rows, NULL, 0);

	if (e == OK && (e = db_next(&rows)) == OK)
		g->newest = db_col_int(&rows, 0) - 1;
	return e;
}

/* What a file takes of the disk: holes do not count, nor does what was made ready behind the end of the newest. */
static int64_t allocated(struct store_gc *g, int64_t number, const char *name)
{
	struct stat st;
	int64_t bytes;

	if (fstatat(g->store->seg_fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode))
		return 0;
	bytes = MIN(st.st_size, (int64_t)st.st_blocks * BLOCK_BYTES);
	return number == g->newest ? MAX(bytes - segments_spare(g->store->segments), 0) : bytes;
}

struct listing {
	struct store_gc *g;
	struct live live;
	enum err (*each)(struct store_gc *g, int64_t number, const char *name, int64_t live_bytes);
};

static enum err list_entry(void *arg, const char *name)
{
	struct listing *l = arg;
	int64_t number;

	if (!span_to_int64(span_of(name), &number))
		return OK;
	return l->each(l->g, number, name, live_bytes(&l->live, number));
}

/* Calls back for each segment's file.  The rows are read after `newest`: of older ones none come any more. */
static enum err each_segment(struct store_gc *g,
			     enum err (*each)(struct store_gc *g, int64_t number, const char *name, int64_t live_bytes))
{
	struct listing l = { .g = g, .each = each };
	enum err e;

	if ((e = read_newest(g)) == OK && (e = read_live(g->db, g->rehearses, &l.live)) == OK)
		e = fsio_list(g->store->seg_fd, list_entry, &l);
	free(l.live.segments);
	return e;
}

/* ---- choosing ---- */

static enum err choose(struct store_gc *g, int64_t number, const char *name, int64_t live)
{
	int64_t bytes = allocated(g, number, name);
	struct gc_segment *at = g->segments + g->segment_count;

	if (number >= g->newest || live < 0 || bytes - live <= bytes / 2)
		return OK;
	if (g->rehearses) {
		g->totals.segments++;
		g->totals.moved_bytes += live;
		g->totals.freed_bytes += bytes - live;
		return OK;
	}
	if (g->segment_count == GC_COMPACT_EACH)
		return OK; /* in the next round */
	g->segment_count++;
	for (; at > g->segments && at[-1].number > number; at--)
		at[0] = at[-1];
	*at = (struct gc_segment){ .number = number, .allocated_bytes = bytes };
	return OK;
}

/* A transaction of our own through the committer; what its call returns.  `t` stays ours. */
static void wake(void *arg, const struct store_result *result)
{
	(void)result;
	sem_post(arg);
}

static enum err run(struct store *s, struct store_txn *t, txn_call_fn *call, void *arg)
{
	sem_t answered;

	sem_init(&answered, 0, 0);
	t->call = call;
	t->call_arg = arg;
	store_submit(s, t, wake, &answered);
	while (sem_wait(&answered) < 0)
		; /* EINTR */
	sem_destroy(&answered);
	return t->result.error;
}

static enum err add_body(struct store *s, struct store_txn *t, const void *bytes, size_t len)
{
	struct upload *u = upload_new(s, (int64_t)len);
	struct digest digest;
	enum err e;

	if ((e = upload_add(u, bytes, len)) != OK || (e = upload_finish(u, &digest)) != OK) {
		upload_free(u);
		return e;
	}
	store_txn_add(t, &(struct store_step){ .op = STORE_PUT, .path = span_of("/"), .upload = u });
	return OK;
}

static enum err do_nothing(struct db *db, void *arg)
{
	(void)db, (void)arg;
	return OK;
}

/* The segment that is appended to, when it is mostly dead: an empty body begins the next one. */
static enum err seal(struct store_gc *g, int64_t number, const char *name, int64_t live)
{
	int64_t bytes = allocated(g, number, name);
	struct store_txn *t;
	enum err e;

	if (number != g->newest || bytes < SEAL_BYTES || bytes - MAX(live, 0) <= bytes / 2)
		return OK;
	t = store_txn_new(NULL);
	segments_seal(g->store->segments);
	if ((e = add_body(g->store, t, "", 0)) == OK)
		e = run(g->store, t, do_nothing, NULL);
	store_txn_free(t);
	return e;
}

enum err gc_choose(struct store_gc *g, bool *out_done)
{
	enum err e = OK;

	*out_done = true;
	g->segment_count = 0;
	if (!g->rehearses) {
		if ((e = gc_begin_slice(g)) != OK)
			return *out_done = false, e;
		e = each_segment(g, seal);
		gc_end_slice(g);
	}
	return e == OK ? each_segment(g, choose) : e;
}

/* ---- moving ---- */

struct move {
	struct gc_content contents[GC_MOVES_EACH];
	size_t count;
	struct store_txn *txn;
};

/* -1, which no row names, where none was chosen: 0 is said of files of their own. */
static int64_t number_of(const struct store_gc *g, size_t i)
{
	return i < g->segment_count ? g->segments[i].number : -1;
}

/* The next rows that name one of the segments. */
static enum err find(struct store_gc *g, struct move *out, bool *out_end)
{
	autorows struct db_rows rows = { NULL, NULL };
	int64_t bytes = 0;
	enum err e = db_select(g->db,
			       "SELECT id, hash, segment, place, size, state FROM object WHERE id > ?1"
			       " AND segment IN (?2, ?3, ?4, ?5) ORDER BY id",
			       &rows, DB_INT(g->after), DB_INT(number_of(g, 0)), DB_INT(number_of(g, 1)),
			       DB_INT(number_of(g, 2)), DB_INT(number_of(g, 3)));

	out->count = 0;
	while (e == OK && out->count < GC_MOVES_EACH && bytes < MOVE_BYTES && (e = db_next(&rows)) == OK) {
		struct gc_content *c = &out->contents[out->count++];

		c->id = g->after = db_col_int(&rows, 0);
		db_col_digest(&rows, 1, &c->hash);
		c->place = (struct place){ db_col_int(&rows, 2), db_col_int(&rows, 3), db_col_int(&rows, 4),
					   (enum object_state)db_col_int(&rows, 5) };
		bytes += c->place.size_bytes;
	}
	*out_end = e == E_NOT_FOUND;
	return e == E_NOT_FOUND ? OK : e;
}

/* Its bytes, if they are what they should be; else it is marked (unless it moved meanwhile), and stays, and its segment with it. */
static enum err read_body(struct store_gc *g, const struct gc_content *c, char *out, bool *out_good)
{
	struct handle *handle = NULL;
	struct digest have;
	bool is_marked;
	enum err e;

	*out_good = false;
	if (c->place.state == OBJECT_BAD)
		return OK;
	e = content_open_place(g->store, &c->hash, &c->place, &handle);
	if (e == OK)
		e = fsio_read_at(handle->fd, out, (size_t)c->place.size_bytes, c->place.number);
	handle_unref(handle);
	have = digest_of(out, (size_t)c->place.size_bytes);
	*out_good = e == OK && digest_equal(&have, &c->hash);
	if (*out_good || (e != OK && e != E_NOT_FOUND && e != E_CORRUPT && e != E_IO))
		return e;
	return content_mark(g->store, c->id, &c->place, OBJECT_BAD, &is_marked);
}

/* The bodies as steps of a transaction; contents and steps keep the same order. */
static enum err read_bodies(struct store_gc *g, struct move *m)
{
	size_t kept = 0;
	enum err e = OK;

	for (size_t i = 0; i < m->count && e == OK; i++) {
		autofree char *bytes = xmalloc((size_t)m->contents[i].place.size_bytes + 1);
		bool is_good;

		if ((e = read_body(g, &m->contents[i], bytes, &is_good)) != OK || !is_good)
			continue;
		e = add_body(g->store, m->txn, bytes, (size_t)m->contents[i].place.size_bytes);
		m->contents[kept++] = m->contents[i];
	}
	m->count = kept;
	return e;
}

/* In the committer's transaction: a row that is still where it was names the new place. */
static enum err move_rows(struct db *db, void *arg)
{
	struct move *m = arg;
	struct txn_step *step = m->txn->first;
	int fault = fsio_fault("gc-move");
	enum err e = fault ? err_from_errno(fault) : OK;

	for (size_t i = 0; i < m->count && e == OK; i++, step = step->next) {
		struct gc_content *c = &m->contents[i];

		e = db_run(db,
			   "UPDATE object SET segment = ?4, place = ?5 WHERE id = ?1 AND segment = ?2 AND place = ?3"
			   " AND state <> 2",
			   DB_INT(c->id), DB_INT(c->place.segment), DB_INT(c->place.number),
			   DB_INT(step->place.segment), DB_INT(step->place.number));
		c->is_done = step->adopted = e == OK && db_changes(db) > 0;
	}
	return e;
}

static enum err move(struct store_gc *g, struct move *m)
{
	enum err e = gc_begin_slice(g);

	if (e != OK)
		return e;
	if ((e = read_bodies(g, m)) == OK && m->count)
		e = run(g->store, m->txn, move_rows, m);
	if (e == OK)
		content_places_changed(g->store);
	gc_end_slice(g);
	for (size_t i = 0; i < m->count && e == OK; i++)
		if (m->contents[i].is_done) {
			g->totals.moved_bytes += m->contents[i].place.size_bytes;
			g->totals.freed_bytes -= m->contents[i].place.size_bytes;
		}
	return e;
}

enum err gc_compact(struct store_gc *g, bool *out_done)
{
	struct move *m;
	int64_t after = g->after;
	bool is_end = true;
	enum err e;

	*out_done = g->segment_count == 0;
	if (*out_done)
		return OK;
	m = xcalloc(1, sizeof *m);
	m->txn = store_txn_new(NULL);
	if ((e = find(g, m, &is_end)) == OK && m->count)
		e = move(g, m);
	store_txn_free(m->txn);
	free(m);
	if (e != OK)
		g->after = after;
	*out_done = e == OK && is_end;
	return e;
}

/* ---- removing ---- */

/*
 * The blocks of a file without a name, some at a time: a file system that discards what is freed does that within a commit of its
 * journal, for which a PUT's sync waits (60 ms for 200 MiB at once here).  A reader who still has it keeps it whole; then its last one
 * frees it.  Nobody opens it any more (content.c looks again after opening).
 */
static void free_blocks(struct store_gc *g, int64_t number, int fd)
{
	struct stat st;

	if (!segments_are_idle(g->store->segments, number) || fstat(fd, &st) < 0)
		return;
	for (int64_t left = st.st_size - FREED_BYTES; left > 0; left -= FREED_BYTES) {
		if (ftruncate(fd, left) < 0 || fsync(fd) < 0)
			return;
		nanosleep(&(struct timespec){ .tv_nsec = FREE_PAUSE_NS }, NULL);
	}
}

static enum err remove_dead(struct store_gc *g, int64_t number, const char *name, int64_t live)
{
	int64_t bytes = allocated(g, number, name);
	autoclose int fd = -1;

	if (number >= g->newest || live >= 0)
		return OK;
	g->totals.segments++;
	g->totals.freed_bytes += bytes;
	if (g->rehearses || fsio_fault("gc-segment-unlink"))
		return OK;
	fd = openat(g->store->seg_fd, name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	if (unlinkat(g->store->seg_fd, name, 0) != 0)
		return errno == ENOENT ? OK : err_from_errno(errno);
	log_info("remove segment=%s bytes=%lld", name, (long long)bytes);
	segments_forget(g->store->segments, number);
	if (fd >= 0)
		free_blocks(g, number, fd);
	return OK;
}

enum err gc_remove_segments(struct store_gc *g, bool *out_done)
{
	int64_t before = g->totals.segments;
	enum err e;

	if (!g->rehearses && (e = gc_begin_slice(g)) != OK)
		return e;
	e = each_segment(g, remove_dead);
	if (!g->rehearses)
		gc_end_slice(g);
	*out_done = e == OK;
	/* There may be more to compact, if that helped at all. */
	g->goes_on = !g->rehearses && g->segment_count == GC_COMPACT_EACH && g->totals.segments > before;
	return e;
}
