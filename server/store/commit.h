/*
 * commit: the committer, the one place where anything changes (store.md, "One commit").
 *
 * It takes everything that waits, appends and syncs the bodies, runs each transaction against the tree as the earlier ones
 * of the group left it, commits once, publishes the new head, answers all.  The next group starts then; it never waits to
 * fill.
 */
#ifndef SERVER_STORE_COMMIT_H
#define SERVER_STORE_COMMIT_H

#include "server/store/state.h"
#include "server/store/txn.h"

struct committer;

/* Reads the state of the namespace and starts the thread.  `db` is taken in every case. */
enum err commit_start(struct store *s, struct db *db, struct committer **out) must_check;

/* Answers what is queued and ends the thread.  NULL is fine. */
void commit_stop(struct committer *c);

/* Makes the committer look around, though nothing was submitted: ids are low. */
void commit_wake(struct committer *c);

/*
 * Runs `call` in a transaction of the committer and waits until it is on stable storage; what the call returns is
 * returned, not OK undoing what it did.  E_IO, E_CORRUPT, E_NO_SPACE, E_BUSY and E_UNKNOWN are for errors of the database.
 * The call may run twice: it sets its results anew.  Never from a loop, never from a completion.
 */
enum err commit_call(struct store *s, txn_call_fn *call, void *arg) must_check;

#endif
