/*
 * retain: the thread that lets history go in its time (store_retain.h), and the parts of a pass.
 */
#ifndef SERVER_STORE_RETAIN_H
#define SERVER_STORE_RETAIN_H

#include "server/store/keep.h"
#include "server/store/state.h"
#include "server/store/store_retain.h"

struct keeper;

/* Starts the thread: a pass after the first minute, then one an hour. */
enum err keeper_start(struct store *s, struct keeper **out) must_check;

/* Ends it, and a pass that runs, between two slices.  Before the committer ends.  NULL is fine. */
void keeper_free(struct keeper *k);

/* A pass under way. */
struct pass {
	struct store *store;
	struct keep_rule rule;
	int64_t now_ns;
	bool is_rehearsal;
	struct store_retained done;
};

/* Must it end? */
bool pass_is_stopped(const struct pass *p);

/* One version that is to go. */
struct due {
	int64_t node, made, at_ns, bytes;
};

/* Removes them, in one transaction, those that are still as they were; counts them. */
enum err pass_remove(struct pass *p, const struct due *due, size_t count) must_check;

/* Does a version that came and ended at those times go by its age? */
bool pass_is_due(const struct pass *p, int64_t made_ns, int64_t at_ns);

/* Removes something from the trash, which has `bytes` in it; counts it. */
enum err pass_purge(struct pass *p, int64_t number, int64_t bytes) must_check;

/* By the age of versions and of what was deleted; by the number of versions; by the size of all (retain_budget.c). */
enum err pass_by_age(struct pass *p) must_check;
enum err pass_by_count(struct pass *p) must_check;
enum err pass_by_size(struct pass *p) must_check;

/* What of the journal nothing needs that is kept (retain_journal.c): after those. */
enum err pass_journal(struct pass *p) must_check;

/* The size of all history, and with it the limit that -1 stands for: half of it and of what is free. */
enum err pass_size(struct store *s, int64_t *out) must_check;

#endif
