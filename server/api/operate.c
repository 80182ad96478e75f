/*
 * operate: the admin resources about the server itself, not about what is in the store.
 */
#include "server/api/fields.h"
#include "server/api/internal.h"
#include "server/api/status.h"

/* ---- reload ---- */

static void reply_reload(void *arg)
{
	struct api_reload *r = arg;
	autobuf struct buf body = buf_new(1024);

	req_set_header(r->req, "Cache-Control", "no-store");
	if (r->error == OK && r->fixed.text[0] && fields_add(&body, "fixed", r->fixed.text) != OK)
		r->error = E_INTERNAL;
	if (r->error != OK)
		req_reply_error(r->req, r->error, r->why.text[0] ? r->why.text : NULL);
	else
		req_reply_buf(r->req, 200, "text/plain; charset=utf-8", &body);
}

void api_reloaded(struct api_reload *r)
{
	req_post(r->ticket);
}

void api_reload(struct api *a, struct req *r)
{
	struct api_reload *reload = arena_zalloc(req_arena(r), sizeof *reload);

	reload->req = r;
	reload->ticket = req_hold(r, reply_reload, reload);
	a->options.reload(a->options.arg, reload);
}

/* ---- config ---- */

void api_show_config(struct api *a, struct req *r)
{
	autobuf struct buf body = buf_new(1 << 20);
	enum err e = a->options.show_config(a->options.arg, &body);

	req_set_header(r, "Cache-Control", "no-store");
	if (e == OK)
		req_reply_buf(r, 200, "text/plain; charset=utf-8", &body);
	else
		req_reply_error(r, e, NULL);
}

/* ---- status ---- */

struct status {
	struct api *api;
	struct req *req;
	struct buf body;
	enum err error;
};

static void make_status(void *arg) /* on a worker */
{
	struct status *s = arg;
	struct server_stats stats;
	struct status_server server = { .stats = &stats };

	s->api->options.stats(s->api->options.arg, &stats, &server.started_s);
	server.is_draining = s->api->options.is_draining(s->api->options.arg);
	if ((s->error = status_of_server(&server, &s->body)) == OK)
		s->error = status_of_store(s->api->store, &s->body);
}

static void reply_status(void *arg)
{
	struct status *s = arg;

	req_set_header(s->req, "Cache-Control", "no-store");
	if (s->error == OK)
		req_reply_buf(s->req, 200, "text/plain; charset=utf-8", &s->body);
	else
		req_reply_error(s->req, s->error, NULL);
	buf_clear(&s->body);
}

void api_status(struct api *a, struct req *r)
{
	struct status *s = arena_zalloc(req_arena(r), sizeof *s);

	*s = (struct status){ .api = a, .req = r, .body = buf_new(STATUS_LIMIT) };
	req_work(r, make_status, reply_status, s);
}
