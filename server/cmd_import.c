/*
 * cmd_import: `import DIR`: a tree of plain files into the store, with their times, beside a server that goes on.
 *
 * What the store has with the same size and time is left as it is, so an import that was interrupted goes on where it was.  Every
 * file is a change like a client's PUT, with the condition that what was there when it began still is: nothing that somebody saves
 * meanwhile is overwritten.  Small files travel in batches; a large one is put below the store's tmp/ (sharing blocks where the disk
 * can), from where its server takes it.  Links are not followed, and what is neither a file nor a folder is passed over, and said.
 */
#include "common/clock.h"
#include "common/fsio.h"
#include "common/path.h"
#include "common/rand.h"
#include "server/api/fields.h"
#include "server/api/import.h"
#include "server/carry_file.h"
#include "server/cmd_tools.h"
#include "server/osuser.h"
#include "server/records.h"
#include "server/store/schema.h"
#include "server/store/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SMALL_BYTES = 1 << 20, NOWHERE = -1, STAGED_SIZE = 32 };

struct import {
	const struct cmd_args *args;
	bool is_json;
	struct tools tools;
	struct side from;
	struct db *db;   /* the snapshot */
	struct buf path; /* of what is being looked at, in the store */
	struct buf batch;
	size_t items;
	char staged[IMPORT_ITEMS_LIMIT][STAGED_SIZE];
	size_t staged_count;
	int64_t created, saved, unchanged, folders, skipped, failed, bytes;
	struct note *why;
};

static void tell(struct import *im, struct span path, const char *result, const char *why)
{
	autobuf struct buf line = buf_new(STREAM_RECORD_LIMIT);
	struct jsonw w = jsonw_new(&line);

	if (im->is_json) {
		jsonw_object(&w);
		jsonw_key_span(&w, "path", path);
		jsonw_key_text(&w, "result", result);
		jsonw_key_text(&w, "error", why);
		cmd_json_print(&w);
	} else {
		fprintf(stderr, "syncd: %.*s: %s: %s\n", (int)path.len, path.ptr, result, why);
	}
}

static void tell_failed(struct import *im, const char *why)
{
	im->failed++;
	tell(im, buf_span(&im->path), "failed", why);
}

static void tell_skipped(struct import *im, const char *why)
{
	im->skipped++;
	tell(im, buf_span(&im->path), "skipped", why);
}

/* ---- batches ---- */

static enum err take_result(void *arg, struct span record)
{
	struct import *im = arg;
	struct span result = record_find(record, "result"), error = record_find(record, "error");
	autofree char *words = error.ptr ? span_dup(error) : NULL;

	if (span_is(result, "created"))
		im->created++;
	else if (span_is(result, "saved"))
		im->saved++;
	else if (span_is(result, "made"))
		im->folders++;
	else if (words) {
		im->failed++;
		tell(im, record_find(record, "path"), "failed", words);
	}
	return OK;
}

static enum err begin_batch(struct import *im)
{
	char user[STORE_USER_SIZE];
	const char *named = cmd_value(im->args, "user");
	enum err e;

	buf_reset(&im->batch);
	im->items = im->staged_count = 0;
	if ((e = cmd_add_field(&im->batch, "user", named ? named : osuser_name(user), im->why)) != OK ||
	    (e = fields_add(&im->batch, "client", "import")) != OK)
		return e;
	return fields_end(&im->batch);
}

static enum err send_batch(struct import *im)
{
	enum err e;

	if (!im->items)
		return OK;
	side_enter(&im->tools.side);
	e = admin_door_ask(&im->tools.hand, &stream_import, buf_span(&im->batch), take_result, im, im->why);
	/* The server took them; those that it did not go. */
	for (size_t i = 0; i < im->staged_count; i++)
		(void)!side_unlink(&im->tools.side, im->staged[i]);
	return e == OK ? begin_batch(im) : e;
}

static enum err end_item(struct import *im)
{
	im->items++;
	return im->items == IMPORT_ITEMS_LIMIT || im->batch.len >= IMPORT_BYTES_LIMIT ? send_batch(im) : OK;
}

static enum err add_folder(struct import *im)
{
	enum err e;

	if ((e = fields_add(&im->batch, "op", "folder")) != OK ||
	    (e = fields_add(&im->batch, "path", im->path.data)) != OK || (e = fields_end(&im->batch)) != OK)
		return e;
	return end_item(im);
}

/* ---- files ---- */

static int64_t mtime_ns(const struct stat *st)
{
	return (int64_t)st->st_mtim.tv_sec * NS_PER_S + st->st_mtim.tv_nsec;
}

static bool is_executable(const struct stat *st)
{
	return (st->st_mode & S_IXUSR) != 0;
}

static enum err add_head(struct import *im, const struct stat *st, const struct tree_row *there)
{
	char hex[DIGEST_HEX_SIZE];
	enum err e;

	if ((e = fields_add(&im->batch, "op", "file")) != OK ||
	    (e = fields_add(&im->batch, "path", im->path.data)) != OK ||
	    (e = buf_addf(&im->batch, "mtime=%" PRId64 "\n", mtime_ns(st))) != OK)
		return e;
	if (is_executable(st) && (e = fields_add(&im->batch, "executable", "yes")) != OK)
		return e;
	return there ? fields_add(&im->batch, "have", digest_hex(&there->node.digest, hex)) : OK;
}

static bool has_changed(int fd, const struct stat *before)
{
	struct stat st;

	return fstat(fd, &st) != 0 || st.st_size != before->st_size || mtime_ns(&st) != mtime_ns(before);
}

static enum err add_small(struct import *im, int fd, const struct stat *st)
{
	char *room;
	enum err e;

	if ((e = fields_add_number(&im->batch, "size", st->st_size)) != OK || (e = fields_end(&im->batch)) != OK ||
	    (e = buf_reserve(&im->batch, (size_t)st->st_size, &room)) != OK ||
	    (e = fsio_read_at(fd, room, (size_t)st->st_size, 0)) != OK)
		return e;
	buf_commit(&im->batch, (size_t)st->st_size);
	return OK;
}

static void tick(void *arg)
{
	struct import *im = arg;

	tools_hold(&im->tools);
}

static enum err add_large(struct import *im, int fd, const struct stat *st)
{
	char *name = im->staged[im->staged_count], unique[17];
	autoclose int to = -1;
	int fault = fsio_fault("import-stage");
	enum err e;

	if (fault)
		return err_from_errno(fault);
	rand_hex(unique, 8);
	snprintf(name, STAGED_SIZE, "tmp/import-%s", unique);
	if ((e = side_open(&im->tools.side, name, O_WRONLY | O_CREAT | O_EXCL, 0600, &to)) != OK)
		return e;
	im->staged_count++;
	if ((e = carry_bytes(fd, 0, to, 0, st->st_size, tick, im)) != OK ||
	    (e = fields_add(&im->batch, "staged", name + sizeof "tmp/" - 1)) != OK)
		return e;
	return fields_end(&im->batch);
}

/* A file that is written to meanwhile is told of, not taken as it never was. */
static enum err add_file(struct import *im, int fd, const struct stat *st, const struct tree_row *there)
{
	size_t before = im->batch.len;
	enum err e = add_head(im, st, there);

	if (e == OK)
		e = st->st_size <= SMALL_BYTES ? add_small(im, fd, st) : add_large(im, fd, st);
	if (e == E_CORRUPT || (e == OK && has_changed(fd, st))) {
		im->batch.len = before;
		im->batch.data[before] = '\0';
		return tell_failed(im, "it changed while it was read"), OK;
	}
	if (e != OK)
		return e;
	im->bytes += st->st_size;
	return end_item(im);
}

static enum err import_file(struct import *im, int folder, const char *name, const struct tree_row *there)
{
	autoclose int fd = -1;
	struct stat st;

	if (there && there->node.kind == STORE_COLLECTION)
		return tell_failed(im, "a folder is in its place"), OK;
	side_enter(&im->from);
	fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 || fstat(fd, &st) != 0)
		return tell_failed(im, strerror(errno)), OK;
	if (!S_ISREG(st.st_mode))
		return tell_skipped(im, "neither a file nor a folder"), OK;
	if (there && there->node.size_bytes == st.st_size && there->node.mtime_ns == mtime_ns(&st) &&
	    there->node.is_executable == is_executable(&st)) {
		im->unchanged++;
		return OK;
	}
	return add_file(im, fd, &st, there);
}

/* ---- the tree ---- */

struct names {
	char **names;
	size_t count, room;
};

static enum err note_name(void *arg, const char *name)
{
	struct names *n = arg;

	if (n->count == n->room) {
		n->room = MAX(2 * n->room, (size_t)64);
		n->names = xrealloc(n->names, n->room * sizeof *n->names);
	}
	n->names[n->count++] = xstrdup(name);
	return OK;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static enum err import_folder(struct import *im, int folder, int64_t node);

static enum err enter_folder(struct import *im, int above, const char *name, const struct tree_row *there)
{
	autoclose int fd = -1;
	enum err e;

	if (there && there->node.kind != STORE_COLLECTION)
		return tell_failed(im, "a file is in its place"), OK;
	side_enter(&im->from);
	if (fsio_open_folder(above, name, &fd) != OK)
		return tell_failed(im, strerror(errno)), OK;
	if (!there && (e = add_folder(im)) != OK)
		return e;
	return import_folder(im, fd, there ? there->node.id : NOWHERE);
}

static enum err import_name(struct import *im, int folder, const char *name, int64_t parent)
{
	char room[TREE_KEY_SIZE];
	struct tree_row row;
	struct stat st;
	bool is_there = false;
	enum err e = OK;

	if (path_check_name(span_of(name)) != OK || path_check(buf_span(&im->path)) != OK)
		return tell_failed(im, "the store cannot have that name"), OK;
	if (path_is_reserved(buf_span(&im->path)))
		return tell_skipped(im, "a reserved name"), OK;
	if (parent != NOWHERE) {
		e = tree_child(im->db, parent, tree_key(span_of(name), room), &row);
		is_there = e == OK;
	}
	if (e != OK && e != E_NOT_FOUND)
		return e;
	side_enter(&im->from);
	if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return tell_failed(im, strerror(errno)), OK;
	if (S_ISDIR(st.st_mode))
		return enter_folder(im, folder, name, is_there ? &row : NULL);
	if (!S_ISREG(st.st_mode))
		return tell_skipped(im, S_ISLNK(st.st_mode) ? "a link" : "neither a file nor a folder"), OK;
	return import_file(im, folder, name, is_there ? &row : NULL);
}

static enum err import_names(struct import *im, int folder, const struct names *names, int64_t node)
{
	enum err e = OK;

	for (size_t i = 0; i < names->count && e == OK; i++) {
		size_t before = im->path.len;

		if ((e = buf_addf(&im->path, "/%s", names->names[i])) == OK)
			e = import_name(im, folder, names->names[i], node);
		im->path.len = before;
		im->path.data[before] = '\0';
	}
	return e;
}

static enum err import_folder(struct import *im, int folder, int64_t node)
{
	struct names names = { NULL, 0, 0 };
	enum err e;

	side_enter(&im->from);
	if ((e = fsio_list(folder, note_name, &names)) != OK) {
		tell_failed(im, err_words(e));
		e = OK;
	}
	if (names.count)
		qsort(names.names, names.count, sizeof *names.names, by_name);
	e = import_names(im, folder, &names, node);
	for (size_t i = 0; i < names.count; i++)
		free(names.names[i]);
	free(names.names);
	return e;
}

/* ---- the whole ---- */

/* The folder that it all goes to, and those above it, unless they are there. */
static enum err make_target(struct import *im, int64_t *out_node)
{
	enum err e = tools_find_folder(im->db, cmd_value(im->args, "path"), out_node, &im->path, im->why);
	autobuf struct buf whole = buf_new(im->path.max);

	if (e != E_NOT_FOUND)
		return e;
	im->why->text[0] = '\0';
	*out_node = NOWHERE;
	if ((e = buf_add_span(&whole, buf_span(&im->path))) != OK)
		return e;
	for (size_t i = 1; i <= whole.len && e == OK; i++) {
		if (i < whole.len && whole.data[i] != '/')
			continue;
		buf_reset(&im->path);
		if ((e = buf_add(&im->path, whole.data, i)) == OK)
			e = add_folder(im);
	}
	return e;
}

static enum err run(struct import *im)
{
	int64_t node;
	enum err e;

	if ((e = tools_open(im->args, &im->tools, im->why)) != OK ||
	    (e = side_open_folder(&im->from, im->args->operands[0], false, im->why)) != OK ||
	    (e = tools_check_apart(&im->tools, im->from.path, im->why)) != OK ||
	    (e = tools_take(&im->tools, im->why)) != OK ||
	    (e = tools_open_snapshot(&im->tools, &im->db, im->why)) != OK || (e = begin_batch(im)) != OK ||
	    (e = make_target(im, &node)) != OK || (e = import_folder(im, im->from.fd, node)) != OK)
		return e;
	return send_batch(im);
}

static int report(const struct import *im)
{
	const struct tools_number numbers[] = {
		{ "created", im->created, false }, { "saved", im->saved, false }, { "unchanged", im->unchanged, false },
		{ "folders", im->folders, false }, { "bytes", im->bytes, true },  { "skipped", im->skipped, false },
		{ "failed", im->failed, false },
	};

	tools_report("imported", im->is_json, numbers, ARRAY_LEN(numbers));
	return cmd_finish() == CMD_OK && !im->failed ? CMD_OK : CMD_FAILED;
}

int cmd_import(const struct cmd_args *args)
{
	struct import *im = xcalloc(1, sizeof *im);
	struct note why = { "" };
	int code;
	enum err e;

	im->args = args;
	im->is_json = cmd_has(args, "json");
	im->path = buf_new(1 << 20);
	im->batch = buf_new(IMPORT_REQUEST_LIMIT);
	im->why = &why;
	side_init(&im->from);
	if ((e = run(im)) != OK && !why.text[0])
		note_set(&why, e, "%.160s: %s", im->path.data, err_words(e));
	/* What was put below tmp/ and never sent. */
	for (size_t i = 0; i < im->staged_count; i++)
		(void)!side_unlink(&im->tools.side, im->staged[i]);
	code = e == OK ? report(im) : cmd_fail(e, &why);
	db_close(im->db);
	buf_clear(&im->path);
	buf_clear(&im->batch);
	tools_clear(&im->tools);
	side_clear(&im->from);
	free(im);
	return code;
}
