/* What a report is made of: tombstones, changed nodes, what came to its place as a whole. */
#include "server/store/changes.h"
#include "server/store/walk.h"

/* Where the rows of this change end and the next one's begin. */
static void go_on(struct store_sync *y, int64_t seq, int64_t node)
{
	y->token.cursor.seq = seq;
	y->token.cursor.node = node;
	y->token.cursor.at = 0;
}

/* The rows of this phase are read: the next one begins with the first number again. */
static void go_to(struct store_sync *y, enum sync_phase phase)
{
	y->token.cursor.phase = phase;
	go_on(y, y->token.cursor.from + 1, 0);
}

/* Does the report show the members of `p` themselves? */
static bool shows_members(const struct store_sync *y, const struct branch *p)
{
	return y->query.is_deep || !p->depth;
}

/* Were all above it given, and the member of `p` that changed not yet?  (Those above are counted, p->depth of them.) */
static bool is_due(const struct store_sync *y, const struct branch *p)
{
	return shows_members(y, p) && y->token.cursor.at == p->depth && !changes_is_full(y);
}

static bool is_nameable(const struct branch *p, struct span name)
{
	return p->path_len + 1 + name.len <= PATH_LIMIT; /* else no request can name it (walk.h) */
}

/* ---- tombstones ---- */

struct tombstone {
	int64_t seq, since, parent, node;
	struct span key, name; /* of the row that is being read */
};

/*
 * What the node was.  A collection's members went with it.  Of what was purged from the trash nothing tells any more: it goes as a
 * file to who forgets what was below a name in any case, or who knew it, if at all, for less time than the report is of.
 */
static enum err kind_of(struct store_sync *y, const struct tombstone *t, enum store_kind *out, bool *out_is_known)
{
	struct tree_row row;
	enum err e = tree_node(y->db, t->node, &row);

	*out_is_known = e == OK;
	*out = e == OK ? row.node.kind : STORE_FILE;
	if (e == E_NOT_FOUND)
		return y->query.knows_ids || t->since > y->token.cursor.from ? OK : E_PRECONDITION;
	return e;
}

/* Did the same thing by name, file or collection, go once more within the report?  Each is shown once (RFC 6578 §3.4). */
static enum err goes_again(struct store_sync *y, const struct tombstone *t, enum store_kind kind, bool *out)
{
	autorows struct db_rows rows = { NULL, NULL };
	enum err e = db_select(y->db,
			       "SELECT since, node FROM gone WHERE ns = 1 AND parent = ?1 AND key = ?2 AND seq > ?3"
			       " AND seq <= ?4 AND name = ?5",
			       &rows, DB_INT(t->parent), DB_TEXT(t->key), DB_INT(t->seq), DB_INT(y->token.number),
			       DB_TEXT(t->name));

	*out = false;
	while (e == OK && !*out && (e = db_next(&rows)) == OK) {
		struct tombstone later = { .since = db_col_int(&rows, 0), .node = db_col_int(&rows, 1) };
		enum store_kind its_kind;
		bool is_known;

		y->rows++;
		e = kind_of(y, &later, &its_kind, &is_known);
		*out = its_kind == kind;
	}
	return e == E_NOT_FOUND ? OK : e;
}

/*
 * Is the tombstone to be shown?  Also that of what came after the report's first number: who made it knows it, and nothing else
 * tells him that it went (RFC 6578 §3.5.2).  Not if the name is taken again by what the changed nodes will show.  If a collection
 * is the one or the other, that cannot say which members went: E_PRECONDITION, unless the client forgets them by itself when it
 * sees another resource-id.
 */
static enum err judge(struct store_sync *y, const struct tombstone *t, enum store_kind *out_kind, bool *out_shown)
{
	struct tree_row now;
	bool is_known, is_same_kind, goes = false;
	enum err e;

	*out_shown = false;
	if ((e = kind_of(y, t, out_kind, &is_known)) != OK)
		return e;
	e = tree_child(y->db, t->parent, t->key, &now);
	if (e != OK && e != E_NOT_FOUND)
		return e;
	if (e == E_NOT_FOUND || now.since > y->token.number || !span_eq(t->name, span_of(now.node.name))) {
		e = goes_again(y, t, *out_kind, &goes);
		*out_shown = !goes;
		return e;
	}
	is_same_kind = is_known && now.node.kind == *out_kind;
	if (is_same_kind && (!y->query.is_deep || now.node.kind == STORE_FILE))
		return OK;
	/* The same collection back at its place: its resource-id tells nothing. */
	return y->query.knows_ids && now.node.id != t->node ? OK : E_PRECONDITION;
}

/*
 * Of a collection that is shown whole, as it came to its place: what went from it there since.  (What went before that is told by the
 * tombstone at its old place.)  Its members go without those above them, which come with it.
 */
static enum err add_gone_from_new(struct store_sync *y, const struct tombstone *t, const struct branch *p)
{
	enum store_kind kind = STORE_FILE;
	bool is_shown = y->query.is_deep && t->seq > p->newest && !y->token.cursor.at;
	enum err e = is_shown ? judge(y, t, &kind, &is_shown) : OK;

	if (e != OK || !is_shown)
		return e;
	if (is_nameable(p, t->name))
		changes_add(y, branch_path(y->branches, p, t->name, y->arena), NULL, kind == STORE_COLLECTION);
	y->token.cursor.at++;
	return OK;
}

static enum err add_tombstone(struct store_sync *y, const struct tombstone *t)
{
	enum store_kind kind = STORE_FILE;
	struct branch *p;
	bool is_shown, all;
	enum err e;

	if ((e = branch_find(y->branches, t->parent, &p)) != OK)
		return e;
	if (!p->is_below)
		return OK;
	if (p->newest > y->token.cursor.from)
		return add_gone_from_new(y, t, p);
	is_shown = shows_members(y, p);
	if (is_shown && (e = judge(y, t, &kind, &is_shown)) != OK)
		return e;
	if ((e = changes_add_above(y, p, &all)) != OK || !all || !is_shown || !is_due(y, p))
		return e;
	if (is_nameable(p, t->name))
		changes_add(y, branch_path(y->branches, p, t->name, y->arena), NULL, kind == STORE_COLLECTION);
	y->token.cursor.at++;
	return OK;
}

enum err changes_gone(struct store_sync *y)
{
	autorows struct db_rows rows = { NULL, NULL };
	struct sync_cursor *c = &y->token.cursor;
	enum err e;

	e = db_select(y->db,
		      "SELECT seq, since, parent, node, key, name FROM gone WHERE ns = 1 AND (seq, node) >= (?1, ?2)"
		      " AND seq <= ?3 ORDER BY seq, node",
		      &rows, DB_INT(c->seq), DB_INT(c->node), DB_INT(y->token.number));
	while (e == OK && !changes_is_full(y) && (e = db_next(&rows)) == OK) {
		struct tombstone t = { db_col_int(&rows, 0), db_col_int(&rows, 1),  db_col_int(&rows, 2),
				       db_col_int(&rows, 3), db_col_text(&rows, 4), db_col_text(&rows, 5) };

		y->rows++;
		if (t.seq != c->seq || t.node != c->node)
			go_on(y, t.seq, t.node);
		if ((e = add_tombstone(y, &t)) != OK)
			return e;
	}
	if (e == E_NOT_FOUND)
		go_to(y, SYNC_NODES);
	return e == E_NOT_FOUND ? OK : e;
}

/* ---- nodes that changed ---- */

static enum err add_node(struct store_sync *y, const struct tree_row *row, int64_t parent)
{
	const struct store_node *n = &row->node;
	bool is_collection = n->kind == STORE_COLLECTION, all;
	bool is_new = row->since > y->token.cursor.from;
	struct branch *p;
	enum err e;

	if (n->id == y->target || (e = branch_find(y->branches, parent, &p)) != OK)
		return n->id == y->target ? OK : e;
	/* What is in a collection that came to its place is shown with that. */
	if (!p->is_below || p->newest > y->token.cursor.from)
		return OK;
	/* Changed once more since this page showed it with all that is below. */
	if (is_collection && is_new && changes_has_seen(y, n->id))
		return OK;
	if ((e = changes_add_above(y, p, &all)) != OK || !all || !is_due(y, p))
		return e;
	if (is_nameable(p, span_of(n->name)) && !(is_collection && changes_has_seen(y, n->id)))
		changes_add(y, branch_path(y->branches, p, span_of(n->name), y->arena), row, is_collection);
	y->token.cursor.at++;
	if (is_collection && is_new && y->query.is_deep) {
		y->token.cursor.phase = SYNC_WALK;
		y->token.cursor.at = 0;
	}
	return OK;
}

enum err changes_nodes(struct store_sync *y)
{
	autorows struct db_rows rows = { NULL, NULL };
	struct sync_cursor *c = &y->token.cursor;
	struct tree_row row;
	enum err e;

	/* A collection that came in time and changed later is shown all the same: the next report takes it for known. */
	e = db_select(y->db,
		      "SELECT " NODE_COLUMNS ", parent FROM node INDEXED BY node_seq WHERE ns = 1"
		      " AND (seq, id) >= (?1, ?2) AND (seq <= ?3 OR (kind = 1 AND since > ?4 AND since <= ?3))"
		      " ORDER BY seq, id",
		      &rows, DB_INT(c->seq), DB_INT(c->node), DB_INT(y->token.number), DB_INT(c->from));
	while (e == OK && c->phase == SYNC_NODES && !changes_is_full(y) && (e = db_next(&rows)) == OK) {
		tree_read(&rows, &row);
		y->rows++;
		if (row.node.seq != c->seq || row.node.id != c->node)
			go_on(y, row.node.seq, row.node.id);
		if ((e = add_node(y, &row, db_col_int(&rows, NODE_COLUMN_COUNT))) != OK)
			return e;
	}
	if (e == E_NOT_FOUND)
		c->phase = SYNC_NONE;
	return e == E_NOT_FOUND ? OK : e;
}

/* ---- everything below a collection ---- */

static bool add_walked(void *arg, const struct tree_row *row, struct span path)
{
	struct store_sync *y = arg;
	bool is_collection = row->node.kind == STORE_COLLECTION;

	if (changes_is_full(y))
		return false;
	y->rows++;
	y->token.cursor.at = row->node.id;
	/* A file that changed again is left to the next report, so that nothing is shown that the token does not vouch for. */
	if (is_collection ? !changes_has_seen(y, row->node.id) : row->node.seq <= y->token.number)
		changes_add(y, path, row, is_collection);
	return true;
}

/* Is the collection still where it came to in time, and is what it is in not shown with something above? */
static bool is_to_be_walked(const struct store_sync *y, const struct branch *p)
{
	const struct sync_cursor *c = &y->token.cursor;

	if (c->phase == SYNC_LIST)
		return true;
	return p->is_below && p->depth && p->since > c->from && p->since <= y->token.number && p->up->newest <= c->from;
}

enum err changes_walk(struct store_sync *y)
{
	struct walk w = { .db = y->db, .arena = y->arena, .number = y->token.number, .is_deep = y->query.is_deep };
	struct sync_cursor *c = &y->token.cursor;
	bool is_first = c->phase == SYNC_LIST;
	struct branch *p;
	enum err e = branch_find(y->branches, is_first ? y->target : c->node, &p);

	if (e != OK)
		return e;
	if (is_to_be_walked(y, p)) {
		changes_note(y, p->id);
		e = walk_begin(&w, p->id, branch_path(y->branches, p, span_of(""), y->arena), c->at);
		if (e != OK)
			return e == E_NOT_FOUND ? E_PRECONDITION : e;
		if ((e = walk_run(&w, add_walked, y)) != OK || w.level)
			return e;
	}
	if (is_first) {
		c->phase = SYNC_NONE;
	} else {
		c->phase = SYNC_NODES;
		go_on(y, c->seq, c->node + 1);
	}
	return OK;
}
