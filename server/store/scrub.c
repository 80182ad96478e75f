#include "server/store/sweeper.h"

#include "common/arena.h"
#include "common/log.h"
#include "server/store/content.h"
#include "server/store/readers.h"
#include "server/store/tree.h"

#include <stdlib.h>

enum { CONTENTS_EACH = 16 };

struct content {
	int64_t id;
	struct digest hash;
	struct place place;
};

static enum err read_page(struct store *s, int64_t after, struct content out[CONTENTS_EACH], size_t *out_count)
{
	autoreader struct reader reader = { NULL, NULL };
	autorows struct db_rows rows = { NULL, NULL };
	enum err e = reader_take(s->readers, &reader);

	*out_count = 0;
	if (e == OK)
		e = db_select(reader.db,
			      "SELECT id, hash, segment, place, size, state FROM object WHERE id > ?1 AND state = 0"
			      " ORDER BY id LIMIT ?2",
			      &rows, DB_INT(after), DB_INT(CONTENTS_EACH));
	while (e == OK && (e = db_next(&rows)) == OK) {
		struct content *c = &out[(*out_count)++];

		c->id = db_col_int(&rows, 0);
		db_col_digest(&rows, 1, &c->hash);
		c->place = (struct place){ db_col_int(&rows, 2), db_col_int(&rows, 3), db_col_int(&rows, 4),
					   (enum object_state)db_col_int(&rows, 5) };
	}
	return e == E_NOT_FOUND ? OK : e;
}

/* Who is hit: one of the paths, for the log. */
static void tell(struct db *db, const struct content *c, enum content_state state)
{
	autorows struct db_rows rows = { NULL, NULL };
	struct arena *arena = arena_new();
	struct span path = span_of("?");
	char hex[DIGEST_HEX_SIZE];

	if (db_select(
		db,
		"SELECT id FROM node WHERE object = ?1 UNION ALL SELECT node FROM version WHERE object = ?1 LIMIT 1",
		&rows, DB_INT(c->id)) != OK ||
	    db_next(&rows) != OK || tree_last_path(db, db_col_int(&rows, 0), arena, &path, NULL) != OK)
		path = span_of("?");
	autofree char *text = span_dup(path);
	log_error("find damage digest=%s how=%s path=%s", digest_hex(&c->hash, hex), QUOTED(content_state_words(state)),
		  QUOTED(text));
	arena_free(arena);
}

static enum err look(struct store *s, struct scrub *scrub, struct content *c, int64_t bytes_per_s)
{
	autoreader struct reader reader = { NULL, NULL };
	enum content_state state = CONTENT_GOOD;
	bool is_marked = false;
	enum err e = reader_take(s->readers, &reader);

	if (e == OK)
		e = content_look(s, reader.db, c->id, &c->hash, bytes_per_s, &c->place, &state);
	if (e != OK || state == CONTENT_UNKNOWN)
		return e == E_NOT_FOUND ? OK : e;
	scrub->bytes += c->place.size_bytes;
	if (state == CONTENT_GOOD || c->place.state != OBJECT_LIVE)
		return OK;
	tell(reader.db, c, state);
	if ((e = content_mark(s, c->id, &c->place, OBJECT_BAD, &is_marked)) == OK && is_marked)
		scrub->damages++;
	return e;
}

enum err scrub_some(struct store *s, struct scrub *scrub, int64_t bytes_per_s)
{
	struct content page[CONTENTS_EACH];
	size_t count;
	enum err e = read_page(s, scrub->after, page, &count);

	for (size_t i = 0; i < count && e == OK && !atomic_load(&s->is_closing); i++) {
		e = look(s, scrub, &page[i], bytes_per_s);
		scrub->after = page[i].id;
	}
	scrub->is_end = e == OK && count < CONTENTS_EACH;
	if (scrub->is_end)
		scrub->after = 0;
	return e;
}
