#include "server/carry.h"

#include "common/fsio.h"
#include "server/carry_file.h"
#include "server/store/object.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FOLDERS = 256, NAME_SIZE = OBJECT_NAME_SIZE + 8 };

static void segment_name(int64_t number, char out[NAME_SIZE])
{
	snprintf(out, NAME_SIZE, "seg/%06" PRId64, number);
}

static void file_name(const struct digest *hash, int64_t number, char out[NAME_SIZE])
{
	memcpy(out, "obj/", 4);
	object_name(hash, number, out + 4);
}

static enum err explain(struct note *why, const struct side *s, const char *name, enum err e)
{
	return note_set(why, e, "%.120s/%.60s: %s", s->path, name, err_words(e));
}

/* ---- segments ---- */

/* How far the rows of a database reach into each segment. */
struct reach {
	struct end {
		int64_t number, end;
	} * ends; /* in the order of their numbers */
	size_t count;
};

static enum err reach_read(struct db *db, struct reach *out)
{
	autorows struct db_rows rows = { NULL, NULL };
	size_t room = 0;
	enum err e;

	*out = (struct reach){ NULL, 0 };
	if (!db)
		return OK;
	e = db_select_values(db,
			     "SELECT segment, max(place + size) FROM object WHERE segment > 0 AND state <> 1"
			     " GROUP BY segment ORDER BY segment",
			     &rows, NULL, 0);
	while (e == OK && (e = db_next(&rows)) == OK) {
		if (out->count == room) {
			room = MAX(2 * room, (size_t)64);
			out->ends = xrealloc(out->ends, room * sizeof *out->ends);
		}
		out->ends[out->count++] = (struct end){ db_col_int(&rows, 0), db_col_int(&rows, 1) };
	}
	return e == E_NOT_FOUND ? OK : e;
}

static int by_number(const void *a, const void *b)
{
	const struct end *x = a, *y = b;

	return (x->number > y->number) - (x->number < y->number);
}

/* 0: not at all. */
static int64_t reach_into(const struct reach *r, int64_t number)
{
	const struct end key = { .number = number };
	const struct end *end = r->count ? bsearch(&key, r->ends, r->count, sizeof key, by_number) : NULL;

	return end ? end->end : 0;
}

struct run {
	struct carry *c;
	struct reach named, known; /* known: end 0: what is said to be there is not to be trusted */
	/* the segment that was last read back */
	int64_t open_number; /* 0: none */
	int open_fd;
	bool open_changed; /* and is to be synced */
	struct note *why;
};

static enum err copy_tail(struct run *r, const char *name, int64_t have, int64_t end)
{
	struct carry *c = r->c;
	autoclose int from = -1, to = -1;
	struct stat st;
	enum err e;

	if (have >= end)
		return OK;
	/* What the source lacks is told of when the contents are read back. */
	if ((e = side_open(c->from, name, O_RDONLY, 0, &from)) == E_NOT_FOUND)
		return OK;
	if (e != OK || fstat(from, &st) != 0)
		return explain(r->why, c->from, name, e != OK ? e : E_IO);
	end = MIN(end, st.st_size);
	if ((e = side_open(c->to, name, O_WRONLY | O_CREAT, 0600, &to)) != OK ||
	    (e = carry_bytes(from, have, to, have, end - have, c->tick, c->arg)) != OK ||
	    (e = fsio_sync("carry-sync", to)) != OK)
		return explain(r->why, c->to, name, e);
	c->copied_bytes += MAX(end - have, 0);
	return OK;
}

static enum err copy_segment(struct run *r, const struct end *end)
{
	char name[NAME_SIZE];
	struct stat st = { .st_size = 0 };
	enum err e;

	segment_name(end->number, name);
	e = side_stat(r->c->to, name, &st);
	if (e != OK && e != E_NOT_FOUND)
		return explain(r->why, r->c->to, name, e);
	/* A file that ends before what is known to be in it was meddled with. */
	for (size_t i = 0; i < r->known.count; i++)
		if (r->known.ends[i].number == end->number && st.st_size < r->known.ends[i].end)
			r->known.ends[i].end = 0;
	return copy_tail(r, name, st.st_size, end->end);
}

static enum err copy_segments(struct run *r)
{
	enum err e;

	if ((e = reach_read(r->c->db, &r->named)) != OK || (e = reach_read(r->c->known, &r->known)) != OK)
		return e;
	for (size_t i = 0; i < r->named.count && e == OK; i++)
		e = copy_segment(r, &r->named.ends[i]);
	return e;
}

/* ---- contents ---- */

struct content {
	int64_t id;
	struct digest hash;
	struct place place;
	bool is_known; /* to be there */
};

static enum err close_segment(struct run *r)
{
	enum err e = OK;

	if (r->open_number && r->open_changed)
		e = fsio_sync("carry-sync", r->open_fd);
	if (r->open_number)
		close(r->open_fd);
	r->open_number = 0;
	r->open_changed = false;
	return e;
}

static enum err open_segment(struct run *r, int64_t number)
{
	char name[NAME_SIZE];
	enum err e;

	if (r->open_number == number)
		return OK;
	if ((e = close_segment(r)) != OK)
		return e;
	segment_name(number, name);
	if ((e = side_open(r->c->to, name, O_RDWR, 0, &r->open_fd)) != OK)
		return e;
	r->open_number = number;
	return OK;
}

static bool fits(struct run *r, int fd, int64_t at, const struct content *c)
{
	struct digest have;

	r->c->proved_bytes += c->place.size_bytes;
	return carry_hash(fd, at, c->place.size_bytes, r->c->tick, r->c->arg, &have) == OK &&
	       digest_equal(&have, &c->hash);
}

/* Once more from the source: what lay there was of an interrupted copy, or of another course of things. */
static enum err copy_again(struct run *r, const struct content *c)
{
	autoclose int from = -1;
	char name[NAME_SIZE];
	enum err e;

	segment_name(c->place.segment, name);
	if ((e = side_open(r->c->from, name, O_RDONLY, 0, &from)) != OK)
		return e;
	r->open_changed = true;
	r->c->copied_bytes += c->place.size_bytes;
	return carry_bytes(from, c->place.number, r->open_fd, c->place.number, c->place.size_bytes, r->c->tick,
			   r->c->arg);
}

static enum err prove_in_segment(struct run *r, const struct content *c, bool *out_good)
{
	enum err e = open_segment(r, c->place.segment);

	*out_good = false;
	if (e != OK)
		return e == E_NOT_FOUND ? OK : e;
	if (fits(r, r->open_fd, c->place.number, c)) {
		*out_good = true;
		return OK;
	}
	e = copy_again(r, c);
	*out_good = e == OK && fits(r, r->open_fd, c->place.number, c);
	return e == E_NOT_FOUND || e == E_CORRUPT ? OK : e;
}

/* A file that another run left may be whole, and may not. */
static bool is_there(struct run *r, const char *name, const struct content *c)
{
	autoclose int fd = -1;
	struct stat st;

	if (side_stat(r->c->to, name, &st) != OK || st.st_size != c->place.size_bytes)
		return false;
	if (c->is_known)
		return true;
	return side_open(r->c->to, name, O_RDONLY, 0, &fd) == OK && fits(r, fd, 0, c) &&
	       fsio_sync("carry-sync", fd) == OK;
}

enum err carry_file(const struct side *from, const char *name, const struct side *to, const char *new_name,
		    struct digest *out_hash, int64_t *out_bytes)
{
	autoclose int in = -1, out = -1;
	struct stat st;
	enum err e;

	if ((e = side_open(from, name, O_RDONLY, 0, &in)) != OK)
		return e;
	if (fstat(in, &st) != 0)
		return err_from_errno(errno);
	if ((e = side_open(to, new_name, O_RDWR | O_CREAT | O_TRUNC, 0600, &out)) != OK ||
	    (e = carry_bytes(in, 0, out, 0, st.st_size, NULL, NULL)) != OK || (e = fsio_sync("carry-sync", out)) != OK)
		return e;
	*out_bytes = st.st_size;
	return out_hash ? carry_hash(out, 0, st.st_size, NULL, NULL, out_hash) : OK;
}

static enum err prove_file(struct run *r, const struct content *c, bool *out_good)
{
	struct digest have;
	char name[NAME_SIZE];
	int64_t bytes = 0;
	enum err e;

	file_name(&c->hash, c->place.number, name);
	if ((*out_good = is_there(r, name, c)))
		return OK;
	e = carry_file(r->c->from, name, r->c->to, name, &have, &bytes);
	if (e == E_NOT_FOUND || e == E_CORRUPT)
		return OK;
	if (e != OK)
		return explain(r->why, r->c->to, name, e);
	r->c->copied_bytes += bytes;
	r->c->proved_bytes += bytes;
	*out_good = bytes == c->place.size_bytes && digest_equal(&have, &c->hash);
	return OK;
}

static enum err prove(struct run *r, const struct content *c)
{
	bool is_good = c->is_known && c->place.segment && reach_into(&r->known, c->place.segment) > 0;
	bool was_marked = c->place.state == OBJECT_BAD;
	enum err e = OK;

	r->c->tick(r->c->arg);
	if (!is_good && !(was_marked && !c->place.number && !c->place.segment))
		e = c->place.segment ? prove_in_segment(r, c, &is_good) : prove_file(r, c, &is_good);
	if (e != OK)
		return e;
	r->c->contents++;
	r->c->bytes += c->place.size_bytes;
	if (is_good && !was_marked)
		return OK;
	r->c->damages++;
	r->c->damaged(r->c->arg, c->id, &c->hash, was_marked);
	return OK;
}

/* ---- rows, and beside them those of `known` ---- */

#define ROWS "SELECT id, hash, segment, place, size, state FROM object WHERE state <> 1 ORDER BY id"

static enum err next_row(struct db_rows *rows, struct content *out)
{
	enum err e = rows->stmt ? db_next(rows) : E_NOT_FOUND;

	*out = (struct content){ .id = INT64_MAX };
	if (e != OK)
		return e;
	out->id = db_col_int(rows, 0);
	db_col_digest(rows, 1, &out->hash);
	out->place = (struct place){ db_col_int(rows, 2), db_col_int(rows, 3), db_col_int(rows, 4),
				     (enum object_state)db_col_int(rows, 5) };
	return OK;
}

static bool is_same(const struct content *a, const struct content *b)
{
	return a->id == b->id && digest_equal(&a->hash, &b->hash) && a->place.segment == b->place.segment &&
	       a->place.number == b->place.number && a->place.size_bytes == b->place.size_bytes &&
	       b->place.state == OBJECT_LIVE;
}

static enum err prove_all(struct run *r)
{
	autorows struct db_rows rows = { NULL, NULL }, known_rows = { NULL, NULL };
	struct content c, known = { .id = -1 };
	enum err e = db_select_values(r->c->db, ROWS, &rows, NULL, 0);

	if (e == OK && r->c->known)
		e = db_select_values(r->c->known, ROWS, &known_rows, NULL, 0);
	while (e == OK && (e = next_row(&rows, &c)) == OK) {
		while (known.id < c.id)
			if ((e = next_row(&known_rows, &known)) != OK && e != E_NOT_FOUND)
				return e;
		c.is_known = is_same(&c, &known);
		e = prove(r, &c);
	}
	return e == E_NOT_FOUND ? OK : e;
}

enum err carry_contents(struct carry *c, struct note *why)
{
	struct run r = { .c = c, .why = why, .open_fd = -1 };
	enum err e = copy_segments(&r), closed;

	if (e == OK)
		e = prove_all(&r);
	closed = close_segment(&r);
	free(r.named.ends);
	free(r.known.ends);
	return e == OK ? closed : e;
}

/* ---- folders ---- */

static void folder_name(unsigned i, char out[8])
{
	snprintf(out, 8, "obj/%02x", i);
}

enum err carry_make_folders(const struct side *to, struct note *why)
{
	char name[8] = "seg";
	enum err e;

	if ((e = side_make_folder(to, name)) != OK || (e = side_make_folder(to, "obj")) != OK)
		return explain(why, to, name, e);
	for (unsigned i = 0; i < FOLDERS; i++) {
		folder_name(i, name);
		if ((e = side_make_folder(to, name)) != OK)
			return explain(why, to, name, e);
	}
	return OK;
}

struct prune {
	const struct side *to;
	struct db *db;
	struct reach named;
	const char *folder; /* "seg", "obj/ab" */
	int64_t bytes;
};

static enum err is_named(struct prune *p, const char *name, bool *out)
{
	autorows struct db_rows rows = { NULL, NULL };
	struct digest hash;
	int64_t number;
	enum err e;

	*out = true; /* what is none of ours stays */
	if (strcmp(p->folder, "seg") != 0) {
		struct place place;

		if (!object_parse_name(p->folder + 4, name, &hash, &number))
			return OK;
		e = object_find(p->db, &hash, &place);
		*out = e == OK && !place.segment && place.number == number && place.state != OBJECT_DEAD;
		return e == E_NOT_FOUND ? OK : e;
	}
	if (span_to_int64(span_of(name), &number))
		*out = reach_into(&p->named, number) > 0;
	return OK;
}

static enum err prune_entry(void *arg, const char *name)
{
	struct prune *p = arg;
	char path[NAME_SIZE + 256];
	struct stat st;
	bool named;
	enum err e = is_named(p, name, &named);

	if (e != OK || named)
		return e;
	snprintf(path, sizeof path, "%s/%s", p->folder, name);
	if (side_stat(p->to, path, &st) == OK)
		p->bytes += st.st_size;
	return side_unlink(p->to, path);
}

static enum err prune_folder(struct prune *p)
{
	autoclose int fd = -1;
	enum err e = side_open_subfolder(p->to, p->folder, &fd);

	return e == OK ? fsio_list(fd, prune_entry, p) : e;
}

enum err carry_prune(const struct side *to, struct db *db, int64_t *out_bytes, struct note *why)
{
	char name[8] = "seg";
	struct prune p = { .to = to, .db = db, .folder = name };
	enum err e = reach_read(db, &p.named);

	if (e == OK)
		e = prune_folder(&p);
	for (unsigned i = 0; i < FOLDERS && e == OK; i++) {
		folder_name(i, name);
		e = prune_folder(&p);
	}
	free(p.named.ends);
	*out_bytes = p.bytes;
	return e == OK ? OK : explain(why, to, name, e);
}

enum err carry_sync_folders(const struct side *to, struct note *why)
{
	char name[8] = "seg";
	enum err e = side_sync_folder(to, name);

	for (unsigned i = 0; i < FOLDERS && e == OK; i++) {
		folder_name(i, name);
		e = side_sync_folder(to, name);
	}
	if (e == OK)
		e = side_sync_folder(to, "obj");
	return e == OK ? OK : explain(why, to, name, e);
}
