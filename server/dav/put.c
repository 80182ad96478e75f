/*
 * PUT: a body becomes the content of a name.  Its steps, each the one place for what it does:
 *
 *     check    everything that can refuse it, before a body byte is asked for
 *     receive  (receive.c) bytes hashed as they come, with back-pressure; at the end synced, and declared digests compared
 *     commit   the committer checks the conditions again and makes the change
 *     reply    201 or 204, the entity tag, no body
 *
 * A struct put lives in the request's arena; the request cannot end before its reply.
 */
#include "server/dav/put.h"

#include "common/clock.h"
#include "server/dav/receive.h"
#include "server/http/mime.h"
#include "server/store/store_quota.h"

struct put {
	struct call *call;
	struct bodycheck *check;
	int64_t expected_bytes; /* Content-Length or X-Expected-Entity-Length; -1: unknown */
	const char *type;
};

/* ---- reply ---- */

void put_reply(struct call *c, const struct store_result *result)
{
	if (result->error != OK) {
		call_reply_failure(c, result);
		return;
	}
	req_set_etag(c->req, &result->digest);
	req_set_date(c->req, "Last-Modified", result->node.mtime_ns / NS_PER_S);
	if (call_wanted_mtime(c) != STORE_MTIME_NOW)
		req_set_header(c->req, "X-OC-Mtime", "accepted");
	req_reply(c->req, result->created ? 201 : 204);
}

/* ---- commit ---- */

void put_submit(struct call *c, struct upload *upload, const struct store_sums *sums, const char *type,
		call_done_fn *done)
{
	struct cond cond = call_cond(c);
	struct store_step step = {
		.op = STORE_PUT,
		.path = c->path,
		.cond = &cond,
		.ifs = c->ifs,
		.upload = upload,
		.mtime_ns = call_wanted_mtime(c),
		.type = type,
		.sums = sums,
	};

	call_submit(c, &step, done);
}

static void put_commit(void *arg, struct upload *upload, const struct store_sums *sums)
{
	const struct put *p = arg;

	put_submit(p->call, upload, sums, p->type, put_reply);
}

/* Junk that nobody wants to keep (junk.h): it was received whole, so its client goes on; without an entity tag nothing is promised. */
static void put_drop(void *arg, struct upload *upload, const struct store_sums *sums not_used)
{
	const struct put *p = arg;

	upload_free(upload);
	req_reply(p->call->req, p->call->exists ? 204 : 201);
}

static bool is_dropped(const struct call *c)
{
	return call_options(c)->junk == JUNK_DROP && junk_is_name(path_name(c->path));
}

/* ---- check ---- */

static enum err refuse(const char **why, const char *text, enum err e)
{
	*why = text;
	return e;
}

/* The request as such: 400, 405, 415 (protocol.md, "Order of checks"). */
static enum err check_form(struct call *c, const char **why)
{
	struct span coding = req_header(c->req, "Content-Encoding");

	if (c->exists && c->node.kind == STORE_COLLECTION)
		return refuse(why, "a folder is there; PUT makes files", E_METHOD);
	if (req_target(c->req)->has_trailing_slash)
		return refuse(why, "a file's name does not end in a slash", E_METHOD);
	/* RFC 9110 §14.5: a server that does not do partial PUT refuses it; storing it would replace the whole. */
	if (req_has_header(c->req, "Content-Range"))
		return refuse(why, "partial PUT is not supported", E_BAD_REQUEST);
	/* A decoded body would not be the representation whose digest is the entity tag (RFC 9110 §9.3.4). */
	if (coding.len && !span_eq_nocase(coding, "identity"))
		return refuse(why, "store the file as it is: no Content-Encoding but identity", E_MEDIA_TYPE);
	return OK;
}

/* The announced length; -1: none.  False: X-Expected-Entity-Length is not a number or says otherwise. */
static bool announced_length(struct call *c, int64_t *out)
{
	struct span expected = req_header(c->req, "X-Expected-Entity-Length");
	int64_t value;

	*out = req_body_length(c->req);
	if (!expected.ptr)
		return true;
	if (!span_to_int64(expected, &value) || (*out >= 0 && *out != value))
		return false;
	*out = value;
	return true;
}

/* Before the body: a length that is not known is judged when the change is made, as all are. */
static enum err check_quota(struct call *c, int64_t bytes)
{
	int64_t more = bytes - (c->exists ? c->node.size_bytes : 0), left;
	enum err e = store_quota_left(c->dav->store, c->path, &left);

	if (e != OK || more <= 0 || more <= left)
		return e;
	c->is_over_quota = true;
	return E_NO_SPACE;
}

enum err put_check(struct call *c, int64_t bytes)
{
	int64_t limit = call_options(c)->max_upload_bytes;
	enum err e;

	if (!c->exists && c->missing == E_CONFLICT)
		return E_CONFLICT;
	if ((e = call_check_locks(c, c->path, c->exists ? STORE_LOCK_SELF : STORE_LOCK_PARENT)) != OK)
		return e;
	if (call_conditions(c, false) != COND_PASS)
		return E_PRECONDITION;
	if (limit && bytes > limit)
		return E_TOO_LARGE;
	if ((e = check_quota(c, bytes)) != OK)
		return e;
	return store_check_space(c->dav->store, bytes);
}

static enum err check(struct call *c, struct put *p, const char **why)
{
	enum err e = check_form(c, why);

	if (e != OK)
		return e;
	if (!announced_length(c, &p->expected_bytes))
		return refuse(why, "X-Expected-Entity-Length does not fit", E_BAD_REQUEST);
	if ((e = bodycheck_new(c->req, &p->check, why)) != OK)
		return e;
	return put_check(c, p->expected_bytes);
}

void dav_put(struct call *c)
{
	struct put *p = arena_zalloc(req_arena(c->req), sizeof *p);
	const char *why = NULL;
	enum err e;

	p->call = c;
	p->type = mime_check(req_header(c->req, "Content-Type"), req_arena(c->req));
	if ((e = check(c, p, &why)) != OK) {
		bodycheck_free(p->check);
		call_reply_refused(c, e, why);
		return;
	}
	receive_body(c, &(struct receive_plan){ .expected_bytes = p->expected_bytes,
						.total_bytes = p->expected_bytes,
						.check = p->check,
						.done = is_dropped(c) ? put_drop : put_commit,
						.arg = p });
}
