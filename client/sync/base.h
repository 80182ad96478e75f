/*
 * base: what a linked folder's client knows, in SQLite: the base tree (what both sides had when they last agreed), and the remote
 * tree as the base and the paths at which it differs ("seen").
 *
 * Only what was observed is kept, never work to do.  A row of the base is written after the effect it tells of; a row that a kill or
 * a power cut loses costs a look.  The file may be lost: then nothing is known, nothing can be deleted, and equal files are adopted.
 *
 * Paths are those of treepath.h; walks give them in its order.  All functions may block on the disk; one thread.
 */
#ifndef CLIENT_SYNC_BASE_H
#define CLIENT_SYNC_BASE_H

#include "client/local.h"
#include "client/sync/plan.h"

enum { BASE_ID_SIZE = 128 };

struct base;

/* What the server has at a path. */
struct remote_row {
	enum plan_kind kind;
	struct digest digest; /* of a file's content; a folder's hash as it was last told */
	int64_t size_bytes, mtime_s;
	bool is_executable;
	char id[BASE_ID_SIZE]; /* DAV:resource-id; "" not known */
};

/* What both had. */
struct base_row {
	struct remote_row remote;
	struct local_id local; /* of the file that had that content; zero for folders */
	int64_t taken_ns;      /* when `local` was taken */
	bool
	    is_residue; /* a folder that is deleted there and stays here for what is ignored in it; kind is PLAN_ABSENT */
};

/* Makes the file if need be.  `why` says what is wrong.  E_BUSY: another client works with it; base_close() gives it up. */
enum err base_open(const char *path, struct base **out, struct note *why) must_check;
void base_close(struct base *b);

/*
 * Called before rows that tell of effects (base_agree...) are committed, to bring the files they tell of to stable storage; an
 * error keeps them from being committed.
 */
typedef enum err base_before_commit_fn(void *arg);
void base_on_commit(struct base *b, base_before_commit_fn *fn, void *arg);

/* Changes are gathered in a transaction; base_settle() commits it when it is older than 200 ms, base_commit() at once. */
enum err base_settle(struct base *b) must_check;
enum err base_commit(struct base *b) must_check;
void base_rollback(struct base *b);

/* Texts by key.  E_NOT_FOUND.  The caller frees `out`. */
enum err base_meta_get(struct base *b, const char *key, char **out) must_check;
enum err base_meta_put(struct base *b, const char *key, const char *value) must_check;

/* For tables of other files (tag.h): the database, and base_touch() before it is written, which opens the transaction. */
struct db *base_db(struct base *b);
enum err base_touch(struct base *b) must_check;

/* A path as it is a key: in the order of a walk; and back.  The caller frees them. */
char *base_key(const char *path);
char *base_path(struct span key);

/* Forgets both trees, the token and the tags: merge mode. */
enum err base_clear(struct base *b) must_check;

/* E_NOT_FOUND: no such row.  base_remote(): the remote tree's. */
enum err base_get(struct base *b, const char *path, struct base_row *out) must_check;
enum err base_remote(struct base *b, const char *path, struct remote_row *out) must_check;

/* Both sides have this now. */
enum err base_agree(struct base *b, const char *path, const struct base_row *row) must_check;

/* Both sides have nothing there now. */
enum err base_agree_gone(struct base *b, const char *path) must_check;

/* As base_agree_gone(), but a folder stays here for what is ignored in it. */
enum err base_agree_residue(struct base *b, const char *path) must_check;

/* The same content, another time or inode. */
enum err base_refresh(struct base *b, const char *path, const struct local_id *id, int64_t taken_ns) must_check;

/* The base forgets the path; what is known of the server stays. */
enum err base_forget(struct base *b, const char *path) must_check;

/* The server told this of a path; kind PLAN_ABSENT: it is gone. */
enum err base_saw(struct base *b, const char *path, const struct remote_row *row) must_check;

/* It told that nothing that was below the folder is there. */
enum err base_saw_none_below(struct base *b, const char *folder) must_check;

/* Walks, in the order of treepath_compare().  E_NOT_FOUND: the end.  Texts live until the next call.  Not nested. */
struct base_walk;
enum err base_walk_begin(struct base *b, struct base_walk **out) must_check;
/* The next is then the first that is not before `path`. */
enum err base_walk_seek(struct base_walk *w, const char *path) must_check;
/* The next is then the first behind `folder` and all below it. */
enum err base_walk_skip(struct base_walk *w, const char *folder) must_check;
enum err base_walk_next(struct base_walk *w, const char **out_path, struct base_row *out) must_check;
void base_walk_end(struct base_walk *w);

/* The paths at which the server differs from the base, in the same order, from `from` on (NULL: all).  E_NOT_FOUND of `fn` ends it. */
typedef enum err base_seen_fn(void *arg, const char *path, const struct remote_row *row);
enum err base_each_seen(struct base *b, const char *from, base_seen_fn *fn, void *arg) must_check;

/* How much of that lies before `from` or not before `end` (NULL: no limit): what is gone there, and what is new, in the root. */
struct base_untold {
	int64_t gone, gone_top, new_top;
};

enum err base_count_untold(struct base *b, const char *from, const char *end, struct base_untold *out) must_check;

/* Rows of the base: all of them, and those directly in the root. */
enum err base_count(struct base *b, int64_t *out_all, int64_t *out_top) must_check;

/* Conflict copies that were made here, and the content that both versions came from: base_conflict_fn() for each. */
typedef enum err base_conflict_fn(void *arg, const char *copy, const char *path);
enum err base_conflict_put(struct base *b, const char *copy, const char *path,
			   const struct digest *ancestor) must_check;                             /* NULL: none */
enum err base_conflict_ancestor(struct base *b, const char *copy, struct digest *out) must_check; /* E_NOT_FOUND */
enum err base_conflict_drop(struct base *b, const char *copy) must_check;
enum err base_each_conflict(struct base *b, base_conflict_fn *fn, void *arg) must_check;

#endif
