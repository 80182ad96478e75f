/*
 * Contents that nothing refers to.
 *
 * They are found by looking, not by trusting a note (keep.h): a page of rows at a time, on a connection of our own; whether a row
 * may go is asked again inside the transaction that removes it.  So a PUT of the same bytes either finds the row, or brings its own.
 */
#include "server/store/gc.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/fsio.h"
#include "common/log.h"
#include "server/store/commit.h"
#include "server/store/content.h"
#include "server/store/keep.h"
#include "server/store/segment.h"

enum { PUNCH_BYTES = 64 << 10, PAGE_BYTES = 4096, LOOKED_AT_EACH = 20000 };

#define SLICE_NS \
	(5 * NS_PER_MS) /* of the committer's time: its rows lie anywhere, and may have to come from the disk */

struct slice {
	struct gc_content contents[GC_CONTENTS_EACH];
	size_t count, looked_at; /* looked_at: of them, in the time that there is */
};

#define COLUMNS "SELECT o.id, o.hash, o.segment, o.place, o.size, o.state,"

static const char sql_noted[] = COLUMNS " 1 FROM object o WHERE o.state = 1 AND o.id > ?1 ORDER BY o.id LIMIT ?2",
		  sql_all[] = COLUMNS " NOT EXISTS (SELECT 1 FROM node n WHERE n.object = o.id)"
				      " AND NOT EXISTS (SELECT 1 FROM version v WHERE v.object = o.id)"
				      " FROM object o WHERE o.id > ?1 ORDER BY o.id LIMIT ?2";

/* Candidates among the next rows; `after` moves on, and `out_end` says whether that was the last of them. */
static enum err find(struct store_gc *g, struct slice *out, bool *out_end)
{
	autorows struct db_rows rows = { NULL, NULL };
	int64_t looked_at = 0;
	enum err e =
	    db_select(g->db, g->only_noted ? sql_noted : sql_all, &rows, DB_INT(g->after), DB_INT(LOOKED_AT_EACH));

	out->count = 0;
	while (e == OK && out->count < GC_CONTENTS_EACH && (e = db_next(&rows)) == OK) {
		struct gc_content *c = &out->contents[out->count];

		looked_at++;
		g->after = db_col_int(&rows, 0);
		if (!db_col_int(&rows, 6))
			continue;
		out->count++;
		c->id = g->after;
		db_col_digest(&rows, 1, &c->hash);
		c->place = (struct place){ db_col_int(&rows, 2), db_col_int(&rows, 3), db_col_int(&rows, 4),
					   (enum object_state)db_col_int(&rows, 5) };
	}
	*out_end = e == E_NOT_FOUND && looked_at < LOOKED_AT_EACH;
	return e == E_NOT_FOUND ? OK : e;
}

/* In the committer's transaction; may run twice. */
static enum err remove_rows(struct db *db, void *arg)
{
	struct slice *slice = arg;
	int64_t until_ns = clock_monotonic_ns() + SLICE_NS;
	int fault = fsio_fault("gc-rows");
	enum err e = fault ? err_from_errno(fault) : OK;
	size_t i;

	for (i = 0; i < slice->count && e == OK && (!i || clock_monotonic_ns() < until_ns); i++) {
		struct gc_content *c = &slice->contents[i];
		bool is_dead = false;

		c->is_done = false;
		if ((e = keep_is_dead(db, c->id, &is_dead)) != OK || !is_dead)
			continue;
		/* Its place as it was seen: a PUT that came and went again may have given it another. */
		e = db_run(db, "DELETE FROM object WHERE id = ?1 AND segment = ?2 AND place = ?3", DB_INT(c->id),
			   DB_INT(c->place.segment), DB_INT(c->place.number));
		c->is_done = e == OK && db_changes(db) > 0;
	}
	slice->looked_at = i;
	return e;
}

/* Whole pages of it: its neighbours' are not touched.  What remains waits for the segment's compaction. */
static int64_t punch(struct store_gc *g, const struct place *place)
{
	int64_t from = (place->number + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
	int64_t to = (place->number + place->size_bytes) / PAGE_BYTES * PAGE_BYTES;
	char name[SEGMENT_NAME_SIZE];
	autoclose int fd = -1;

	if (place->size_bytes < PUNCH_BYTES || fsio_fault("gc-punch") ||
	    !segments_are_idle(g->store->segments, place->segment))
		return 0;
	segments_name(place->segment, name);
	fd = openat(g->store->seg_fd, name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 || fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, from, to - from) != 0)
		return 0;
	return to - from;
}

static int64_t remove_file(struct store_gc *g, const struct gc_content *c)
{
	char name[OBJECT_NAME_SIZE];

	object_name(&c->hash, c->place.number, name);
	if (fsio_fault("gc-unlink"))
		return 0;
	if (unlinkat(g->store->obj_fd, name, 0) == 0)
		return c->place.size_bytes;
	if (errno != ENOENT)
		log_warning("fail unlink name=%s errno=%d", name, errno);
	return 0;
}

static void remove_bytes(struct store_gc *g, const struct slice *slice)
{
	for (size_t i = 0; i < slice->looked_at; i++) {
		const struct gc_content *c = &slice->contents[i];

		if (!c->is_done)
			continue;
		g->totals.contents++;
		g->totals.content_bytes += c->place.size_bytes;
		/* Segment 0 and place 0: it was only ever said to be lost (fsck_row.c). */
		if (c->place.segment)
			g->totals.freed_bytes += punch(g, &c->place);
		else if (c->place.number)
			g->totals.freed_bytes += remove_file(g, c);
	}
}

static enum err remove_slice(struct store_gc *g, struct slice *slice)
{
	enum err e = gc_begin_slice(g);

	if (e != OK)
		return e;
	e = commit_call(g->store, remove_rows, slice);
	if (e == OK) {
		content_places_changed(g->store);
		remove_bytes(g, slice);
	}
	gc_end_slice(g);
	return e;
}

static void count_slice(struct store_gc *g, const struct slice *slice)
{
	for (size_t i = 0; i < slice->count; i++) {
		g->totals.contents++;
		g->totals.content_bytes += slice->contents[i].place.size_bytes;
	}
}

enum err gc_contents(struct store_gc *g, bool *out_done)
{
	struct slice slice;
	int64_t after = g->after;
	bool is_end;
	enum err e = find(g, &slice, &is_end);

	if (e == OK && slice.count && g->rehearses) {
		count_slice(g, &slice);
	} else if (e == OK && slice.count) {
		e = remove_slice(g, &slice);
		if (e == OK && slice.looked_at < slice.count) { /* the rest is the next slice's */
			g->after = slice.contents[slice.looked_at - 1].id;
			is_end = false;
		}
	}
	if (e != OK)
		g->after = after;
	*out_done = e == OK && is_end;
	return e;
}
