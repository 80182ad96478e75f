#include "server/store/branch.h"

#include <string.h>

static struct branch **bucket_of(struct branches *ps, int64_t id)
{
	return &ps->buckets[(uint64_t)id * 0x9e3779b97f4a7c15u >> 55];
}

static void insert(struct branches *ps, struct branch *p)
{
	struct branch **bucket = bucket_of(ps, p->id);

	p->next_in_bucket = *bucket;
	*bucket = p;
}

static struct branch *known(struct branches *ps, int64_t id)
{
	struct branch *p = *bucket_of(ps, id);

	while (p && p->id != id)
		p = p->next_in_bucket;
	return p;
}

struct branches *branches_new(struct db *db, struct arena *arena, int64_t id, struct span path)
{
	struct branches *ps = arena_zalloc(arena, sizeof *ps);

	ps->db = db;
	ps->arena = arena;
	ps->path = path;
	ps->target = (struct branch){ .id = id, .is_below = true, .path_len = path.len == 1 ? 0 : path.len };
	insert(ps, &ps->target);
	return ps;
}

/* The node's row, as a branch of which nothing but that is known.  One that is not there is its own parent. */
static enum err read_branch(struct branches *ps, int64_t id, struct branch **out)
{
	autorows struct db_rows rows = { NULL, NULL };
	struct branch *p = arena_zalloc(ps->arena, sizeof *p);
	enum err e =
	    db_select(ps->db, "SELECT parent, since, name FROM node WHERE ns = 1 AND id = ?1", &rows, DB_INT(id));

	*out = p;
	p->id = p->parent = id;
	if (e != OK || (e = db_next(&rows)) != OK)
		return e == E_NOT_FOUND ? OK : e;
	p->parent = db_col_int(&rows, 0);
	p->since = db_col_int(&rows, 1);
	p->name = db_col_text(&rows, 2);
	p->name.ptr = arena_span(ps->arena, p->name);
	return OK;
}

/* Up to what is known, or to an end (the root, the trash); then down again. */
enum err branch_find(struct branches *ps, int64_t id, struct branch **out)
{
	struct branch *above, *low = NULL, *p;

	while ((above = known(ps, id)) == NULL) {
		enum err e = read_branch(ps, id, &p);

		if (e != OK)
			return e;
		insert(ps, p);
		p->lower = low;
		low = p;
		if (p->parent == id)
			break;
		id = p->parent;
	}
	for (; low; above = low, low = low->lower) {
		if (!above || !above->is_below)
			continue;
		low->up = above;
		low->is_below = true;
		low->newest = MAX(low->since, above->newest);
		low->depth = above->depth + 1;
		low->path_len = above->path_len + 1 + low->name.len;
	}
	*out = above;
	return OK;
}

static char *prepend(char *end, struct span name)
{
	end -= name.len;
	memcpy(end, name.ptr, name.len);
	*--end = '/';
	return end;
}

struct span branch_path(const struct branches *ps, const struct branch *p, struct span name, struct arena *arena)
{
	size_t len = p->path_len + (name.len ? 1 + name.len : 0);
	char *path, *end;

	if (!len)
		return span_of("/");
	path = arena_alloc(arena, len + 1);
	path[len] = '\0';
	end = name.len ? prepend(path + len, name) : path + len;
	for (; p->up; p = p->up)
		end = prepend(end, p->name);
	memcpy(path, ps->path.ptr, (size_t)(end - path));
	return (struct span){ path, len };
}
