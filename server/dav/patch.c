/*
 * PATCH with X-Update-Range (SabreDAV's partial update; RFC 5789): the body replaces a part of a file, or goes behind its end.
 *
 * A content is never changed in place: what stands before the part, the body, and what stands behind it become a new one, hashed and
 * synced as with PUT, and it takes the file's place only if that still has the content which was read.
 */
#include "common/clock.h"
#include "common/fsio.h"
#include "server/dav/receive.h"
#include "server/dav/updaterange.h"

enum { RUN_BYTES = 256 << 10 };

struct patch {
	struct call *call;
	int64_t first, body_bytes; /* the part begins here, and is as long as the body */
	struct bodycheck *check;
};

static void patch_reply(struct call *c, const struct store_result *result)
{
	if (result->error != OK) {
		call_reply_failure(c, result);
		return;
	}
	req_set_etag(c->req, &result->digest);
	req_set_date(c->req, "Last-Modified", result->node.mtime_ns / NS_PER_S);
	req_reply(c->req, 204);
}

static void patch_commit(void *arg, struct upload *upload, const struct store_sums *sums not_used)
{
	const struct patch *p = arg;
	struct call *c = p->call;
	struct cond cond = call_cond(c);
	struct store_step step = {
		.op = STORE_PUT,
		.path = c->path,
		.cond = &cond,
		.content = &c->node.digest,
		.ifs = c->ifs,
		.upload = upload,
		.mtime_ns = call_wanted_mtime(c),
		.type = c->node.type,
	};

	call_submit(c, &step, patch_reply);
}

/* ---- what stays of the old content; on a worker ---- */

static enum err add_old(const struct patch *p, struct upload *u, int64_t from, int64_t to)
{
	autofree char *run = xmalloc(RUN_BYTES);
	struct store_content content;
	enum err e;

	if (from >= to)
		return OK;
	if ((e = store_content_open(p->call->dav->store, &p->call->node, &content)) != OK)
		return e;
	for (int64_t at = from; at < to && e == OK; at += RUN_BYTES) {
		size_t len = (size_t)MIN(to - at, (int64_t)RUN_BYTES);

		e = fsio_read_at(content.fd, run, len, content.offset + at);
		if (e == OK)
			e = upload_add(u, run, len);
	}
	store_content_close(&content);
	return e;
}

static enum err add_before(void *arg, struct upload *u)
{
	const struct patch *p = arg;

	return add_old(p, u, 0, p->first);
}

static enum err add_after(void *arg, struct upload *u)
{
	const struct patch *p = arg;

	return add_old(p, u, p->first + p->body_bytes, p->call->node.size_bytes);
}

/* ---- check ---- */

static enum err refuse(const char **why, const char *text, enum err e)
{
	*why = text;
	return e;
}

static enum err check_form(struct patch *p, const char **why)
{
	struct call *c = p->call;
	struct span rest = req_header(c->req, "Content-Type"), range = req_header(c->req, "X-Update-Range");
	struct span type = { "", 0 };
	enum err e;

	span_cut(&rest, ';', &type);
	if (!span_eq_nocase(span_trim(type), DAV_PATCH_TYPE)) {
		req_set_header(c->req, "Accept-Patch", DAV_PATCH_TYPE); /* RFC 5789 §2.2 */
		return refuse(why, "PATCH takes " DAV_PATCH_TYPE ", with X-Update-Range", E_MEDIA_TYPE);
	}
	if (!range.ptr)
		return refuse(why, "X-Update-Range is missing", E_BAD_REQUEST);
	p->body_bytes = req_body_length(c->req);
	if (p->body_bytes < 0)
		return refuse(why, "PATCH needs a Content-Length", E_LENGTH_REQUIRED);
	e = updaterange_read(range, c->node.size_bytes, p->body_bytes, &p->first);
	if (e == E_RANGE)
		return refuse(why, "the range begins behind the end, or is not as long as the body", e);
	return e == OK ? OK : refuse(why, "X-Update-Range is append, bytes=a-b, bytes=a- or bytes=-n", e);
}

static enum err check(struct patch *p, int64_t *out_total, const char **why)
{
	struct call *c = p->call;
	int64_t limit = call_options(c)->max_upload_bytes;
	enum err e;

	if (!c->exists || call_is_misnamed(c))
		return E_NOT_FOUND;
	if (c->node.kind == STORE_COLLECTION)
		return refuse(why, "a folder is there; PATCH changes files", E_METHOD);
	if ((e = check_form(p, why)) != OK || (e = bodycheck_new(c->req, &p->check, why)) != OK ||
	    (e = call_check_locks(c, c->path, STORE_LOCK_SELF)) != OK)
		return e;
	if (call_conditions(c, false) != COND_PASS)
		return E_PRECONDITION;
	if (p->body_bytes > INT64_MAX - p->first)
		return E_TOO_LARGE;
	*out_total = MAX(p->first + p->body_bytes, c->node.size_bytes);
	if (limit && *out_total > limit)
		return E_TOO_LARGE;
	return store_check_space(c->dav->store, *out_total);
}

void dav_patch(struct call *c)
{
	struct patch *p = arena_zalloc(req_arena(c->req), sizeof *p);
	const char *why = NULL;
	int64_t total = -1;
	enum err e;

	p->call = c;
	if ((e = check(p, &total, &why)) != OK) {
		bodycheck_free(p->check);
		call_reply_refused(c, e, why);
		return;
	}
	receive_body(c, &(struct receive_plan){ .expected_bytes = p->body_bytes,
						.total_bytes = total,
						.check = p->check,
						.before = add_before,
						.after = add_after,
						.done = patch_commit,
						.arg = p });
}
