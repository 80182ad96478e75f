/*
 * cmd_export: `export DIR`: the tree as plain files with their times, as it is at one moment, beside a server that goes on.
 *
 * A file that is there with the same size and time is left as it is, so an export that was interrupted goes on where it was.  Each
 * file is written beside its place, proved by its digest, and renamed into it.  Nothing in DIR is removed, and no link in it followed.
 */
#include "common/clock.h"
#include "common/fsio.h"
#include "common/path.h"
#include "common/rand.h"
#include "server/carry_file.h"
#include "server/cmd_tools.h"
#include "server/store/object.h"
#include "server/store/schema.h"
#include "server/store/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PAGE = 500, TEMP_SIZE = 40 };

#define TEMP_PREFIX ".syncd-export-"

struct export
{
	const struct cmd_args *args;
	bool is_json;
	struct tools tools;
	struct side to;
	struct db *db;   /* the snapshot */
	struct buf path; /* of what is being written, in the store */
	int64_t written, unchanged, folders, failed, bytes;
};

struct item {
	int64_t id;
	bool is_folder, is_executable;
	struct digest hash;
	int64_t size, mtime_ns;
	struct place place;
	char name[STORE_NAME_SIZE];
};

static void tell(struct export *x, const char *why)
{
	autobuf struct buf line = buf_new(STREAM_RECORD_LIMIT);
	struct jsonw w = jsonw_new(&line);

	x->failed++;
	if (x->is_json) {
		jsonw_object(&w);
		jsonw_key_text(&w, "path", x->path.data);
		jsonw_key_text(&w, "result", "failed");
		jsonw_key_text(&w, "error", why);
		cmd_json_print(&w);
	} else {
		fprintf(stderr, "syncd: %s: %s\n", x->path.data, why);
	}
}

static void tick(void *arg)
{
	struct export *x = arg;

	tools_hold(&x->tools);
}

/* ---- one file ---- */

static enum err open_content(struct export *x, const struct item *item, int *out_fd, int64_t *out_at)
{
	char name[OBJECT_NAME_SIZE + 8] = "obj/";

	*out_at = item->place.segment ? item->place.number : 0;
	if (item->place.segment)
		snprintf(name, sizeof name, "seg/%06" PRId64, item->place.segment);
	else
		object_name(&item->hash, item->place.number, name + 4);
	return side_open(&x->tools.side, name, O_RDONLY, 0, out_fd);
}

static bool is_unchanged(const struct stat *st, const struct item *item)
{
	return S_ISREG(st->st_mode) && st->st_size == item->size &&
	       (int64_t)st->st_mtim.tv_sec * NS_PER_S + st->st_mtim.tv_nsec == item->mtime_ns &&
	       ((st->st_mode & S_IXUSR) != 0) == item->is_executable;
}

static struct timespec time_of(int64_t ns)
{
	int64_t seconds = ns / NS_PER_S - (ns % NS_PER_S < 0);

	return (struct timespec){ seconds, ns - seconds * NS_PER_S };
}

/* The bytes, proved, with their time. */
static enum err write_temp(struct export *x, int folder, const char *temp, const struct item *item)
{
	const struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, time_of(item->mtime_ns) };
	autoclose int from = -1, to = -1;
	struct digest have;
	int64_t at;
	enum err e = open_content(x, item, &from, &at);

	if (e != OK)
		return e == E_NOT_FOUND ? E_CORRUPT : e;
	side_enter(&x->to);
	to =
	    openat(folder, temp, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, item->is_executable ? 0777 : 0666);
	if (to < 0)
		return err_from_errno(errno);
	if ((e = carry_bytes(from, at, to, 0, item->size, tick, x)) != OK ||
	    (e = carry_hash(to, 0, item->size, tick, x, &have)) != OK)
		return e;
	if (!digest_equal(&have, &item->hash))
		return E_CORRUPT;
	side_enter(&x->to);
	if (futimens(to, times) != 0)
		return err_from_errno(errno);
	return fsio_sync("export-sync", to);
}

static enum err write_file(struct export *x, int folder, const struct item *item)
{
	char temp[TEMP_SIZE], unique[17];
	int fault;
	enum err e;

	rand_hex(unique, 8);
	snprintf(temp, sizeof temp, TEMP_PREFIX "%s", unique);
	e = write_temp(x, folder, temp, item);
	side_enter(&x->to);
	if (e == OK && (fault = fsio_fault("export-rename")) != 0)
		e = err_from_errno(fault);
	if (e == OK && renameat(folder, temp, folder, item->name) != 0)
		e = errno == EISDIR ? E_CONFLICT : err_from_errno(errno);
	if (e != OK)
		unlinkat(folder, temp, 0);
	return e;
}

/* What concerns one file alone is told, and the others go on. */
static enum err export_file(struct export *x, int folder, const struct item *item)
{
	struct stat st;
	enum err e;

	if (item->place.state == OBJECT_BAD)
		return tell(x, "its content is damaged in the store"), OK;
	side_enter(&x->to);
	if (fstatat(folder, item->name, &st, AT_SYMLINK_NOFOLLOW) == 0 && is_unchanged(&st, item)) {
		x->unchanged++;
		return OK;
	}
	e = write_file(x, folder, item);
	if (e == OK) {
		x->written++;
		x->bytes += item->size;
		return OK;
	}
	if (e == E_NO_SPACE || e == E_IO)
		return e;
	tell(x, e == E_CONFLICT  ? "a folder is in its place"
		: e == E_CORRUPT ? "its content is damaged in the store: see syncd fsck"
				 : err_words(e));
	return OK;
}

/* ---- the tree ---- */

static enum err read_page(struct export *x, int64_t parent, struct buf *after, struct item **out, size_t *out_count)
{
	autorows struct db_rows rows = { NULL, NULL };
	enum err e = db_select(x->db,
			       "SELECT n.id, n.kind, n.name, n.hash, n.size, n.mtime_ns, n.executable, n.key,"
			       " ifnull(o.segment, 0), ifnull(o.place, 0), ifnull(o.state, 2)"
			       " FROM node n LEFT JOIN object o ON o.id = n.object"
			       " WHERE n.ns = 1 AND n.parent = ?1 AND n.key > ?2 ORDER BY n.key LIMIT ?3",
			       &rows, DB_INT(parent), DB_STRING(after->data), DB_INT(PAGE));

	*out = xcalloc(PAGE, sizeof **out);
	*out_count = 0;
	while (e == OK && (e = db_next(&rows)) == OK) {
		struct item *item = &(*out)[(*out_count)++];

		item->id = db_col_int(&rows, 0);
		item->is_folder = db_col_int(&rows, 1) == STORE_COLLECTION;
		db_col_copy(&rows, 2, item->name, sizeof item->name);
		db_col_digest(&rows, 3, &item->hash);
		item->size = db_col_int(&rows, 4);
		item->mtime_ns = db_col_int(&rows, 5);
		item->is_executable = db_col_int(&rows, 6) != 0;
		item->place = (struct place){ db_col_int(&rows, 8), db_col_int(&rows, 9), item->size,
					      (enum object_state)db_col_int(&rows, 10) };
		buf_reset(after);
		if ((e = buf_add_span(after, db_col_text(&rows, 7))) != OK)
			return e;
	}
	return e == E_NOT_FOUND ? OK : e;
}

static enum err export_folder(struct export *x, int folder, int64_t id);

static enum err enter_folder(struct export *x, int above, const struct item *item)
{
	autoclose int fd = -1;
	enum err e;

	x->folders++;
	side_enter(&x->to);
	if (mkdirat(above, item->name, 0777) != 0 && errno != EEXIST)
		return tell(x, strerror(errno)), OK;
	if ((e = fsio_open_folder(above, item->name, &fd)) != OK)
		return tell(x, "something that is no folder is in its place"), OK;
	return export_folder(x, fd, item->id);
}

static enum err export_item(struct export *x, int folder, const struct item *item)
{
	size_t before = x->path.len;
	enum err e = buf_addf(&x->path, "/%s", item->name);

	if (e == OK)
		e = item->is_folder ? enter_folder(x, folder, item) : export_file(x, folder, item);
	x->path.len = before;
	x->path.data[before] = '\0';
	return e;
}

/* What an export that was killed had half written. */
static enum err remove_left_over(void *arg, const char *name)
{
	int folder = *(int *)arg;

	if (strncmp(name, TEMP_PREFIX, sizeof TEMP_PREFIX - 1) == 0 && strlen(name) == sizeof TEMP_PREFIX - 1 + 16)
		unlinkat(folder, name, 0);
	return OK;
}

static enum err export_folder(struct export *x, int folder, int64_t id)
{
	autobuf struct buf after = buf_new(TREE_KEY_SIZE);
	size_t count = PAGE;
	enum err e = buf_add_text(&after, "");

	side_enter(&x->to);
	if (e == OK)
		e = fsio_list(folder, remove_left_over, &folder);

	while (e == OK && count == PAGE) {
		autofree struct item *items = NULL;

		e = read_page(x, id, &after, &items, &count);
		for (size_t i = 0; i < count && e == OK; i++)
			e = export_item(x, folder, &items[i]);
	}
	side_enter(&x->to);
	return e == OK ? fsio_sync_folder("export-folder-sync", folder) : e;
}

/* ---- the whole ---- */

static enum err open_target(struct export *x, const char *path, struct note *why)
{
	enum err e;

	if (mkdir(path, 0777) != 0 && errno != EEXIST)
		return note_set(why, err_from_errno(errno), "%.140s: %s", path, strerror(errno));
	e = side_open_folder(&x->to, path, false, why);
	return e == OK ? tools_check_apart(&x->tools, x->to.path, why) : e;
}

static int report(const struct export *x)
{
	const struct tools_number numbers[] = {
		{ "files", x->written, false }, { "unchanged", x->unchanged, false }, { "folders", x->folders, false },
		{ "bytes", x->bytes, true },    { "failed", x->failed, false },
	};

	tools_report("exported", x->is_json, numbers, ARRAY_LEN(numbers));
	return cmd_finish() == CMD_OK && !x->failed ? CMD_OK : CMD_FAILED;
}

int cmd_export(const struct cmd_args *args)
{
	struct export x = { .args = args, .is_json = cmd_has(args, "json"), .path = buf_new(1 << 20) };
	struct note why = { "" };
	int64_t top = NODE_ROOT;
	int code;
	enum err e;

	side_init(&x.to);
	if ((e = tools_open(args, &x.tools, &why)) == OK && (e = open_target(&x, args->operands[0], &why)) == OK &&
	    (e = tools_take(&x.tools, &why)) == OK && (e = tools_open_snapshot(&x.tools, &x.db, &why)) == OK &&
	    (e = tools_find_folder(x.db, cmd_value(args, "path"), &top, &x.path, &why)) == OK)
		e = export_folder(&x, x.to.fd, top);
	if (e != OK && !why.text[0])
		note_set(&why, e, "%.120s%.60s: %s", x.to.path, x.path.data, err_words(e));
	code = e == OK ? report(&x) : cmd_fail(e, &why);
	db_close(x.db);
	buf_clear(&x.path);
	tools_clear(&x.tools);
	side_clear(&x.to);
	return code;
}
