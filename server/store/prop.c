/* Reading dead properties. */
#include "server/store/readers.h"
#include "server/store/state.h"
#include "server/store/store_prop.h"

enum err store_props(struct store *s, int64_t node, store_prop_fn *fn, void *arg)
{
	autoreader struct reader reader = { NULL, NULL };
	autorows struct db_rows rows = { NULL, NULL };
	bool go_on = true;
	enum err e;

	if ((e = reader_take(s->readers, &reader)) != OK)
		return e;
	e = db_select(reader.db,
		      "SELECT xmlns, name, lang, value FROM prop WHERE ns = 1 AND node = ?1 ORDER BY xmlns, name",
		      &rows, DB_INT(node));
	while (e == OK && go_on && (e = db_next(&rows)) == OK)
		go_on = fn(arg, &(struct store_prop){ db_col_text(&rows, 0), db_col_text(&rows, 1),
						      db_col_text(&rows, 2), db_col_text(&rows, 3) });
	return e == E_NOT_FOUND ? OK : e;
}
