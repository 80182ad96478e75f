/*
 * What one item of the plan sends: PUT, MKCOL, DELETE.  A condition that does not hold leaves it for the next round.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "client/remote/obstacle.h"
#include "client/sync/apply_priv.h"
#include "client/sync/filebody.h"
#include "client/sync/treepath.h"
#include "common/clock.h"
#include "common/digestfield.h"
#include "common/fsio.h"

struct upload {
	unsigned magic;
	struct apply *a;
	size_t index;
	struct filebody file;
	struct http_request req;
};

enum { UPLOAD_MAGIC = 0x75706c64 };

static const struct plan_item *item_of(const struct upload *u)
{
	return &u->a->work->items[u->index];
}

static const struct work_detail *detail_of(const struct upload *u)
{
	return &u->a->work->details[u->index];
}

static struct upload *upload_new(struct apply *a, size_t index, const char *method, bool is_folder, http_done_fn *done)
{
	struct upload *u = xcalloc(1, sizeof *u);
	const char *path = a->work->items[index].path;

	*u = (struct upload){ .magic = UPLOAD_MAGIC, .a = a, .index = index, .file = { .fd = -1 } };
	http_request_init(&u->req, method, apply_target(a, path, is_folder));
	u->req.done = done;
	u->req.arg = u;
	return u;
}

static void upload_free(struct upload *u)
{
	http_request_clear(&u->req);
	filebody_close(&u->file);
	free(u);
}

static struct upload *upload_of(struct http_request *req)
{
	struct upload *u = req->arg;

	assert(u->magic == UPLOAD_MAGIC);
	return u;
}

static void skip(struct upload *u)
{
	apply_skip(u->a, u->index);
	upload_free(u);
}

static void fail(struct upload *u, enum err e, const char *why)
{
	apply_fail(u->a, u->index, e, why);
	upload_free(u);
}

static void submit_locks(struct upload *u)
{
	apply_submit_locks(u->a, &u->req, item_of(u)->path, NULL);
}

/* The base learns of the effect, unless a fault that a test asked for comes between. */
static void finish(struct upload *u, enum err base_error, const struct apply_end *end)
{
	if (fsio_fault("sync-effect-done"))
		base_error = E_IO;
	if (base_error != OK)
		apply_base_failed(u->a, base_error);
	else
		apply_done(u->a, u->index, end);
	upload_free(u);
}

/* ---- files ---- */

static ssize_t read_file(struct http_request *req, char *out, size_t len)
{
	return filebody_read(&upload_of(req)->file, out, len);
}

static bool read_again(struct http_request *req)
{
	upload_of(req)->file.at = 0;
	return true;
}

static void agree_on_file(struct upload *u)
{
	const struct plan_item *x = item_of(u);
	const struct work_detail *d = detail_of(u);
	struct base_row row = { .local = d->local->id, .taken_ns = d->local->taken_ns };

	row.remote =
	    (struct remote_row){ .kind = PLAN_FILE, .digest = x->local.digest, .size_bytes = u->file.size_bytes };
	if (span_is(answer_field(&u->req.answer, ANSWER_X_OC_MTIME), "accepted"))
		row.remote.mtime_s = d->local->id.mtime_ns / NS_PER_S;
	if (x->remote.kind == PLAN_FILE) { /* the same resource with another content */
		memcpy(row.remote.id, d->remote->id, sizeof row.remote.id);
		row.remote.is_executable = d->remote->is_executable;
	}
	finish(u, apply_agree(u->a, x->path, &row),
	       &(struct apply_end){
		   .bytes = u->file.size_bytes, .digest = x->local.digest, .is_new = x->remote.kind == PLAN_ABSENT });
}

static void file_sent(struct http_request *req)
{
	struct upload *u = upload_of(req);
	const struct answer *a = &req->answer;
	struct note why = { "" };
	struct digest told;
	bool is_ours = answer_digest(a, &told) && digest_equal(&told, &item_of(u)->local.digest);
	enum err e = http_status_err(a, &why);

	/*
	 * A 412 that names what we sent: an answer that was lost, or somebody else had the same to say.  Of a new name only the report
	 * tells: it may be there in another spelling of its accents, and be about to go.
	 */
	if (a->err == OK && is_ours &&
	    ((a->status == 412 && item_of(u)->remote.kind == PLAN_FILE) || a->status == 201 || a->status == 204 ||
	     a->status == 200))
		agree_on_file(u);
	else if (u->file.has_changed || e == E_PRECONDITION || e == E_CONFLICT || e == E_METHOD || e == E_NOT_FOUND)
		skip(u); /* changed here or there, or its folder went */
	else if (e == E_BAD_REQUEST && !place_is_free(&u->a->config->place, item_of(u)->path) && a->status == 400)
		skip(u); /* the digest did not fit: it was changed while it was read */
	else if (e == OK)
		fail(u, E_BAD_REQUEST, "the server's ETag is not the digest of what was sent");
	else
		fail(u, e, why.text);
}

void upload_start_file(struct apply *a, size_t index)
{
	struct upload *u = upload_new(a, index, "PUT", false, file_sent);
	const struct plan_item *x = item_of(u);
	const struct scan_entry *seen = detail_of(u)->local;
	char tag[DIGEST_ETAG_SIZE], digest[DIGESTFIELD_SIZE];

	/* The plan sends only what the scan told of; one that is another by now is read anew in the next round. */
	if (!seen || !filebody_open(&u->file, &a->config->place, x->path, &seen->id)) {
		skip(u);
		return;
	}
	u->req.body_bytes = u->file.size_bytes;
	u->req.read = read_file;
	u->req.again = read_again;
	if (x->remote.kind == PLAN_FILE)
		http_request_set(&u->req, "If-Match", "%s", digest_etag(&x->remote.digest, tag));
	else
		http_request_set(&u->req, "If-None-Match", "*");
	http_request_set(&u->req, "Repr-Digest", "%s", digestfield_format(&x->local.digest, digest));
	if (seen->id.mtime_ns >= NS_PER_S)
		http_request_set(&u->req, "X-OC-Mtime", "%lld", (long long)(seen->id.mtime_ns / NS_PER_S));
	submit_locks(u);
	if (fsio_fault("sync-effect"))
		skip(u);
	else
		http_start(a->config->http, &u->req);
}

/* ---- folders ---- */

static void folder_made(struct http_request *req)
{
	struct upload *u = upload_of(req);
	struct note why = { "" };
	struct base_row row = { .remote = { .kind = PLAN_FOLDER } };
	enum err e = http_status_err(&req->answer, &why);

	/* 405: something of that name is there by now; the next report says what. */
	if (e == OK && req->answer.status == 201) {
		finish(u, apply_agree(u->a, item_of(u)->path, &row), &(struct apply_end){ .bytes = -1 });
	} else if (e == E_METHOD || e == E_CONFLICT || e == E_PRECONDITION || e == E_NOT_FOUND) {
		u->a->has_strange_folders = true;
		skip(u);
	} else {
		fail(u, e == OK ? E_BAD_REQUEST : e, e == OK ? "no answer to MKCOL" : why.text);
	}
}

void upload_start_folder(struct apply *a, size_t index)
{
	struct upload *u = upload_new(a, index, "MKCOL", true, folder_made);

	submit_locks(u);
	if (fsio_fault("sync-effect"))
		skip(u);
	else
		http_start(a->config->http, &u->req);
}

/* ---- deletions ---- */

static enum err forget_all(struct apply *a, size_t index)
{
	const struct plan_item *top = &a->work->items[index];
	enum err e = base_agree_gone(a->config->base, top->path);

	for (size_t i = index + 1; i < a->work->count && e == OK; i++) {
		if (!treepath_is_below(a->work->items[i].path, top->path))
			break;
		/* What was to be moved out and was not (it is here by another name, and will be sent) went with the rest. */
		if (a->work->items[i].action == PLAN_DELETE || a->work->items[i].action == PLAN_MOVED) {
			e = base_agree_gone(a->config->base, a->work->items[i].path);
			a->result->done += a->work->items[i].action == PLAN_DELETE;
		}
	}
	return e;
}

static void deleted(struct http_request *req)
{
	struct upload *u = upload_of(req);
	struct note why = { "" };
	enum err e = http_status_err(&req->answer, &why);

	if (req->answer.err == OK && req->answer.status == 207)
		e = obstacle_read(&req->answer, &why);
	/* Not there is what was wanted. */
	if ((e == OK && (req->answer.status == 204 || req->answer.status == 200)) || req->answer.status == 404)
		finish(u, forget_all(u->a, u->index), &(struct apply_end){ .bytes = -1 });
	else if (e == E_PRECONDITION)
		skip(u);
	else
		fail(u, e == OK ? E_BAD_REQUEST : e, e == OK ? "no definite answer to DELETE" : why.text);
}

bool upload_is_as_planned_here(const struct apply *a, size_t index)
{
	const struct place *p = &a->config->place;
	const struct plan_item *x = &a->work->items[index];
	struct local_id id;
	mode_t mode;

	if (x->local.kind == PLAN_ABSENT)
		return place_is_free(p, x->path);
	if (place_look(p, x->path, &id, &mode) != OK)
		return false;
	return x->local.kind == PLAN_FOLDER
		   ? S_ISDIR(mode)
		   : place_is_content(mode) && local_id_equal(&id, &a->work->details[index].local->id);
}

static bool has_digest(const struct digest *d)
{
	static const struct digest none;

	return !digest_equal(d, &none);
}

void upload_start_delete(struct apply *a, size_t index)
{
	struct upload *u = upload_new(a, index, "DELETE", a->work->items[index].remote.kind == PLAN_FOLDER, deleted);
	const struct remote_row *r = detail_of(u)->remote;
	char tag[DIGEST_ETAG_SIZE];

	if (!upload_is_as_planned_here(a, index)) {
		skip(u);
		return;
	}
	if (!has_digest(&r->digest)) {
		fail(u, E_FORBIDDEN, "the server does not tell what is in it, so it cannot be deleted safely");
		return;
	}
	/* A folder's tag is the hash of all below it: whole as the plan saw it, or 412.  The id says that it is that very one. */
	http_request_set(&u->req, "If-Match", "%s", digest_etag(&r->digest, tag));
	if (*r->id)
		http_request_set(&u->req, "If", "(<%s> [%s])", r->id, tag);
	submit_locks(u);
	if (fsio_fault("sync-effect"))
		skip(u);
	else
		http_start(a->config->http, &u->req);
}
