/*
 * The loop: exchanges run in one curl multi handle; each end is judged here: done, tried again later, tried again with
 * Basic, or sent on within the same origin.
 */
#include "client/remote/http.h"

#include <assert.h>
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "client/remote/background.h"
#include "client/remote/exchange.h"
#include "client/remote/failure.h"
#include "common/base.h"
#include "common/clock.h"
#include "common/rand.h"
#include "common/status.h"

enum { TRIES_MAX = 4, REDIRECTS_MAX = 5, WAIT_FIRST_MS = 500, WAIT_TOTAL_MS = 30000, POLL_MS = 250 };

static void note_trace(struct exchange *x, const char *fmt, ...) printf_like(2, 3);
static void note_trace(struct exchange *x, const char *fmt, ...)
{
	char line[300];
	va_list args;

	if (!x->http->config.trace)
		return;
	va_start(args, fmt);
	vsnprintf(line, sizeof line, fmt, args);
	va_end(args);
	x->http->config.trace(x->http->config.arg, HTTP_TRACE_NOTE, line);
}

static char *copy_of(const char *text)
{
	return text ? xstrdup(text) : NULL;
}

enum err http_new(const struct http_config *config, struct http **out, struct note *why)
{
	const struct origin *o = config->origin;
	struct http *h;

	if (config->secret && o->is_plain && !o->is_loopback && !config->allow_plain)
		return note_set(why, E_USAGE,
				"the token does not travel over plain http; use https, or allow-plain-http = yes");
	h = xcalloc(1, sizeof *h);
	h->config = *config;
	h->origin =
	    (struct origin){ copy_of(o->base), copy_of(o->host), copy_of(o->root), o->is_plain, o->is_loopback };
	h->user = copy_of(config->user);
	h->secret = copy_of(config->secret);
	h->pin = copy_of(config->pin);
	h->client_cert = copy_of(config->client_cert);
	h->client_key = copy_of(config->client_key);
	h->is_basic = config->is_basic && config->user;
	http_begin_run(h);
	TAILQ_INIT(&h->exchanges);
	if (!(h->multi = curl_multi_init())) {
		http_free(h);
		return E_INTERNAL;
	}
	curl_multi_setopt(h->multi, CURLMOPT_MAXCONNECTS, (long)HTTP_PARALLEL + 2);
	curl_multi_setopt(h->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
	*out = h;
	return OK;
}

void http_begin_run(struct http *h)
{
	rand_hex(h->run, HTTP_RUN_SIZE);
}

const char *http_root(const struct http *h)
{
	return h->origin.root;
}

const char *http_base(const struct http *h)
{
	return h->origin.base;
}

void http_free(struct http *h)
{
	struct exchange *x;

	if (!h)
		return;
	background_free(h->background);
	while ((x = TAILQ_FIRST(&h->exchanges))) {
		TAILQ_REMOVE(&h->exchanges, x, link);
		if (x->is_in_multi)
			curl_multi_remove_handle(h->multi, x->easy);
		exchange_free(x);
	}
	while (h->spare_count)
		curl_easy_cleanup(h->spare[--h->spare_count]);
	curl_multi_cleanup(h->multi);
	if (h->secret)
		OPENSSL_cleanse(h->secret, strlen(h->secret));
	free(h->secret);
	free(h->user);
	free(h->pin);
	free(h->client_cert);
	free(h->client_key);
	origin_clear(&h->origin);
	free(h);
}

void http_request_init(struct http_request *req, const char *method, char *target)
{
	*req = (struct http_request){ .method = method, .target = target, .body_bytes = -1 };
	answer_init(&req->answer);
}

void http_request_text(struct http_request *req, const char *text)
{
	req->text = text;
	req->body_bytes = (int64_t)strlen(text);
}

void http_request_clear(struct http_request *req)
{
	for (size_t i = 0; i < req->field_count; i++)
		free(req->fields[i].value);
	req->field_count = 0;
	free(TAKE(req->target));
	answer_clear(&req->answer);
}

void http_request_unset(struct http_request *req, const char *name)
{
	for (size_t i = 0; i < req->field_count; i++)
		if (strcmp(req->fields[i].name, name) == 0) {
			free(req->fields[i].value);
			req->fields[i] = req->fields[--req->field_count];
			return;
		}
}

void http_request_set(struct http_request *req, const char *name, const char *fmt, ...)
{
	va_list args;
	char *value = NULL;

	http_request_unset(req, name);
	va_start(args, fmt);
	if (vasprintf(&value, fmt, args) < 0)
		abort();
	va_end(args);
	for (const char *c = value; *c; c++)
		if (iscntrl((unsigned char)*c)) {
			free(value);
			return;
		}
	assert(req->field_count < HTTP_FIELDS_MAX);
	req->fields[req->field_count++] = (struct http_field){ name, value };
}

void http_start(struct http *h, struct http_request *req)
{
	struct exchange *x = exchange_new(h, req);

	req->answer.is_lost = false;
	x->wake_ns = 1; /* long ago: the loop takes it up */
	TAILQ_INSERT_TAIL(&h->exchanges, x, link);
	*(req->is_aside ? &h->asides : &h->running) += 1;
}

static void wake(void *arg)
{
	curl_multi_wakeup(arg);
}

void http_background(struct http *h, void (*work)(void *arg), void (*done)(void *arg), void *arg)
{
	if (!h->background)
		h->background = background_new(wake, h->multi);
	background_add(h->background, work, done, arg);
	h->running++;
}

static void finish(struct exchange *x)
{
	struct http_request *req = x->req;
	struct http *h = x->http;

	TAILQ_REMOVE(&h->exchanges, x, link);
	*(req->is_aside ? &h->asides : &h->running) -= 1;
	exchange_free(x);
	if (req->done)
		req->done(req);
}

static void fail(struct exchange *x, enum err e)
{
	x->req->answer.err = e;
	if (!x->req->answer.why.text[0])
		note_set(&x->req->answer.why, e, "%s", err_words(e));
	finish(x);
}

/* Starts the next try now. */
static void take_up(struct exchange *x)
{
	enum err e;

	x->wake_ns = 0;
	if (x->http->config.interrupted && *x->http->config.interrupted) {
		fail(x, E_INTERRUPTED);
	} else if ((e = exchange_prepare(x)) != OK) {
		fail(x, e);
	} else if (curl_multi_add_handle(x->http->multi, x->easy) != CURLM_OK) {
		fail(x, E_INTERNAL);
	} else {
		x->is_in_multi = true;
	}
}

/* Once more after `wait_ms`.  False: the request cannot be started over. */
static bool repeat(struct exchange *x, int64_t wait_ms)
{
	if (x->req->again && !x->req->again(x->req))
		return false;
	x->waited_ms += wait_ms;
	x->wake_ns = MAX(clock_monotonic_ns() + wait_ms * NS_PER_MS, 1);
	return true;
}

/* A callback ended it, perhaps with words of its own. */
static void note_stop(struct exchange *x)
{
	struct answer *a = &x->req->answer;

	a->err = x->stopped;
	if (!a->why.text[0])
		note_set(&a->why, a->err, "%s", err_words(a->err));
}

/* What came back, or why nothing did, into the answer. */
static void judge(struct exchange *x, CURLcode code)
{
	struct answer *a = &x->req->answer;
	bool has_page_cut = x->stopped == E_TOO_LARGE && (!x->req->body || a->status >= 300);
	/* Refused early, and the connection closed under what we were still sending: the answer counts. */
	bool is_refusal = x->stopped == OK && a->head_is_done && a->status >= 400;

	if (code == CURLE_OK || has_page_cut || is_refusal) {
		a->err = a->status ? OK : note_set(&a->why, E_BAD_REQUEST, "the answer is not HTTP");
		return;
	}
	if (x->stopped == OK)
		failure_explain(x, code);
	else
		note_stop(x);
}

/* Might the server have carried this try out? */
static bool may_be_done(const struct exchange *x, CURLcode code)
{
	int status = x->req->answer.status;

	if (code != CURLE_OK)
		return x->heads_sent > 0;
	return status == 502 || status == 504;
}

static bool may_repeat(struct exchange *x, CURLcode code)
{
	const struct answer *a = &x->req->answer;
	double connected_s = 0;

	if (x->tries >= TRIES_MAX || x->stopped != OK || (x->req->is_once && x->heads_sent))
		return false;
	if (code == CURLE_OK)
		return status_meaning(a->status) == STATUS_RETRY;
	if (code == CURLE_OPERATION_TIMEDOUT) {
		curl_easy_getinfo(x->easy, CURLINFO_PRETRANSFER_TIME, &connected_s);
		return connected_s == 0; /* connecting took too long; a stall in the middle is final */
	}
	return failure_may_retry(x, code);
}

/* How long to wait before the next try; -1: longer than we may. */
static int64_t wait_ms(const struct exchange *x)
{
	int64_t ms = (int64_t)WAIT_FIRST_MS << (x->tries - 1), asked_s = answer_retry_after_s(&x->req->answer);

	if (asked_s >= 0)
		ms = asked_s > WAIT_TOTAL_MS / 1000 ? WAIT_TOTAL_MS + 1 : asked_s * 1000;
	return x->waited_ms + ms > WAIT_TOTAL_MS ? -1 : ms;
}

static bool try_later(struct exchange *x, CURLcode code)
{
	const struct answer *a = &x->req->answer;
	int64_t ms;

	if (!may_repeat(x, code) || (ms = wait_ms(x)) < 0)
		return false;
	if (a->err != OK)
		note_trace(x, "tried again in %.1f s: %s", (double)ms / 1000, a->why.text);
	else
		note_trace(x, "tried again in %.1f s: the server says %d", (double)ms / 1000, a->status);
	return repeat(x, ms);
}

/* A server that offers Basic only gets the same secret that way, if we know whose it is. */
static bool try_basic(struct exchange *x)
{
	struct http *h = x->http;
	const struct answer *a = &x->req->answer;

	if (a->err != OK || a->status != 401 || x->sent_basic || x->req->basic || !h->secret || !h->user ||
	    !answer_offers(a, "Basic") || answer_offers(a, "Bearer"))
		return false;
	h->is_basic = true;
	return repeat(x, 0);
}

static bool try_redirect(struct exchange *x)
{
	const char *method = x->req->method;
	char *target = NULL;

	if (x->req->answer.err != OK || x->req->answer.status < 301 || x->req->answer.status > 308 ||
	    (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0) || x->redirects == REDIRECTS_MAX)
		return false;
	curl_easy_getinfo(x->easy, CURLINFO_REDIRECT_URL, &target);
	if (!target || !origin_holds(&x->http->origin, target))
		return false; /* never with credentials to another host; the caller says where it points */
	free(x->redirect);
	x->redirect = xstrdup(target);
	x->redirects++;
	x->tries--;
	return repeat(x, 0);
}

static void trace_answer(struct exchange *x)
{
	const struct answer *a = &x->req->answer;
	const char *etag = a->fields[ANSWER_ETAG];
	autofree char *line = NULL;

	if (!x->http->config.trace || a->status == 0)
		return;
	line = xasprintf("%d %s%s%s", a->status, status_reason(a->status), etag ? "  ETag: " : "", etag ? etag : "");
	x->http->config.trace(x->http->config.arg, HTTP_TRACE_ANSWER, line);
}

static void complete(struct exchange *x, CURLcode code)
{
	struct http *h = x->http;
	struct answer *a = &x->req->answer;

	curl_multi_remove_handle(h->multi, x->easy);
	x->is_in_multi = false;
	judge(x, code);
	trace_answer(x);
	if (x->heads_sent > 1 || may_be_done(x, code))
		a->is_lost = true;
	if (x->sent_basic && !h->config.is_basic && a->err == OK && a->status != 401) {
		h->config.is_basic = true;
		if (h->config.basic_used)
			h->config.basic_used(h->config.arg);
	}
	if (try_basic(x) || try_redirect(x) || try_later(x, code))
		return;
	finish(x);
}

/* Tries whose time has come.  Returns the milliseconds until the next one, at most POLL_MS. */
static int take_up_waiting(struct http *h)
{
	int64_t now_ns = clock_monotonic_ns(), next_ms = POLL_MS;
	struct exchange *x, *after;
	bool interrupted = h->config.interrupted && *h->config.interrupted;

	for (x = TAILQ_FIRST(&h->exchanges); x; x = after) {
		after = TAILQ_NEXT(x, link);
		if (x->wake_ns == 0)
			continue;
		if (x->wake_ns <= now_ns || interrupted)
			take_up(x);
		else
			next_ms = MIN(next_ms, (x->wake_ns - now_ns) / NS_PER_MS + 1);
	}
	return (int)next_ms;
}

static void abort_all(struct http *h)
{
	struct exchange *x, *after;

	for (x = TAILQ_FIRST(&h->exchanges); x; x = after) {
		after = TAILQ_NEXT(x, link);
		if (x->is_in_multi)
			curl_multi_remove_handle(h->multi, x->easy);
		x->is_in_multi = false;
		fail(x, E_INTERRUPTED);
	}
}

static void complete_all(struct http *h)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(h->multi, &left))) {
		CURLcode code = message->data.result;
		char *x = NULL;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &x);
		complete((struct exchange *)(void *)x, code);
	}
}

/* What is under way, once; returns for how long nothing needs to be done, at most. */
static int drive(struct http *h)
{
	int still = 0, next_ms = take_up_waiting(h);

	curl_multi_perform(h->multi, &still);
	complete_all(h);
	if (h->background)
		h->running -= background_collect(h->background);
	if (h->config.interrupted && *h->config.interrupted)
		abort_all(h);
	return next_ms;
}

void http_run(struct http *h, http_more_fn *more, void *arg)
{
	size_t parallel = h->config.limit_rate_bytes > 0 ? 1 : HTTP_PARALLEL;

	for (;;) {
		int next_ms;

		while (more && h->running < parallel && more(arg))
			;
		if (h->running == 0)
			return;
		next_ms = drive(h);
		if (h->config.tick)
			h->config.tick(h->config.arg);
		if (h->running)
			curl_multi_poll(h->multi, NULL, 0, next_ms, NULL);
	}
}

void http_wait(struct http *h, int fd, int timeout_ms, const bool *enough)
{
	int64_t end_ns = clock_monotonic_ns() + timeout_ms * NS_PER_MS;
	struct curl_waitfd wait = { .fd = fd, .events = CURL_WAIT_POLLIN };
	size_t before = h->asides;

	for (;;) {
		int next_ms = drive(h);
		int64_t left_ms = (end_ns - clock_monotonic_ns()) / NS_PER_MS;

		if (*enough || h->asides < before || left_ms <= 0 || wait.revents ||
		    (h->config.interrupted && *h->config.interrupted))
			return;
		curl_multi_poll(h->multi, &wait, fd >= 0, (int)MIN(left_ms, (int64_t)next_ms), NULL);
	}
}

static struct exchange *exchange_of(struct http *h, const struct http_request *req)
{
	struct exchange *x;

	TAILQ_FOREACH (x, &h->exchanges, link)
		if (x->req == req)
			return x;
	return NULL;
}

void http_give_up(struct http *h, const struct http_request *req)
{
	struct exchange *x = exchange_of(h, req);

	if (!x)
		return;
	if (x->is_in_multi)
		curl_multi_remove_handle(h->multi, x->easy);
	TAILQ_REMOVE(&h->exchanges, x, link);
	*(req->is_aside ? &h->asides : &h->running) -= 1;
	exchange_free(x);
}

enum err http_do(struct http *h, struct http_request *req)
{
	http_start(h, req);
	http_run(h, NULL, NULL);
	return req->answer.err;
}

enum err http_status_err(const struct answer *a, struct note *why)
{
	const char *location = a->fields[ANSWER_LOCATION];
	const char *line = a->body.data;
	int len = (int)strcspn(line, "\r\n");

	if (a->err != OK)
		return note_set(why, a->err, "%s", a->why.text);
	if (a->status >= 300 && a->status < 400 && a->status != 304)
		return note_set(why, E_BAD_REQUEST, "the server points to %s (%d); not followed",
				location ? location : "nowhere", a->status);
	if (err_from_status(a->status) == OK)
		return OK;
	if (len > 0 && len < 120 && line[0] != '<')
		return note_set(why, err_from_status(a->status), "%.*s (%d)", len, line, a->status);
	/* Without words of the server's (HEAD has none) what people ask about most is said in ours. */
	if (a->status == 401 || a->status == 403 || a->status == 404)
		return note_set(why, err_from_status(a->status), "%s (%d)", err_words(err_from_status(a->status)),
				a->status);
	return note_set(why, err_from_status(a->status), "%s (%d)", status_reason(a->status), a->status);
}
