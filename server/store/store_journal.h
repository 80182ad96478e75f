/*
 * store_journal: who changed what, when, from which content to which, on which client; and whether the chain of all that holds.
 */
#ifndef SERVER_STORE_STORE_JOURNAL_H
#define SERVER_STORE_STORE_JOURNAL_H

#include "server/store/store.h"

struct store_journal_query {
	int64_t since;        /* changes after this number */
	int64_t since_ns;     /* and not before this time; 0: whenever */
	struct span path;     /* what happened at it or below; empty or "/": everywhere */
	const char *user;     /* NULL: everybody's */
	bool is_newest_first; /* the last changes first, of those before `until` */
	int64_t until;        /* then alone; 0: from the last one on */
};

/* One change.  Everything is borrowed for the call. */
struct store_entry {
	int64_t seq, node, at_ns;
	const char *op; /* "put", "mkcol", "delete", "copy", "move", "proppatch", "restore" */
	/* Where it happened, in folders as they are called now.  Empty: nothing of it is left. */
	struct span path;
	struct span from; /* "move": the place it had before; else empty */
	struct span user, client;
	const struct digest *before, *after; /* NULL: there was, there is no content */
	bool is_collection;                  /* as far as is still known */
};

/* Copies the query; the caller frees it with store_journal_free(), NULL is fine. */
struct store_journal *store_journal_new(struct store *s, const struct store_journal_query *query);
void store_journal_free(struct store_journal *j);

/*
 * Calls back for the next changes in the order that was asked for, some hundred at most; false from the callback: enough for
 * now, and that one is given again.  A change is a row of its own transaction's time: what comes while it is read is given as
 * well.  Blocks for some milliseconds: on a worker; one thread at a time.  `out_end`: that was all.
 */
typedef bool store_entry_fn(void *arg, const struct store_entry *entry);
enum err store_journal_next(struct store_journal *j, store_entry_fn *fn, void *arg, bool *out_end) must_check;

/* The number of the last change that was looked at, be it given or not; before the first one what the query begins with. */
int64_t store_journal_at(const struct store_journal *j);

/* What there is of it: from the number `first`, made at `first_ns`, to `last`.  Nothing: first = last + 1, first_ns 0.  One short read. */
struct store_journal_span {
	int64_t first, last, first_ns;
};
enum err store_journal_span(struct store *s, struct store_journal_span *out) must_check;

/* ---- the chain ---- */

/* How far the chain was walked, from `first` on; zeroed to begin.  Afterwards `seq` is the number of the last row that was looked at. */
struct store_chain {
	int64_t first, seq;
	struct digest chain;
	bool is_begun;
};

/*
 * Recomputes the chain's next rows.  E_CORRUPT: row `seq` does not follow from the one before it, or the namespace's head is not
 * the last row.  Blocks for some milliseconds.
 */
enum err store_journal_verify(struct store *s, struct store_chain *c, bool *out_end) must_check;

#endif
