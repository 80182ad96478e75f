/*
 * branch: where collections are below a target collection: the way from each up to it, looked at once.
 *
 * A table of branches belongs to one read transaction and dies with it.
 */
#ifndef SERVER_STORE_BRANCH_H
#define SERVER_STORE_BRANCH_H

#include "common/arena.h"
#include "common/buf.h"
#include "common/db.h"

struct branch {
	int64_t id, parent;
	struct branch *up; /* NULL: the target, or not below it */
	struct span name;
	int64_t since;   /* number at which it came to its collection */
	int64_t newest;  /* the highest of its own and of what is above it, below the target */
	bool is_below;   /* the target itself, or below it */
	unsigned depth;  /* 0: the target */
	size_t path_len; /* "/a/b"; the root: 0 */
	struct branch *next_in_bucket, *lower;
};

enum { BRANCH_BUCKETS = 512 };

struct branches {
	struct db *db;
	struct arena *arena;
	struct span path; /* of the target */
	struct branch target;
	struct branch *buckets[BRANCH_BUCKETS];
};

/* Knows only the target so far: the collection `id` at `path`.  All are borrowed; the table is in `arena`. */
struct branches *branches_new(struct db *db, struct arena *arena, int64_t id, struct span path);

/* Where the node `id` is.  One that does not exist, or is in the trash, is not below the target. */
enum err branch_find(struct branches *ps, int64_t id, struct branch **out) must_check;

/* The path of the member `name` of `p`, which is below the target; of `p` itself if the name is empty.  In the arena. */
struct span branch_path(const struct branches *ps, const struct branch *p, struct span name, struct arena *arena);

#endif
