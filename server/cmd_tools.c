#include "server/cmd_tools.h"

#include "common/arena.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/path.h"
#include "server/api/fields.h"
#include "server/records.h"
#include "server/store/schema.h"
#include "server/store/tree.h"
#include "server/units.h"
#include "server/where.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HOLD_EACH_S = STORE_HOLD_S / 4 };

enum err tools_open(const struct cmd_args *args, struct tools *out, struct note *why)
{
	autofree char *folder = NULL;
	enum err e;

	log_set_level(LOG_WARNING); /* what a store says when it opens is the server's talk */
	*out = (struct tools){ .held_ns = 0 };
	side_init(&out->side);
	if ((e = where_to_administer(cmd_value(args, "store"), &folder, why)) != OK)
		return e;
	return side_open_folder(&out->side, folder, true, why);
}

static enum err take_nothing(void *arg not_used, struct span record not_used)
{
	return OK;
}

/* The copying is done: what is to be collected is, at once. */
static void let_go(struct tools *t)
{
	autobuf struct buf request = buf_new(64);
	struct note why;

	if (t->hold && fields_add_number(&request, "let_go", t->hold) == OK)
		(void)!admin_door_ask(&t->hand, &stream_hold, buf_span(&request), take_nothing, NULL, &why);
}

void tools_clear(struct tools *t)
{
	if (t->is_taken) {
		side_enter(&t->side);
		let_go(t);
		admin_door_let_go(&t->hand);
	}
	side_clear(&t->side);
}

enum err tools_take(struct tools *t, struct note *why)
{
	enum err e;

	side_enter(&t->side); /* the threads that a store starts inherit it */
	e = admin_door_take(t->side.path, &t->hand, why);
	t->is_taken = e == OK;
	return e;
}

enum err tools_check_apart(const struct tools *t, const char *path, struct note *why)
{
	struct span a = span_of(t->side.path), b = span_of(path);

	if (path_is_within(a, b) || path_is_within(b, a))
		return note_set(why, E_CONFLICT, "%.80s and the store %.80s lie one in the other", path, t->side.path);
	return OK;
}

struct snapshot {
	struct tools *tools;
	char *name;
};

static enum err take_name(void *arg, struct span record)
{
	struct snapshot *snapshot = arg;
	struct span name = record_find(record, "name");

	if (!name.ptr || name.len >= STORE_SNAPSHOT_SIZE)
		return E_NETWORK;
	snprintf(snapshot->name, STORE_SNAPSHOT_SIZE, "%.*s", (int)name.len, name.ptr);
	snapshot->tools->hold = record_number(record, "hold");
	return OK;
}

static enum err take_hold(void *arg, struct span record)
{
	struct tools *t = arg;

	t->hold = record_number(record, "hold");
	return OK;
}

enum err tools_snapshot(struct tools *t, char out_name[STORE_SNAPSHOT_SIZE], struct note *why)
{
	struct snapshot snapshot = { t, out_name };

	t->held_ns = clock_monotonic_ns();
	side_enter(&t->side);
	return admin_door_ask(&t->hand, &stream_snapshot, span_of(""), take_name, &snapshot, why);
}

enum err tools_open_snapshot(struct tools *t, struct db **out, struct note *why)
{
	char name[STORE_SNAPSHOT_SIZE];
	enum err e = tools_snapshot(t, name, why);

	if (e != OK)
		return e;
	autofree char *path = xasprintf("%s/%s", t->side.path, name);
	side_enter(&t->side);
	e = db_open(path, DB_STILL, out);
	(void)!side_unlink(&t->side, name); /* it is open; whatever becomes of us, nothing is left */
	return e == OK ? OK : note_set(why, e, "%.140s: %s", path, err_words(e));
}

void tools_hold(struct tools *t)
{
	struct note why;

	if (clock_monotonic_ns() - t->held_ns < HOLD_EACH_S * NS_PER_S)
		return;
	t->held_ns = clock_monotonic_ns();
	side_enter(&t->side);
	/* A server that has stopped removes nothing; what another one moves is found out by its digest. */
	(void)!admin_door_ask(&t->hand, &stream_hold, span_of(""), take_hold, t, &why);
}

enum err tools_identify(struct db *db, struct tools_identity *out)
{
	autorows struct db_rows rows = { NULL, NULL };
	struct span id, epoch;
	enum err e = db_select_values(db, "SELECT store_id, epoch FROM ns WHERE id = 1", &rows, NULL, 0);

	if (e != OK || (e = db_next(&rows)) != OK)
		return e == E_NOT_FOUND ? E_CORRUPT : e;
	id = db_col_blob(&rows, 0);
	epoch = db_col_blob(&rows, 1);
	if (id.len != sizeof out->store_id || epoch.len != sizeof out->epoch)
		return E_CORRUPT;
	memcpy(out->store_id, id.ptr, id.len);
	memcpy(out->epoch, epoch.ptr, epoch.len);
	return OK;
}

/* "/docs/" as typed is "/docs", and "/" is "". */
static enum err read_folder(const char *typed, struct buf *out, struct note *why)
{
	struct span path = span_of(typed ? typed : "/");
	enum err e;

	while (path.len && path.ptr[path.len - 1] == '/')
		path.len--;
	if (path.len ? path_check(path) != OK || path_is_reserved(path) : typed && typed[0] != '/')
		return note_set(why, E_USAGE, "%.100s is no path of a folder", typed);
	e = buf_add_span(out, path);
	return e == OK ? buf_add_text(out, "") : e;
}

enum err tools_find_folder(struct db *db, const char *typed, int64_t *out_id, struct buf *path, struct note *why)
{
	struct span rest, name;
	enum err e = read_folder(typed, path, why);

	*out_id = NODE_ROOT;
	for (rest = buf_span(path); e == OK && path_next(&rest, &name);) {
		char room[TREE_KEY_SIZE];
		struct tree_row row;

		e = tree_child(db, *out_id, tree_key(name, room), &row);
		if (e == E_NOT_FOUND || (e == OK && row.node.kind != STORE_COLLECTION))
			return note_set(why, E_NOT_FOUND, "the store has no folder %.120s", path->data);
		*out_id = row.node.id;
	}
	return e;
}

/* ---- words ---- */

static enum err find_path(struct db *db, int64_t object, struct arena *arena, struct span *out)
{
	autorows struct db_rows rows = { NULL, NULL };
	enum err e = db_select(db,
			       "SELECT id FROM node WHERE object = ?1 UNION ALL"
			       " SELECT node FROM version WHERE object = ?1 LIMIT 1",
			       &rows, DB_INT(object));

	if (e != OK || (e = db_next(&rows)) != OK)
		return e;
	return tree_last_path(db, db_col_int(&rows, 0), arena, out, NULL);
}

void tools_tell_damage(struct db *db, int64_t object, const struct digest *hash, const char *how, bool is_json)
{
	autobuf struct buf line = buf_new(STREAM_RECORD_LIMIT);
	struct jsonw w = jsonw_new(&line);
	struct arena *arena = arena_new();
	struct span path = span_of("");
	char hex[DIGEST_HEX_SIZE];

	digest_hex(hash, hex);
	if (find_path(db, object, arena, &path) != OK)
		path = span_of("");
	if (is_json) {
		jsonw_object(&w);
		jsonw_key_text(&w, "damage", "content");
		jsonw_key_span(&w, "path", path);
		jsonw_key_text(&w, "digest", hex);
		jsonw_key_text(&w, "error", how);
		cmd_json_print(&w);
	} else {
		fprintf(stderr, "syncd: the content %s%s%.*s %s\n", hex, path.len ? " of " : "", (int)path.len,
			path.ptr, how);
	}
	arena_free(arena);
}

void tools_report(const char *what, bool is_json, const struct tools_number *numbers, size_t count)
{
	autobuf struct buf line = buf_new(4096);
	struct jsonw w = jsonw_new(&line);
	char text[UNITS_TEXT_SIZE];

	if (!is_json) {
		printf("%s:", what);
		for (size_t i = 0; i < count; i++) {
			if (numbers[i].is_bytes)
				printf("%s %s %s", i ? "," : "", units_write_bytes(numbers[i].value, text),
				       strcmp(numbers[i].key, "bytes") == 0 ? "in all" : numbers[i].key);
			else
				printf("%s %" PRId64 " %s", i ? "," : "", numbers[i].value, numbers[i].key);
		}
		putchar('\n');
		return;
	}
	jsonw_object(&w);
	jsonw_key_text(&w, "result", what);
	for (size_t i = 0; i < count; i++)
		jsonw_key_int(&w, numbers[i].key, numbers[i].value);
	cmd_json_print(&w);
}
