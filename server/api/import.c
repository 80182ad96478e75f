#include "server/api/import.h"

#include "common/path.h"
#include "server/api/fields.h"
#include "server/api/streams.h"
#include "server/store/store_change.h"

#include <semaphore.h>
#include <stdlib.h>
#include <string.h>

struct item {
	struct span path, staged, bytes;
	int64_t mtime_ns;
	struct digest have;
	bool is_folder, has_have, has_bytes, is_executable;
	/* what became of it */
	struct store_result result;
	sem_t *done;
};

struct import {
	struct store *store;
	char *request;
	char user[STORE_USER_SIZE], client[256];
	struct item items[IMPORT_ITEMS_LIMIT];
	size_t count;
	sem_t done;
};

/* ---- reading the request ---- */

static bool read_field(struct item *item, struct span key, struct span value, int64_t *io_size)
{
	if (span_is(key, "op")) {
		item->is_folder = span_is(value, "folder");
		return item->is_folder || span_is(value, "file");
	}
	if (span_is(key, "path")) {
		item->path = value;
		return path_check(value) == OK;
	}
	if (span_is(key, "staged")) {
		item->staged = value;
		return true;
	}
	if (span_is(key, "executable"))
		return item->is_executable = span_is(value, "yes");
	if (span_is(key, "have"))
		return item->has_have = digest_from_hex(value, &item->have);
	if (span_is(key, "mtime")) {
		bool is_before_1970 = span_starts(value, "-");
		struct span number = { value.ptr + is_before_1970, value.len - is_before_1970 };

		if (!span_to_int64(number, &item->mtime_ns))
			return false;
		item->mtime_ns = is_before_1970 ? -item->mtime_ns : item->mtime_ns;
		return true;
	}
	return span_is(key, "size") && (item->has_bytes = span_to_int64(value, io_size));
}

static bool read_item(struct span *rest, struct item *item)
{
	struct span key, value;
	int64_t size = 0;
	bool is_complete = false;

	*item = (struct item){ .mtime_ns = STORE_MTIME_NOW };
	while (!is_complete && fields_next(rest, &key, &value)) {
		is_complete = !key.len;
		if (key.len && !read_field(item, key, value, &size))
			return false;
	}
	if (!is_complete || !item->path.len || size > (int64_t)rest->len ||
	    (!item->is_folder && item->has_bytes == (item->staged.len > 0)))
		return false;
	item->bytes = (struct span){ rest->ptr, (size_t)size };
	rest->ptr += size;
	rest->len -= (size_t)size;
	return true;
}

static bool read_author(struct span *rest, struct import *im)
{
	struct span key, value;
	struct note why;

	while (fields_next(rest, &key, &value) && key.len) {
		bool is_user = span_is(key, "user");

		if ((!is_user && !span_is(key, "client")) ||
		    fields_copy(value, is_user ? im->user : im->client, is_user ? sizeof im->user : sizeof im->client,
				"name", &why) != OK)
			return false;
	}
	return true;
}

static enum err begin(struct store *s, struct span request, void **out, struct note *why)
{
	struct import *im = xcalloc(1, sizeof *im);
	struct span rest;
	bool is_good;

	im->store = s;
	im->request = xmalloc(request.len + 1); /* bytes of any value, not a text */
	memcpy(im->request, request.ptr, request.len);
	rest = (struct span){ im->request, request.len };
	is_good = read_author(&rest, im);
	while (is_good && rest.len)
		is_good = im->count < IMPORT_ITEMS_LIMIT && read_item(&rest, &im->items[im->count++]);
	if (!is_good) {
		free(im->request);
		free(im);
		return note_set(why, E_BAD_REQUEST, "a malformed batch");
	}
	sem_init(&im->done, 0, 0);
	*out = im;
	return OK;
}

/* ---- doing it ---- */

static void done(void *arg, const struct store_result *result)
{
	struct item *item = arg;

	item->result = *result;
	sem_post(item->done);
}

static enum err make_upload(struct import *im, const struct item *item, struct upload **out)
{
	autofree char *staged = item->staged.len ? span_dup(item->staged) : NULL;
	struct upload *u = upload_new(im->store, item->has_bytes ? (int64_t)item->bytes.len : -1);
	struct digest digest;
	enum err e = store_check_space(im->store, item->has_bytes ? (int64_t)item->bytes.len : 0);

	if (e == OK)
		e = staged ? upload_take_file(u, staged) : upload_add(u, item->bytes.ptr, item->bytes.len);
	if (e == OK)
		e = upload_finish(u, &digest);
	if (e == OK)
		*out = u;
	else
		upload_free(u);
	return e;
}

static enum err submit(struct import *im, struct item *item)
{
	struct cond nothing_there = COND_NONE;
	struct store_step step = { .op = item->is_folder ? STORE_MKCOL : STORE_PUT,
				   .path = item->path,
				   .mtime_ns = item->mtime_ns };
	struct store_author author = { im->user, im->client };
	struct store_txn *t;
	enum err e;

	nothing_there.if_none_match = "*";
	if (!item->is_folder) {
		step.content = item->has_have ? &item->have : NULL;
		step.cond = item->has_have ? NULL : &nothing_there;
		if ((e = make_upload(im, item, &step.upload)) != OK)
			return e;
	}
	t = store_txn_new(&author);
	store_txn_add(t, &step);
	if (item->is_executable)
		store_txn_add(t, &(struct store_step){ .op = STORE_PROPPATCH,
						       .path = item->path,
						       .executable = STORE_EXEC_YES,
						       .mtime_ns = item->mtime_ns });
	item->done = &im->done;
	store_submit(im->store, t, done, item);
	return OK;
}

static enum err write_result(const struct item *item, struct buf *out)
{
	bool exists = item->is_folder && item->result.error == E_METHOD;
	const char *word = item->is_folder ? (exists ? "exists" : "made") : item->has_have ? "saved" : "created";
	enum err e = buf_addf(out, "path=%.*s\n", (int)item->path.len, item->path.ptr);

	if (e == OK && (item->result.error == OK || exists))
		e = fields_add(out, "result", word);
	else if (e == OK)
		e = fields_add(out, "error",
			       item->result.error == E_PRECONDITION ? "changed in the store meanwhile"
								    : err_words(item->result.error));
	return e == OK ? fields_end(out) : e;
}

/* All are submitted before any is waited for: they share commits, and come in their order. */
static enum err produce(void *arg, struct buf *out, bool *out_end)
{
	struct import *im = arg;
	size_t waiting = 0;
	enum err e = OK;

	*out_end = true;
	for (size_t i = 0; i < im->count; i++) {
		enum err failed = submit(im, &im->items[i]);

		if (failed == OK)
			waiting++; /* from here on the result is the committer's to write */
		else
			im->items[i].result.error = failed;
	}
	while (waiting)
		waiting -= sem_wait(&im->done) == 0;
	for (size_t i = 0; i < im->count && e == OK; i++)
		e = write_result(&im->items[i], out);
	if (e == OK)
		e = fields_add(out, "end", "ok");
	return e == OK ? fields_end(out) : e;
}

static void release(void *arg)
{
	struct import *im = arg;

	sem_destroy(&im->done);
	free(im->request);
	free(im);
}

const struct stream_kind stream_import = { "/.sync/admin/stream/import", begin, produce, release,
					   IMPORT_REQUEST_LIMIT };
