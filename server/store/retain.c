/*
 * A pass reads pages of what may be due on a reading connection and removes what is, page by page, in transactions of the
 * committer's of their own, so that no PUT waits for more than one of them.  Between the two a row may have changed: it is removed
 * only if it ended when it had.
 */
#include "server/store/retain.h"

#include <stdlib.h>

#include "common/clock.h"
#include "server/store/commit.h"
#include "server/store/readers.h"
#include "server/store/schema.h"
#include "server/store/store_history.h"

enum { PAGE = 1000, SLICE = 200 };

/* ---- removing ---- */

struct removal {
	const struct due *due;
	size_t count;
	int64_t versions, bytes; /* that went */
};

static enum err remove_one(struct db *db, const struct due *d, bool *out_gone)
{
	autorows struct db_rows rows = { NULL, NULL };
	int64_t object;
	enum err e =
	    db_select(db, "DELETE FROM version WHERE ns = 1 AND node = ?1 AND made = ?2 AND at = ?3 RETURNING object",
		      &rows, DB_INT(d->node), DB_INT(d->made), DB_INT(d->at_ns));

	*out_gone = false;
	if (e != OK || (e = db_next(&rows)) != OK)
		return e == E_NOT_FOUND ? OK : e;
	object = db_col_int(&rows, 0);
	e = db_next(&rows); /* RETURNING is done when it was stepped to its end */
	if (e != E_NOT_FOUND)
		return e;
	db_rows_end(&rows);
	*out_gone = true;
	return keep_note_dropped(db, object);
}

static enum err remove_slice(struct db *db, void *arg)
{
	struct removal *r = arg;
	enum err e = OK;

	r->versions = r->bytes = 0;
	for (size_t i = 0; i < r->count && e == OK; i++) {
		bool is_gone;

		e = remove_one(db, &r->due[i], &is_gone);
		r->versions += is_gone;
		r->bytes += is_gone ? r->due[i].bytes : 0;
	}
	return e;
}

enum err pass_remove(struct pass *p, const struct due *due, size_t count)
{
	enum err e = OK;

	for (size_t at = 0; at < count && e == OK; at += SLICE) {
		struct removal r = { due + at, MIN(count - at, (size_t)SLICE), 0, 0 };

		if (pass_is_stopped(p))
			return E_BUSY;
		if (p->is_rehearsal) {
			r.versions = (int64_t)r.count;
			for (size_t i = 0; i < r.count; i++)
				r.bytes += r.due[i].bytes;
		} else {
			e = commit_call(p->store, remove_slice, &r);
		}
		if (e == OK) {
			p->done.versions += r.versions;
			p->done.bytes += r.bytes;
		}
	}
	return e;
}

enum err pass_purge(struct pass *p, int64_t number, int64_t bytes)
{
	enum err e;

	if (pass_is_stopped(p))
		return E_BUSY;
	e = p->is_rehearsal ? OK : store_purge(p->store, number);
	if (e != OK)
		return e == E_NOT_FOUND ? OK : e; /* somebody brought it back, or was faster */
	p->done.trashed++;
	p->done.bytes += bytes;
	return OK;
}

/* ---- versions by age ---- */

bool pass_is_due(const struct pass *p, int64_t made_ns, int64_t at_ns)
{
	return at_ns <= p->now_ns - p->rule.all_s * NS_PER_S &&
	       !keep_by_age(&p->rule, made_ns, at_ns, at_ns, p->now_ns);
}

/*
 * The last content of what lies in the trash goes with that.  (A version ends when its file is deleted, and then the two have the same
 * number.)
 */
#define NOT_OF_THE_TRASH \
	" AND NOT EXISTS (SELECT 1 FROM node n WHERE n.ns = 1 AND n.id = version.node AND n.parent = 2" \
	" AND n.since = version.seq)"

struct page {
	struct due due[PAGE];
	size_t count, seen;
	int64_t last_at, last_node, last_made; /* where the next one begins */
};

static enum err read_page(struct pass *p, int64_t before_ns, struct page *page)
{
	autoreader struct reader reader = { NULL, NULL };
	autorows struct db_rows rows = { NULL, NULL };
	enum err e = reader_take(p->store->readers, &reader);

	page->count = page->seen = 0;
	if (e == OK)
		e = db_select(reader.db,
			      "SELECT node, made, at, size, made_ns FROM version WHERE ns = 1 AND at <= ?1"
			      " AND (at, node, made) > (?2, ?3, ?4)" NOT_OF_THE_TRASH
			      " ORDER BY at, node, made LIMIT ?5",
			      &rows, DB_INT(before_ns), DB_INT(page->last_at), DB_INT(page->last_node),
			      DB_INT(page->last_made), DB_INT(PAGE));
	while (e == OK && (e = db_next(&rows)) == OK) {
		struct due d = { db_col_int(&rows, 0), db_col_int(&rows, 1), db_col_int(&rows, 2),
				 db_col_int(&rows, 3) };

		page->seen++;
		page->last_at = d.at_ns;
		page->last_node = d.node;
		page->last_made = d.made;
		if (pass_is_due(p, db_col_int(&rows, 4), d.at_ns))
			page->due[page->count++] = d;
	}
	return e == E_NOT_FOUND ? OK : e;
}

static enum err versions_by_age(struct pass *p)
{
	struct page *page = xcalloc(1, sizeof *page);
	int64_t before_ns = p->now_ns - p->rule.all_s * NS_PER_S;
	enum err e;

	page->last_at = INT64_MIN;
	do {
		if ((e = read_page(p, before_ns, page)) == OK)
			e = pass_remove(p, page->due, page->count);
	} while (e == OK && page->seen == PAGE);
	free(page);
	return e;
}

/* ---- what was deleted, by age ---- */

/*
 * When something else came to the place it was deleted from: the next one that left it, or what is there now, came at `since`.  A
 * collection is kept as if nothing ever did: what was in it has no other place.  A file stays as long as an older version of it:
 * those would go with it.
 */
#define TRASH_AGE \
	"SELECT n.since, t.at, t.node, n.kind, ifnull(n.bytes, n.size), ifnull((SELECT v.made_ns FROM version v " \
	"WHERE v.ns = 1" \
	" AND v.node = n.id AND v.made = n.made), n.created_ns), (SELECT j.at FROM journal j WHERE j.ns = 1 AND " \
	"j.seq = ifnull(" \
	"(SELECT g2.since FROM gone g2 WHERE g2.ns = 1 AND g2.parent = g.parent AND g2.key = g.key AND g2.seq > g.seq" \
	" ORDER BY g2.seq LIMIT 1), (SELECT m.since FROM node m WHERE m.ns = 1 AND m.parent = g.parent AND m.key = " \
	"g.key)))" \
	" FROM trash t JOIN node n ON n.ns = 1 AND n.id = t.node JOIN gone g ON g.ns = 1 AND g.seq = n.since AND " \
	"g.node = t.node" \
	" WHERE t.ns = 1 AND t.at <= ?1 AND NOT EXISTS (SELECT 1 FROM version v WHERE v.ns = 1 AND v.node = t.node" \
	" AND v.made <> n.made AND n.kind = 0) AND (t.at, t.node) > (?2, ?3) ORDER BY t.at, t.node LIMIT ?4"

struct trash_page {
	struct {
		int64_t number, bytes;
	} due[PAGE];
	size_t count, seen;
	int64_t last_at, last_node;
};

static enum err read_trash(struct pass *p, int64_t before_ns, struct trash_page *page)
{
	autoreader struct reader reader = { NULL, NULL };
	autorows struct db_rows rows = { NULL, NULL };
	enum err e = reader_take(p->store->readers, &reader);

	page->count = page->seen = 0;
	if (e == OK)
		e = db_select(reader.db, TRASH_AGE, &rows, DB_INT(before_ns), DB_INT(page->last_at),
			      DB_INT(page->last_node), DB_INT(PAGE));
	while (e == OK && (e = db_next(&rows)) == OK) {
		int64_t replaced_ns = db_col_int(&rows, 6);

		page->seen++;
		page->last_at = db_col_int(&rows, 1);
		page->last_node = db_col_int(&rows, 2);
		if (!replaced_ns || db_col_int(&rows, 3) == STORE_COLLECTION)
			replaced_ns = KEEP_NEVER_ENDED;
		if (keep_by_age(&p->rule, db_col_int(&rows, 5), page->last_at, replaced_ns, p->now_ns))
			continue;
		page->due[page->count].number = db_col_int(&rows, 0);
		page->due[page->count++].bytes = db_col_int(&rows, 4);
	}
	return e == E_NOT_FOUND ? OK : e;
}

static enum err trash_by_age(struct pass *p)
{
	struct trash_page *page = xcalloc(1, sizeof *page);
	int64_t before_ns = p->now_ns - p->rule.all_s * NS_PER_S;
	enum err e;

	page->last_at = INT64_MIN;
	do {
		e = read_trash(p, before_ns, page);
		for (size_t i = 0; i < page->count && e == OK; i++)
			e = pass_purge(p, page->due[i].number, page->due[i].bytes);
	} while (e == OK && page->seen == PAGE);
	free(page);
	return e;
}

enum err pass_by_age(struct pass *p)
{
	enum err e = versions_by_age(p);

	return e == OK ? trash_by_age(p) : e;
}
