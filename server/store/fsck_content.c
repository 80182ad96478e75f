/*
 * Contents against their digests, and files against rows.
 *
 * Rows are read in the order of their ids, which is very nearly that of their places: what came together lies together.
 */
#include <stdio.h>

#include "server/store/aside.h"
#include "server/store/content.h"
#include "server/store/fsck.h"
#include "server/store/ids.h"
#include "server/store/parts.h"

enum { CONTENTS_EACH = 64, PATHS_EACH = 100 };

#define BYTES_EACH (INT64_C(64) << 20)

struct content {
	int64_t id;
	struct digest hash;
	struct place place;
};

static enum err read_page(struct store_fsck *f, struct content out[CONTENTS_EACH], size_t *out_count)
{
	autorows struct db_rows rows = { NULL, NULL };
	enum err e = db_select(
	    f->db, "SELECT id, hash, segment, place, size, state FROM object WHERE id > ?1 ORDER BY id LIMIT ?2", &rows,
	    DB_INT(f->after), DB_INT(CONTENTS_EACH));

	*out_count = 0;
	while (e == OK && (e = db_next(&rows)) == OK) {
		struct content *c = &out[(*out_count)++];

		c->id = db_col_int(&rows, 0);
		db_col_digest(&rows, 1, &c->hash);
		c->place = (struct place){ db_col_int(&rows, 2), db_col_int(&rows, 3), db_col_int(&rows, 4),
					   (enum object_state)db_col_int(&rows, 5) };
	}
	return e == E_NOT_FOUND ? OK : e;
}

/* ---- who is hit ---- */

/* One finding for each path and version, up to a limit, but one piece of damage. */
static enum err tell_paths(struct store_fsck *f, const char *sql, const struct content *c,
			   struct store_finding *finding, int *io_told)
{
	autorows struct db_rows rows = { NULL, NULL };
	enum err e = db_select(f->db, sql, &rows, DB_INT(c->id), DB_INT(PATHS_EACH));

	while (e == OK && (e = db_next(&rows)) == OK) {
		finding->version = db_col_int(&rows, 1);
		if ((e = fsck_path(f, db_col_int(&rows, 0), &finding->path, &finding->is_gone)) != OK)
			return e;
		if ((*io_told)++)
			f->fn(f->arg, finding);
		else
			fsck_found(f, finding);
	}
	return e == E_NOT_FOUND ? OK : e;
}

static enum err tell(struct store_fsck *f, const struct content *c, const char *why, bool is_repaired)
{
	struct store_finding finding = {
		.what = "content", .why = why, .path = span_of(""), .digest = &c->hash, .is_repaired = is_repaired
	};
	int told = 0;
	enum err e;

	if ((e = tell_paths(f, "SELECT id, 0 FROM node WHERE object = ?1 LIMIT ?2", c, &finding, &told)) != OK ||
	    (e = tell_paths(f, "SELECT node, made FROM version WHERE object = ?1 LIMIT ?2", c, &finding, &told)) != OK)
		return e;
	return OK; /* told of nobody: nobody refers to it, and nothing is lost */
}

/* It was put aside before.  What is good of that after all comes back. */
static enum err judge_aside(struct store_fsck *f, const struct content *c)
{
	bool done = false, is_there = false;
	enum err e = f->repairs ? aside_bring_back(f->store, c->id, &c->hash, c->place.size_bytes, &done) : OK;

	if (e == OK && !done)
		e = aside_look(f->store, &c->hash, &is_there);
	if (e != OK)
		return e;
	if (done)
		return tell(f, c, "it was put aside as damaged, and is good", true);
	return tell(f, c, is_there ? "it is damaged: what is left of it is in bad/" : "nothing of it is there", false);
}

/* It is damaged: marked, and out of the way, but for what is not there at all. */
static enum err set_aside(struct store_fsck *f, const struct content *c, enum content_state state)
{
	char why[120];
	bool is_marked = c->place.state == OBJECT_BAD, is_aside = false;
	enum err e = OK;

	if (f->repairs && !is_marked)
		e = content_mark(f->store, c->id, &c->place, OBJECT_BAD, &is_marked);
	if (e == OK && f->repairs && state != CONTENT_MISSING)
		e = aside_put(f->store, c->id, &c->hash, &c->place, &is_aside);
	if (e != OK)
		return e;
	snprintf(why, sizeof why, "%s%s", content_state_words(state),
		 is_aside ? "; what is left of it is now in bad/" : "");
	return tell(f, c, why, false);
}

static enum err judge(struct store_fsck *f, struct content *c)
{
	enum content_state state;
	bool done = false;
	enum err e;

	if (aside_is_put(&c->place))
		return judge_aside(f, c);
	e = content_look(f->store, f->db, c->id, &c->hash, 0, &c->place, &state);
	if (e != OK || state == CONTENT_UNKNOWN)
		return e == E_NOT_FOUND ? OK : e;
	if (state != CONTENT_GOOD)
		return set_aside(f, c, state);
	if (c->place.state != OBJECT_BAD)
		return OK;
	if (f->repairs)
		e = content_mark(f->store, c->id, &c->place, OBJECT_LIVE, &done);
	return e == OK ? tell(f, c, "it was marked damaged, and is good", done) : e;
}

enum err fsck_contents(struct store_fsck *f, bool *out_done)
{
	struct content page[CONTENTS_EACH];
	int64_t bytes = 0;
	size_t count, i;
	enum err e = read_page(f, page, &count);

	for (i = 0; i < count && e == OK && bytes < BYTES_EACH; i++) {
		struct content *c = &page[i];

		f->after = c->id;
		if (c->place.state == OBJECT_DEAD) {
			f->totals.dead++;
			f->totals.dead_bytes += c->place.size_bytes;
			continue;
		}
		bytes += c->place.size_bytes;
		f->totals.contents++;
		f->totals.content_bytes += c->place.size_bytes;
		e = judge(f, c);
	}
	*out_done = e == OK && i == count && count < CONTENTS_EACH;
	return e;
}

/* ---- files that no row names, and parts that nobody joins any more ---- */

enum err fsck_strays(struct store_fsck *f, bool *out_done)
{
	struct object_strays found;
	enum err e =
	    object_sweep_folder(f->store->obj_fd, (unsigned)f->after, f->db, ids_first(f->store->ids), true, &found);

	if (e == OK && !f->after) {
		struct object_strays parts;

		e = parts_sweep(f->store, true, &parts);
		found.count += parts.count;
		found.bytes += parts.bytes;
	}
	f->totals.strays += found.count;
	f->totals.stray_bytes += found.bytes;
	*out_done = ++f->after == OBJECT_FOLDERS;
	return e;
}
