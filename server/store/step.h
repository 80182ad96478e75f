/*
 * step: what the files step_*.c share, each of which does one kind of change to the tree inside the committer's transaction.
 *
 * Every step looks first and writes after: it fails before its first change, so one that is a transaction of its own
 * needs no savepoint.
 */
#ifndef SERVER_STORE_STEP_H
#define SERVER_STORE_STEP_H

#include "server/store/group.h"

/* A place in the tree, and what is there. */
struct target {
	const struct store_txn *txn;
	struct txn_step *step;
	struct folder *parent; /* NULL: the root */
	const struct txn_name *name;
	bool exists;
	struct tree_row row;   /* if it exists */
	struct folder *folder; /* if it is a collection */
};

/* The step failed by what the tree is like, not by the database: it is refused, its neighbours in the transaction go on. */
must_check static inline enum err step_refuse(struct store_result *out, enum err e)
{
	out->error = e;
	return OK;
}

/* Looks at the place that `names` lead to.  E_NOT_FOUND: its parent collection is not there. */
enum err step_find(struct group *g, const struct txn_name *names, unsigned count, struct target *t) must_check;

/*
 * The other end of a COPY or MOVE whose source `t` is: `d`.  `out->error` if it does not fit (store_change.h); that it is the source
 * itself is the caller's to judge.
 */
enum err step_find_destination(struct group *g, const struct target *t, struct target *d,
			       struct store_result *out) must_check;

/*
 * Could all that is below the collection `id` still be named if it were at `to` (path.h), by paths of at most `most` names?  A
 * file's name is taken for the longest.  `out->error` E_URI_TOO_LONG: no.
 */
enum err step_check_depth(struct group *g, int64_t id, const struct txn_path *to, unsigned most,
			  struct store_result *out) must_check;

/* A collection's digest is about to be read: what this group did below it comes first. */
enum err step_settle(struct group *g, struct target *t) must_check;

/*
 * RFC 4918 §7: no lock that the author does not hold guards `scope` (enum store_lock_scope) of the path, or `out->error` says
 * so.
 */
enum err step_check_locks(struct group *g, const struct target *t, const struct txn_path *path, unsigned scope,
			  struct store_result *out) must_check;

/* RFC 9110 §13.2, RFC 4918 §10.4: the step's conditions hold against what is at `t` at this moment, or `out->error` says so. */
enum err step_check_cond(struct group *g, struct target *t, struct store_result *out) must_check;

/* The node as the step makes it: the one that is there, else a new one; with the next number. */
struct store_node step_make_node(struct group *g, const struct target *t, enum store_kind kind);

/* A new node's row at `t`; `object` is the content's row, of a file. */
enum err step_insert_node(struct group *g, const struct target *t, const struct store_node *n,
			  int64_t object) must_check;

/* The content that goes, as a version; its number is the one at which it came. */
enum err step_keep_version(struct group *g, const struct target *t) must_check;

/* Other content for the file at `t`: what was there is kept as a version. */
enum err step_replace_content(struct group *g, struct target *t, const struct store_node *n, int64_t object) must_check;

/* Out of its place with everything below it into the trash, at the group's number: one row, however large the subtree. */
enum err step_detach(struct group *g, struct target *t) must_check;

/* What is at `t` goes: into the trash, with its locks, a version and a journal's row, at the next number. */
enum err step_remove(struct group *g, struct target *t) must_check;

/*
 * What is at `d` goes to make room for something else, and its lock stays with the place (RFC 4918 §9.8.4): step_take_locks() gives
 * it to what comes.  `out_had`: what went.
 */
enum err step_make_room(struct group *g, struct target *d, int64_t *out_had) must_check;
enum err step_take_locks(struct group *g, int64_t node) must_check;

/* The journal's row of a change of `node` at `t`, with the group's number. */
enum err step_journal(struct group *g, const struct target *t, int64_t node, enum journal_op op,
		      const struct digest *new_hash) must_check;

/* Applies changes of dead properties to a node's rows; `io_node` gets has_props.  E_TOO_LARGE before anything is changed. */
enum err step_change_props(struct group *g, const struct txn_step *step, struct store_node *io_node) must_check;

/* What was deleted: not what is below such a thing, nor a copy that is being made.  E_NOT_FOUND. */
enum err step_find_trashed(struct group *g, int64_t id, struct tree_row *out) must_check;

/*
 * The content `old` of a node becomes that of the file at `t`, or of a new one there; or if the node is in the trash, and nothing is at the
 * place, it comes back itself.  Looks at locks and quotas, not at conditions.
 */
enum err step_restore_content(struct group *g, struct target *t, const struct tree_row *old,
			      struct store_result *out) must_check;

/* OK, and what is there now. */
enum err step_succeed(struct store_result *out, const struct store_node *n, bool created) must_check;

/*
 * The kinds.  What is returned is an error of the database, which undoes the group; how the step went is in `out`.
 */
typedef enum err step_fn(struct group *g, struct target *t, struct store_result *out);
step_fn step_put, step_mkcol, step_delete, step_copy, step_move, step_proppatch, step_lock, step_refresh, step_unlock;
step_fn step_restore, step_undelete, step_check, step_revert, step_revert_since;

#endif
