/*
 * group: the transactions that share one COMMIT, and the collections they change.
 *
 * A collection is read once a group; what its members' changes add to its sum is kept here and folded into its row, and
 * from there into its ancestors', once: at the end, or before something asks for a collection's digest.
 */
#ifndef SERVER_STORE_GROUP_H
#define SERVER_STORE_GROUP_H

#include "server/store/tree.h"
#include "server/store/txn.h"

/* A collection as it is at this moment of the group. */
struct folder {
	struct folder *up; /* NULL: the root */
	struct folder *next, *next_in_bucket;
	int64_t id;
	struct span key, name;
	struct folder_sum sum;
	int64_t members, bytes;
	/* as its row, and its parent's sum, have them: */
	struct digest digest;
	int64_t folded_bytes;
	bool is_dirty, is_gone;
};

enum { GROUP_BUCKETS = 256 };

struct group {
	struct store *store;
	struct db *db;
	struct arena *arena;
	struct folder *folders; /* the newest first: a child before its parent */
	struct folder *buckets[GROUP_BUCKETS];
	int64_t now_ns;
	bool has_lock_changes; /* to be committed though no number was given */
	/* what the namespace's row gets at the end */
	int64_t head, next_id;
	struct digest chain;
};

/* A zeroed group keeps `arena` between groups. */
void group_init(struct group *g, struct store *store, struct db *db);
void group_clear(struct group *g);

/* Begins to know nothing, at this state of the namespace. */
void group_begin(struct group *g, int64_t head, int64_t next_id, const struct digest *chain);

/* Forgets the collections that were read; nothing may be pending. */
void group_forget(struct group *g);

/* The collection that `count` names lead to.  E_NOT_FOUND: there is none, or something on the way is a file. */
enum err group_folder(struct group *g, const struct txn_name *names, unsigned count, struct folder **out) must_check;

/* The collection whose row was just read as a member of `up`. */
struct folder *group_folder_of(struct group *g, struct folder *up, struct span key, const struct tree_row *row);

/* A member came (1), changed (0: remove and add) or went (-1).  `bytes` is what it has below or in it. */
void group_add_member(struct folder *f, int sign, bool is_collection, struct span name, const struct digest *digest,
		      int64_t bytes);

/* Folds what is pending into the rows. */
enum err group_fold(struct group *g) must_check;

/*
 * Writes the namespace's row, and reads back the next id: before and after a call (txn.h) that may take ids in the database.
 */
enum err group_save(struct group *g) must_check;
enum err group_load_ids(struct group *g) must_check;

/* Folds, and writes the namespace's row. */
enum err group_finish(struct group *g) must_check;

#endif
