/*
 * steps: from a step to the file that does its kind (step.h), inside the committer's transaction.
 */
#ifndef SERVER_STORE_STEPS_H
#define SERVER_STORE_STEPS_H

#include "server/store/group.h"

/*
 * Checks one step's conditions against the tree as it is now and applies it.  `out->error` says how it went: not OK,
 * nothing was changed.  What is returned is another matter: an error of the database, which undoes the group.
 */
enum err step_run(struct group *g, const struct store_txn *t, struct txn_step *step,
		  struct store_result *out) must_check;

/* All steps of a transaction; `t->result` says how they went: refused is the first that was, unless the transaction is lenient. */
enum err steps_run(struct group *g, struct store_txn *t) must_check;

#endif
