#include "tests/model/wire.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/fsio.h"
#include "tests/model/remote.h"

enum { WAITING_MOST = 64 };

struct wire *wire_now;

bool wire_traces;

static unsigned state;

void wire_trace(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (wire_traces)
		vprintf(format, args);
	va_end(args);
}

void wire_seed(unsigned seed)
{
	state = seed;
}

unsigned wire_below(unsigned n)
{
	return (unsigned)rand_r(&state) % n;
}

/* Something between two effects, and perhaps the end of this client. */
static void pass_moment(void)
{
	struct wire *w = wire_now;

	if (w->is_dead)
		return;
	if (w->kill_in && --w->kill_in == 0)
		w->is_dead = true;
	else if (w->moment)
		w->moment();
	wire_now = w;
}

/* ---- in place of common/fsio.c's ---- */

int fsio_fault(const char *point)
{
	/* Those alone that stand before and after an effect of two-way sync. */
	if (!wire_now || strncmp(point, "sync-", 5) != 0)
		return 0;
	pass_moment();
	return wire_now->is_dead ? EIO : 0;
}

/* ---- in place of client/remote/http.c's ---- */

struct waiting {
	struct http_request *req; /* or a step in the background: */
	void (*work)(void *arg), (*done)(void *arg);
	void *arg;
};

static struct waiting waiting[WAITING_MOST];
static size_t waiting_count;

static void lose(struct http_request *req, const char *why)
{
	req->answer.err = note_set(&req->answer.why, E_NETWORK, "%s", why);
}

/* As a bad proxy or bad memory does, which TLS hides: as many bytes, others. */
static http_body_fn *garbled_body;

static enum err garble(struct http_request *req, const void *data, size_t len)
{
	autofree char *bytes = xmalloc(len + 1);

	memcpy(bytes, data, len);
	for (size_t i = 0; i < len; i++)
		bytes[i] ^= 0x40;
	return garbled_body(req, bytes, len);
}

static void carry_out(struct http_request *req, bool refuses)
{
	struct wire *w = wire_now;

	if (!w->garble_in || strcmp(req->method, "GET") != 0 || --w->garble_in) {
		remote_serve(req, refuses);
		return;
	}
	garbled_body = req->body;
	req->body = garble;
	remote_serve(req, refuses);
	req->body = garbled_body;
}

/* A lost answer: the request is sent again, as http.c does, or given up. */
static void serve(struct http_request *req)
{
	struct wire *w = wire_now;
	bool refuses = w->refuses_token;

	pass_moment();
	if (w->is_dead) {
		lose(req, "killed");
		return;
	}
	if (strcmp(req->method, "REPORT") == 0)
		w->refuses_token = false;
	carry_out(req, refuses);
	if (w->lose_in && --w->lose_in == 0 && strcmp(req->method, "REPORT") != 0) {
		req->answer.is_lost = true;
		if (wire_below(2) && (!req->again || req->again(req)))
			remote_serve(req, refuses);
		else
			lose(req, "lost");
		req->answer.is_lost = true;
	}
	wire_trace("  %s %s -> %d err %d\n", req->method, req->target, req->answer.status, req->answer.err);
	pass_moment();
	if (w->is_dead) {
		lose(req, "killed");
		wire_trace("  killed\n");
	}
}

void http_start(struct http *h not_used, struct http_request *req)
{
	if (waiting_count == WAITING_MOST)
		abort();
	req->answer.is_lost = false;
	waiting[waiting_count++] = (struct waiting){ .req = req };
}

void http_background(struct http *h not_used, void (*work)(void *arg), void (*done)(void *arg), void *arg)
{
	if (waiting_count == WAITING_MOST)
		abort();
	waiting[waiting_count++] = (struct waiting){ .work = work, .done = done, .arg = arg };
}

static void finish(struct waiting one)
{
	if (one.req) {
		serve(one.req);
		if (one.req->done)
			one.req->done(one.req);
	} else {
		one.work(one.arg);
		one.done(one.arg);
	}
}

void http_run(struct http *h not_used, http_more_fn *more, void *arg)
{
	size_t first = waiting_count; /* what other clients have under way, while this one came in between, is theirs */
	size_t parallel = 1 + wire_below(HTTP_PARALLEL);
	bool has_more = more != NULL;

	for (;;) {
		size_t at;
		struct waiting one;

		while (has_more && waiting_count - first < parallel)
			has_more = more(arg);
		if (waiting_count == first)
			return;
		at = first + wire_below((unsigned)(waiting_count - first));
		one = waiting[at];
		waiting[at] = waiting[--waiting_count];
		finish(one);
	}
}

enum err http_do(struct http *h not_used, struct http_request *req)
{
	serve(req);
	if (req->done)
		req->done(req);
	return req->answer.err;
}

const char *http_root(const struct http *h not_used)
{
	return "/";
}

const char *http_base(const struct http *h not_used)
{
	return "http://model";
}
