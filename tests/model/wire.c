#include "tests/model/wire.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/clock.h"
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

/* ---- in place of common/clock.c's ---- */

static int64_t waited_s;

int64_t clock_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (now.tv_sec + waited_s) * NS_PER_S + now.tv_nsec;
}

int64_t clock_now_s(void)
{
	return clock_now_ns() / NS_PER_S;
}

void wire_wait(unsigned seconds)
{
	waited_s += seconds;
	tree_wait(seconds);
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
	const struct wire *of;    /* whose it is: other clients, that come in between, have their own */
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

/* As a bad proxy or bad memory does: as many bytes, others.  Only our kind of server tells what they should be. */
static http_body_fn *real_body;

static enum err garble(struct http_request *req, const void *data, size_t len)
{
	autofree char *bytes = xmalloc(len + 1);

	memcpy(bytes, data, len);
	for (size_t i = 0; i < len; i++)
		bytes[i] ^= 0x40;
	return real_body(req, bytes, len);
}

/* The connection breaks in the middle of a report. */
static unsigned left_bytes;

static enum err cut(struct http_request *req, const void *data, size_t len)
{
	enum err e = real_body(req, data, MIN(len, (size_t)left_bytes));

	if (e == OK && left_bytes < len)
		e = E_NETWORK;
	left_bytes -= (unsigned)MIN(len, (size_t)left_bytes);
	return e;
}

/* It is sent again, as http.c does, or given up. */
static void report_cut(struct http_request *req)
{
	real_body = req->body;
	req->body = cut;
	left_bytes = wire_below(4000);
	remote_serve(req, false);
	req->body = real_body;
	if (req->answer.err == OK)
		return;
	wire_now->moment();
	if (wire_below(2) && req->again(req))
		remote_serve(req, false);
	else
		lose(req, "cut");
}

static void carry_out(struct http_request *req, bool refuses)
{
	struct wire *w = wire_now;

	if (w->cuts_report && strcmp(req->method, "REPORT") == 0) {
		w->cuts_report = false;
		report_cut(req);
		return;
	}
	if (!w->garble_in || strcmp(req->method, "GET") != 0 || --w->garble_in) {
		remote_serve(req, refuses);
		return;
	}
	real_body = req->body;
	req->body = garble;
	remote_serve(req, refuses);
	req->body = real_body;
}

/* A lost answer: the request is sent again, as http.c does, or given up. */
static void serve(struct http_request *req)
{
	struct wire *w = wire_now;
	bool refuses = w->refuses_token;
	const char *to = methods_field(req, "Destination");

	pass_moment();
	if (w->is_dead) {
		lose(req, "killed");
		return;
	}
	if (strcmp(req->method, "REPORT") == 0)
		w->refuses_token = false;
	if (remote_foreign() && wire_below(4) == 0)
		tree_wait(1);
	carry_out(req, refuses);
	if (w->lose_in && --w->lose_in == 0 && strcmp(req->method, "REPORT") != 0) {
		req->answer.is_lost = true;
		if (wire_below(2) && (!req->again || req->again(req)))
			remote_serve(req, refuses);
		else
			lose(req, "lost");
		req->answer.is_lost = true;
	}
	wire_trace("  %s %s%s%s -> %d err %d\n", req->method, req->target, to ? " to " : "", to ? to : "",
		   req->answer.status, req->answer.err);
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
	waiting[waiting_count++] = (struct waiting){ .of = wire_now, .req = req };
}

void http_background(struct http *h not_used, void (*work)(void *arg), void (*done)(void *arg), void *arg)
{
	if (waiting_count == WAITING_MOST)
		abort();
	waiting[waiting_count++] = (struct waiting){ .of = wire_now, .work = work, .done = done, .arg = arg };
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

static size_t count_mine(void)
{
	size_t n = 0;

	for (size_t i = 0; i < waiting_count; i++)
		n += waiting[i].of == wire_now;
	return n;
}

static struct waiting take_mine(unsigned number)
{
	size_t at = 0;
	struct waiting one;

	while (waiting[at].of != wire_now || number--)
		at++;
	one = waiting[at];
	waiting[at] = waiting[--waiting_count];
	return one;
}

void http_run(struct http *h not_used, http_more_fn *more, void *arg)
{
	size_t parallel = 1 + wire_below(HTTP_PARALLEL), mine;

	for (;;) {
		while (more && count_mine() < parallel && more(arg))
			;
		if ((mine = count_mine()) == 0)
			return;
		finish(take_mine(wire_below((unsigned)mine)));
	}
}

void http_wait(struct http *h not_used, int fd not_used, int timeout_ms, const bool *enough not_used)
{
	wire_wait((unsigned)timeout_ms / 1000 + 1);
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
