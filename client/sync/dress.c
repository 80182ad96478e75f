#include "client/sync/dress.h"

#include <stdio.h>
#include <string.h>

#include "client/sync/apply_priv.h"
#include "common/clock.h"

static const char body_head[] =
    "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<D:propertyupdate xmlns:D=\"DAV:\"><D:set><D:prop>"
    "<A:executable xmlns:A=\"http://apache.org/dav/props/\">",
		  body_tail[] = "</A:executable></D:prop></D:set></D:propertyupdate>\n";

enum { BODY_SIZE = sizeof body_head + sizeof body_tail };

/* ---- the plan ---- */

static bool is_executable_here(const struct work_detail *d)
{
	return d->local ? d->local->is_executable : d->base.remote.is_executable;
}

void dress_plan(struct work *w)
{
	for (size_t i = 0; i < w->count; i++) {
		struct plan_item *x = &w->items[i];
		const struct work_detail *d = &w->details[i];
		bool here = is_executable_here(d), there = d->remote.is_executable, base = d->base.remote.is_executable;

		if (x->action != PLAN_NOTHING || x->is_ignored || x->base.kind != PLAN_FILE ||
		    x->local.kind != PLAN_FILE)
			continue;
		if (here == there)
			x->action = here == base ? PLAN_NOTHING : PLAN_ADOPT;
		else
			x->action = there != base ? PLAN_CHMOD : PLAN_FLAG;
	}
}

/* ---- carrying it out ---- */

static void finish(struct apply *a, size_t index, const struct base_row *row)
{
	enum err e = base_agree(a->config->base, a->work->items[index].path, row);

	if (e != OK)
		apply_base_failed(a, e);
	else
		apply_done(a, index, &(struct apply_end){ .bytes = -1 });
}

void dress_here(struct apply *a, size_t index)
{
	const struct plan_item *x = &a->work->items[index];
	const struct work_detail *d = &a->work->details[index];
	struct base_row row = { .remote = d->remote, .taken_ns = clock_now_ns() };
	enum err e = place_set_executable(&a->config->place, x->path, d->local ? &d->local->id : &d->base.local,
					  d->remote.is_executable, &row.local);

	if (e == OK)
		finish(a, index, &row);
	else if (e == E_PRECONDITION)
		apply_skip(a, index);
	else
		apply_fail(a, index, e, "its mode cannot be set here");
}

struct sending {
	char body[BODY_SIZE];
	size_t sent;
};

static ssize_t send_body(struct http_request *req, char *out, size_t len)
{
	struct sending *s = req->arg;
	size_t n = MIN(len, strlen(s->body) - s->sent);

	memcpy(out, s->body + s->sent, n);
	s->sent += n;
	return (ssize_t)n;
}

static bool send_again(struct http_request *req)
{
	struct sending *s = req->arg;

	s->sent = 0;
	return true;
}

void dress_there(struct apply *a, size_t index)
{
	const struct plan_item *x = &a->work->items[index];
	const struct work_detail *d = &a->work->details[index];
	struct base_row row = { .remote = d->remote, .local = d->base.local, .taken_ns = d->base.taken_ns };
	struct sending sending = { .sent = 0 };
	char tag[DIGEST_ETAG_SIZE];
	struct http_request req;
	struct note why = { "" };
	enum err e;

	if (d->local) {
		row.local = d->local->id;
		row.taken_ns = d->local->taken_ns;
	}
	row.remote.is_executable = is_executable_here(d);
	snprintf(sending.body, sizeof sending.body, "%s%c%s", body_head, row.remote.is_executable ? 'T' : 'F',
		 body_tail);
	http_request_init(&req, "PROPPATCH", apply_target(a, x->path, false));
	http_request_set(&req, "If-Match", "%s", digest_etag(&d->remote.digest, tag));
	http_request_set(&req, "Prefer", "return=minimal"); /* RFC 8144: without a body if it went well */
	http_request_set(&req, "Content-Type", "application/xml; charset=utf-8");
	req.body_bytes = (int64_t)strlen(sending.body);
	req.read = send_body;
	req.again = send_again;
	req.arg = &sending;
	apply_submit_locks(a, &req, x->path, NULL);
	http_do(a->config->http, &req);
	e = http_status_err(&req.answer, &why);
	if (e == OK && req.answer.status == 204)
		finish(a, index, &row);
	else if (e == E_PRECONDITION || e == E_NOT_FOUND)
		apply_skip(a, index);
	else
		apply_fail(a, index, e == OK ? E_BAD_REQUEST : e,
			   e == OK ? "the server did not take its mode" : why.text);
	http_request_clear(&req);
}
