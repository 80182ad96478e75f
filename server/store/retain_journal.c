/*
 * The journal's own retention: rows that are old enough, and the tombstones of the same numbers, from the oldest on.
 *
 * What history still tells needs those of its numbers: where a thing was when it ended, when that was.  So nothing goes of the number
 * at which anything that is kept ended, nor after it.  The last row that is old enough stays: by it the state at the end of the
 * time is found.  `ns` keeps the number and the chain of the last row that went: sync-tokens of before are refused, and the rest of
 * the chain can still be proved.  A row goes only if it fits the chain: evidence of a damaged journal is not thrown away.
 */
#include "common/clock.h"
#include "common/log.h"
#include "server/store/commit.h"
#include "server/store/journal.h"
#include "server/store/readers.h"
#include "server/store/retain.h"
#include "server/store/schema.h"
#include "server/store/store_history.h"

enum { SLICE = 250 };

/* The number before which everything that is still kept of history ended; INT64_MAX: nothing is. */
static enum err read_first_end(struct store *s, int64_t *out)
{
	return readers_number(s->readers,
			      "SELECT min(ifnull((SELECT min(seq) FROM version WHERE ns = 1), 9223372036854775807),"
			      " ifnull((SELECT min(n.since) FROM trash t JOIN node n ON n.ns = 1 AND n.id = t.node"
			      " WHERE t.ns = 1), 9223372036854775807))",
			      out);
}

/* The last number that may go; E_NOT_FOUND: none is that old. */
static enum err find_last(struct pass *p, int64_t *out)
{
	int64_t first_end = 0;
	enum err e = store_number_at(p->store, p->now_ns - p->rule.journal_s * NS_PER_S, out);

	if (e != OK || (e = read_first_end(p->store, &first_end)) != OK)
		return e;
	*out = MIN(*out, first_end) - 1;
	return OK;
}

struct slice {
	int64_t last;    /* no row beyond it */
	int64_t removed; /* rows that went */
	int64_t damaged; /* number of a row that does not fit the chain; 0: all do */
};

/* Everything up to where the chain was walked. */
static enum err remove_rows(struct db *db, const struct store_chain *c)
{
	enum err e = db_run(db, "UPDATE ns SET kept = ?2, kept_chain = ?3 WHERE id = ?1", DB_INT(SCHEMA_NS),
			    DB_INT(c->seq), DB_DIGEST(&c->chain));

	if (e == OK)
		e = db_run(db, "DELETE FROM journal WHERE ns = ?1 AND seq <= ?2", DB_INT(SCHEMA_NS), DB_INT(c->seq));
	if (e == OK)
		e = db_run(db, "DELETE FROM gone WHERE ns = ?1 AND seq <= ?2", DB_INT(SCHEMA_NS), DB_INT(c->seq));
	return e;
}

/* In the committer's transaction; may run twice. */
static enum err remove_slice(struct db *db, void *arg)
{
	struct slice *slice = arg;
	struct store_chain c = { .seq = 0 };
	int64_t kept;
	bool is_end;
	enum err e = journal_verify_some(db, &c, 0, &is_end); /* where it begins */

	slice->removed = slice->damaged = 0;
	kept = c.seq;
	if (e != OK || kept >= slice->last)
		return e;
	e = journal_verify_some(db, &c, MIN(slice->last - kept, (int64_t)SLICE), &is_end);
	if (e == E_CORRUPT) {
		slice->damaged = c.seq; /* fsck's to tell; the store goes on */
		return OK;
	}
	slice->removed = c.seq - kept;
	return e == OK ? remove_rows(db, &c) : e;
}

static enum err count_rows(struct pass *p, int64_t last)
{
	struct store_journal_span span;
	enum err e = store_journal_span(p->store, &span);

	if (e == OK)
		p->done.changes = MAX(last - span.first + 1, 0);
	return e;
}

enum err pass_journal(struct pass *p)
{
	struct slice slice = { .removed = 1 };
	enum err e = find_last(p, &slice.last);

	if (e != OK)
		return e == E_NOT_FOUND ? OK : e;
	if (p->is_rehearsal)
		return count_rows(p, slice.last);
	while (e == OK && slice.removed > 0) {
		if (pass_is_stopped(p))
			return E_BUSY;
		if ((e = commit_call(p->store, remove_slice, &slice)) == OK)
			p->done.changes += slice.removed;
	}
	if (e == OK && slice.damaged)
		log_error("keep journal why=%s number=%lld", QUOTED("a row does not fit the chain: see syncd fsck"),
			  (long long)slice.damaged);
	return e;
}
