/*
 * The pieces go to the upload as they come: those of a small body here on the loop, of a large one on a worker, where a second buffer
 * fills while the first is being written.  What waits is bounded: beyond RECEIVE_PAUSE_AT the client is made to pause.
 *
 * A struct receive lives in the request's arena; the request cannot end before receive_end() or receive_fail().
 */
#include "server/dav/receive.h"

#include "common/buf.h"

/* What may wait for the worker before the client is made to pause; it holds one more run of the wire's reads. */
enum { RECEIVE_PAUSE_AT = 256 << 10, RECEIVE_BUFFER_MAX = 1 << 20 };

struct receive {
	struct call *call;
	struct receive_plan plan;
	struct upload *upload;

	struct buf filling, working; /* received, and being written by the worker */
	bool is_working, is_paused;
	bool has_ended, is_over; /* the body's end was seen; the reply was given, or is the caller's */
	enum body_end how;
	int64_t received_bytes;
	enum err work_error; /* the worker's alone until it is back */
	enum err error;
	struct digest digest;
};

static void receive_next(struct receive *r);

static void receive_clear(struct receive *r)
{
	r->is_over = true;
	atomic_fetch_sub(&r->call->dav->uploads, 1);
	upload_free(TAKE(r->upload));
	bodycheck_free(TAKE(r->plan.check));
	buf_clear(&r->filling);
	buf_clear(&r->working);
}

static void receive_fail(struct receive *r, enum err e, const char *why)
{
	receive_clear(r);
	call_reply_error(r->call, e, why);
}

/* ---- the end ---- */

static void receive_done(struct receive *r)
{
	struct store_sums sums = bodycheck_sums(r->plan.check);
	struct upload *upload = TAKE(r->upload);

	receive_clear(r);
	r->plan.done(r->plan.arg, upload, &sums);
}

static void receive_finished(void *arg)
{
	struct receive *r = arg;
	const char *why = NULL;

	if (r->error != OK)
		receive_fail(r, r->error, NULL);
	else if (r->plan.expected_bytes >= 0 && r->received_bytes != r->plan.expected_bytes)
		receive_fail(r, E_BAD_REQUEST, "the body has not the length that was announced");
	else if ((r->error = bodycheck_finish(r->plan.check, &r->digest, &why)) != OK)
		receive_fail(r, r->error, why);
	else
		receive_done(r);
}

static void receive_finish(void *arg) /* on the loop for a small body, else on a worker */
{
	struct receive *r = arg;

	r->error = r->plan.after ? r->plan.after(r->plan.arg, r->upload) : OK;
	if (r->error == OK)
		r->error = upload_finish(r->upload, &r->digest);
}

/* ---- the pieces ---- */

static enum err receive_add(struct receive *r, const void *bytes, size_t len)
{
	bodycheck_add(r->plan.check, bytes, len);
	return upload_add(r->upload, bytes, len);
}

static void receive_before(void *arg) /* on a worker */
{
	struct receive *r = arg;

	r->work_error = r->plan.before(r->plan.arg, r->upload);
}

static void receive_work(void *arg) /* on a worker */
{
	struct receive *r = arg;

	r->work_error = receive_add(r, r->working.data, r->working.len);
}

static void receive_worked(void *arg)
{
	struct receive *r = arg;

	r->is_working = false;
	if (r->error == OK)
		r->error = r->work_error;
	buf_reset(&r->working);
	receive_next(r);
}

/* Gives the worker what was received; the emptied buffer takes what comes next. */
static void receive_hand_over(struct receive *r)
{
	struct buf full = r->filling;
	bool was_paused = r->is_paused;

	r->filling = r->working;
	r->working = full;
	r->is_working = true;
	r->is_paused = false;
	req_work(r->call->req, receive_work, receive_worked, r);
	if (was_paused)
		req_resume_body(r->call->req); /* receive_data() may come from inside */
}

/* What follows from what has happened; called after each piece of work and at the body's end. */
static void receive_next(struct receive *r)
{
	if (r->is_working || r->is_over)
		return;
	if (r->error != OK) {
		receive_fail(r, r->error, NULL);
	} else if (r->has_ended && r->how != BODY_COMPLETE) {
		/* Nothing of it is kept; to a client that left, the answer goes nowhere. */
		receive_fail(r, E_BAD_REQUEST, "the body broke off");
	} else if (r->filling.len) {
		receive_hand_over(r);
	} else if (r->has_ended && (r->plan.after || upload_would_block(r->upload, 0))) {
		r->is_over = true; /* nothing is left to decide here: receive_finished() goes on */
		req_work(r->call->req, receive_finish, receive_finished, r);
	} else if (r->has_ended) {
		receive_finish(r);
		receive_finished(r);
	}
}

static void receive_data(void *arg, const void *bytes, size_t len)
{
	struct receive *r = arg;
	int64_t limit = call_options(r->call)->max_upload_bytes;

	if (r->error != OK || r->is_over)
		return;
	r->received_bytes += (int64_t)len;
	if (limit && r->received_bytes > limit) {
		r->error = E_TOO_LARGE; /* a chunked body grew over it: refused in mid-body */
	} else if (!r->is_working && !r->filling.len && !upload_would_block(r->upload, len)) {
		r->error = receive_add(r, bytes, len);
	} else {
		r->error = buf_add(&r->filling, bytes, len);
		if (r->error == OK && r->filling.len >= RECEIVE_PAUSE_AT && r->is_working) {
			r->is_paused = true;
			req_pause_body(r->call->req);
		}
	}
	if (r->error != OK || r->filling.len)
		receive_next(r);
}

static void receive_end(void *arg, enum body_end how)
{
	struct receive *r = arg;

	r->has_ended = true;
	r->how = how;
	receive_next(r);
}

void receive_body(struct call *c, const struct receive_plan *plan)
{
	static const struct body_sink sink = { receive_data, receive_end };
	struct receive *r = arena_zalloc(req_arena(c->req), sizeof *r);

	if (atomic_fetch_add(&c->dav->uploads, 1) >= call_options(c)->max_uploads) {
		atomic_fetch_sub(&c->dav->uploads, 1);
		bodycheck_free(plan->check);
		call_reply_error(c, E_BUSY, "too many uploads at once");
		return;
	}
	r->call = c;
	r->plan = *plan;
	r->filling = r->working = buf_new(RECEIVE_BUFFER_MAX);
	r->upload = upload_new(c->dav->store, plan->total_bytes);
	if (plan->before) {
		r->is_working = true;
		req_work(c->req, receive_before, receive_worked, r);
	}
	req_read_body(c->req, &sink, r);
}
