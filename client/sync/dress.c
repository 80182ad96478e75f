#include "client/sync/dress.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "client/sync/apply_priv.h"
#include "common/clock.h"

/* ---- the plan ---- */

enum side { NOBODY, HERE, THERE }; /* who is to be told */

struct verdict {
	enum side mode, time;
	bool is_news; /* the server's word is another than the base's */
};

static bool is_executable_here(const struct work_detail *d)
{
	return d->local ? d->local->is_executable : d->base->remote.is_executable;
}

static int64_t time_here_s(const struct work_detail *d)
{
	return (d->local ? &d->local->id : &d->base->local)->mtime_ns / NS_PER_S;
}

static enum side judge_mode(const struct work_detail *d)
{
	bool here = is_executable_here(d), there = d->remote->is_executable;

	if (here == there)
		return NOBODY;
	return there != d->base->remote.is_executable ? HERE : THERE;
}

/*
 * What the file system or the server made of a time that they could not keep is in the base, and no change.  A time that is still to
 * come is never told by a server (RFC 9110 §8.8.2.1): another one instead is no change either.
 */
static enum side judge_time(const struct work_detail *d)
{
	int64_t here = time_here_s(d), there = d->remote->mtime_s, base = d->base->remote.mtime_s;

	if (here == there || here <= 0 || there <= 0)
		return NOBODY;
	if (there != base && base > 0 && !(here > there && here > clock_now_s()))
		return HERE;
	return here != d->base->local.mtime_ns / NS_PER_S ? THERE : NOBODY;
}

static struct verdict judge(const struct work_detail *d, bool has_modes)
{
	const struct remote_row *there = d->remote, *base = &d->base->remote;

	return (struct verdict){ has_modes ? judge_mode(d) : NOBODY, judge_time(d),
				 there->mtime_s != base->mtime_s || there->is_executable != base->is_executable };
}

static enum plan_action action_of(const struct verdict *v)
{
	if (v->mode != NOBODY)
		return v->mode == THERE ? PLAN_FLAG : PLAN_CHMOD;
	if (v->time != NOBODY)
		return v->time == THERE ? PLAN_STAMP : PLAN_TOUCH;
	return v->is_news ? PLAN_ADOPT : PLAN_NOTHING;
}

void dress_plan(struct work *w, bool has_modes)
{
	for (size_t i = 0; i < w->count; i++) {
		struct plan_item *x = &w->items[i];
		struct verdict v;

		if (x->action != PLAN_NOTHING || x->is_ignored || x->base.kind != PLAN_FILE ||
		    x->local.kind != PLAN_FILE)
			continue;
		v = judge(&w->details[i], has_modes);
		x->action = action_of(&v);
	}
}

/* ---- carrying it out ---- */

struct dressing {
	unsigned magic;
	struct apply *a;
	size_t index;
	struct verdict verdict;
	struct base_row row; /* as it will be */
	char *body;
	struct http_request req;
};

enum { DRESSING_MAGIC = 0x64726573 };

static void dressing_free(struct dressing *d)
{
	http_request_clear(&d->req);
	free(d->body);
	free(d);
}

static struct dressing *dressing_new(struct apply *a, size_t index)
{
	struct dressing *d = xcalloc(1, sizeof *d);
	const struct work_detail *detail = &a->work->details[index];
	enum plan_action action = a->work->items[index].action;

	*d = (struct dressing){ .magic = DRESSING_MAGIC, .a = a, .index = index };
	http_request_init(&d->req, "PROPPATCH", apply_target(a, a->work->items[index].path, false));
	d->verdict = judge(detail, action == PLAN_CHMOD || action == PLAN_FLAG);
	d->row = (struct base_row){ .remote = *detail->remote };
	d->row.local = detail->local ? detail->local->id : detail->base->local;
	d->row.taken_ns = detail->local ? detail->local->taken_ns : detail->base->taken_ns;
	return d;
}

/* What is to be told here; then the base learns of all. */
static void finish(struct dressing *d)
{
	const struct verdict *v = &d->verdict;
	const struct remote_row *there = d->a->work->details[d->index].remote;
	struct place_dress want = { .has_mode = v->mode == HERE, .is_executable = there->is_executable };
	struct local_id now;
	enum err e = OK;

	want.mtime_s = v->time == HERE ? there->mtime_s : 0;
	if (want.has_mode || want.mtime_s)
		e = place_set_dress(&d->a->config->place, d->a->work->items[d->index].path, &d->row.local, &want, &now);
	if (e == OK && (want.has_mode || want.mtime_s)) {
		d->row.local = now;
		d->row.taken_ns = clock_now_ns();
	}
	/* The server is still to be told of a time that was set here: so it is news in the next round, too. */
	if (d->a->work->items[d->index].action == PLAN_CHMOD && v->time == THERE)
		d->row.local.mtime_ns = d->a->work->details[d->index].base->local.mtime_ns;
	if (e == E_PRECONDITION)
		apply_skip(d->a, d->index);
	else if (e != OK)
		apply_fail(d->a, d->index, e, "its mode or time cannot be set here");
	else if ((e = base_agree(d->a->config->base, d->a->work->items[d->index].path, &d->row)) != OK)
		apply_base_failed(d->a, e);
	else
		apply_done(d->a, d->index, &(struct apply_end){ .bytes = -1 });
	dressing_free(d);
}

void dress_here(struct apply *a, size_t index)
{
	finish(dressing_new(a, index));
}

static struct dressing *dressing_of(struct http_request *req)
{
	struct dressing *d = req->arg;

	assert(d->magic == DRESSING_MAGIC);
	return d;
}

/* A server that keeps no times is told once, and that is that; a mode that it does not take is a failure. */
static void told(struct http_request *req)
{
	struct dressing *d = dressing_of(req);
	struct note why = { "" };
	enum err e = http_status_err(&req->answer, &why);

	if (e == OK && req->answer.status == 204) {
		finish(d);
		return;
	}
	if (e == E_PRECONDITION || e == E_NOT_FOUND) {
		apply_skip(d->a, d->index);
	} else if (d->verdict.mode != THERE && e != E_LOCKED && !apply_is_fatal(e)) {
		d->row.remote.mtime_s = d->a->work->details[d->index].remote->mtime_s;
		finish(d);
		return;
	} else {
		apply_fail(d->a, d->index, e == OK ? E_BAD_REQUEST : e,
			   e == OK ? "the server did not take its mode" : why.text);
	}
	dressing_free(d);
}

static char *body_of(const struct dressing *d)
{
	autofree char *mode = xasprintf("<A:executable xmlns:A=\"http://apache.org/dav/props/\">%c</A:executable>",
					d->row.remote.is_executable ? 'T' : 'F');
	autofree char *time = xasprintf("<D:lastmodified>%lld</D:lastmodified>", (long long)d->row.remote.mtime_s);

	return xasprintf("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
			 "<D:propertyupdate xmlns:D=\"DAV:\"><D:set><D:prop>%s%s</D:prop></D:set></D:propertyupdate>\n",
			 d->verdict.mode == THERE ? mode : "", d->verdict.time == THERE ? time : "");
}

void dress_start_there(struct apply *a, size_t index)
{
	struct dressing *d = dressing_new(a, index);
	const struct work_detail *detail = &a->work->details[index];
	char tag[DIGEST_ETAG_SIZE];

	if (d->verdict.mode == THERE)
		d->row.remote.is_executable = is_executable_here(detail);
	if (d->verdict.time == THERE)
		d->row.remote.mtime_s = time_here_s(detail);
	d->body = body_of(d);
	http_request_set(&d->req, "If-Match", "%s", digest_etag(&detail->remote->digest, tag));
	http_request_set(&d->req, "Prefer", "return=minimal"); /* RFC 8144: without a body if it went well */
	http_request_set(&d->req, "Content-Type", "application/xml; charset=utf-8");
	http_request_text(&d->req, d->body);
	d->req.done = told;
	d->req.arg = d;
	apply_submit_locks(a, &d->req, a->work->items[index].path, NULL);
	http_start(a->config->http, &d->req);
}
