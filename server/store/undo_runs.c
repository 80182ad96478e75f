/* The runs of a user, and which of them were taken back (undo.h). */
#include <string.h>

#include "server/store/schema.h"
#include "server/store/undo.h"

void undo_key(const unsigned char key[JOURNAL_TXN_SIZE], unsigned char out[JOURNAL_TXN_SIZE])
{
	unsigned char text[4 + JOURNAL_TXN_SIZE] = { 'u', 'n', 'd', 'o' };
	struct digest d;

	memcpy(text + 4, key, JOURNAL_TXN_SIZE);
	d = digest_of(text, sizeof text);
	memcpy(out, d.bytes, JOURNAL_TXN_SIZE);
}

static int find_run(const struct undo_runs *runs, const void *key)
{
	/* The newest first: most rows are of the one that was seen last. */
	for (int i = runs->count - 1; i >= 0; i--)
		if (memcmp(runs->list[i].key, key, JOURNAL_TXN_SIZE) == 0)
			return i;
	return -1;
}

/* False: enough was seen. */
static bool add_row(struct undo_runs *runs, int64_t seq, struct span key, bool is_through)
{
	int i;

	if (key.len != JOURNAL_TXN_SIZE)
		return true;
	i = find_run(runs, key.ptr);
	if (i < 0) {
		if (runs->count == UNDO_RUNS)
			return false;
		i = runs->count++;
		runs->list[i] = (struct undo_run){ .last = seq, .parent = -1 };
		memcpy(runs->list[i].key, key.ptr, JOURNAL_TXN_SIZE);
	}
	runs->list[i].first = seq;
	runs->list[i].is_through |= is_through;
	return true;
}

/* Older ones come later in the list; what takes a run back is newer than it. */
static void link_runs(struct undo_runs *runs)
{
	for (int i = runs->count - 1; i >= 0; i--) {
		unsigned char key[JOURNAL_TXN_SIZE];
		int child;

		undo_key(runs->list[i].key, key);
		child = find_run(runs, key);
		if (child < 0 || child >= i)
			continue;
		runs->list[child].parent = i;
		runs->list[child].depth = runs->list[i].depth + 1;
	}
	for (int i = 0; i < runs->count; i++)
		if (!runs->list[i].is_cancelled && runs->list[i].parent >= 0)
			runs->list[runs->list[i].parent].is_cancelled = true;
}

enum err undo_read_runs(struct db *db, const struct store_undo_query *query, struct undo_runs *out)
{
	autorows struct db_rows rows = { NULL, NULL };
	enum err e = db_select(db,
			       "SELECT seq, txn, ?3 IS NULL OR client = ?3 FROM journal WHERE ns = 1 AND seq >"
			       " (SELECT head FROM ns WHERE id = 1) - ?2 AND author = ?1 ORDER BY seq DESC",
			       &rows, DB_STRING(query->user), DB_INT(STORE_UNDO_LOOKBACK),
			       query->is_any_client ? DB_NULL : DB_STRING(query->client));

	out->count = 0;
	while (e == OK && (e = db_next(&rows)) == OK)
		if (!add_row(out, db_col_int(&rows, 0), db_col_blob(&rows, 1), db_col_int(&rows, 2) != 0))
			break;
	if (e != OK && e != E_NOT_FOUND)
		return e;
	link_runs(out);
	return OK;
}

const struct undo_run *undo_target(const struct undo_runs *runs, bool is_redo)
{
	for (int i = 0; i < runs->count; i++) {
		const struct undo_run *r = &runs->list[i];

		if (r->is_through && !r->is_cancelled && (r->depth % 2 == 1) == is_redo)
			return r;
	}
	return NULL;
}

bool undo_is_neutral(const struct undo_runs *runs, struct span key)
{
	int i = key.len == JOURNAL_TXN_SIZE ? find_run(runs, key.ptr) : -1;

	return i >= 0 && (runs->list[i].is_cancelled || runs->list[i].parent >= 0);
}
