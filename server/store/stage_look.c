/* Whether what is built aside is still true: by the journal, which tells of each change (stage.h). */
#include "server/store/branch.h"
#include "server/store/journal.h"
#include "server/store/past.h"
#include "server/store/schema.h"
#include "server/store/stage.h"

/* E_BUSY: what happened since is not in the journal any more. */
static enum err check_kept(struct db *db, int64_t since)
{
	autorows struct db_rows rows = { NULL, NULL };
	enum err e = db_select(db, "SELECT kept FROM ns WHERE id = ?1", &rows, DB_INT(SCHEMA_NS));

	if (e != OK || (e = db_next(&rows)) != OK)
		return e;
	return db_col_int(&rows, 0) > since ? E_BUSY : OK;
}

/* Whoever came after that number goes as it is: nobody builds it anew. */
static enum err matters(struct db *db, int64_t id, int64_t props_of, bool *out)
{
	struct past_place place;
	enum err e = props_of == STAGE_ALL ? OK : past_place(db, id, props_of, &place);

	*out = e == OK;
	return e == E_NOT_FOUND ? OK : e;
}

enum err stage_is_changed(struct db *db, int64_t id, int64_t since, int64_t limit, int64_t props_of, bool *out)
{
	autorows struct db_rows rows = { NULL, NULL };
	struct arena *arena = arena_new();
	struct branches *branches = branches_new(db, arena, id, span_of("/"));
	int64_t count = 0;
	enum err e = check_kept(db, since);

	*out = false;
	if (e == OK)
		e = db_select(db, "SELECT node, op FROM journal WHERE ns = 1 AND seq > ?1 ORDER BY seq LIMIT ?2", &rows,
			      DB_INT(since), DB_INT(limit + 1));
	while (e == OK && !*out && (e = db_next(&rows)) == OK) {
		int64_t op = db_col_int(&rows, 1);
		struct branch *branch;

		if (count++ == limit)
			e = E_BUSY;
		else if (props_of == STAGE_ALL || op == JOURNAL_PROPPATCH || op == JOURNAL_COPY)
			if ((e = branch_find(branches, db_col_int(&rows, 0), &branch)) == OK && branch->is_below)
				e = matters(db, db_col_int(&rows, 0), props_of, out);
	}
	arena_free(arena);
	return e == E_NOT_FOUND ? OK : e;
}
