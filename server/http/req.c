#include "server/http/req.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/httpdate.h"
#include "common/log.h"
#include "server/http/forwarded.h"
#include "server/http/req_priv.h"

enum { NAME_SIZE = 128 }; /* of who a certificate is for; users' names are shorter */

/* ---- life ---- */

/* For the span of a value in our own copy of the head: what follows it is its CR or a blank, read and done with. */
static void terminate_values(struct head *h)
{
	for (size_t i = 0; i < h->field_count; i++)
		((char *)(uintptr_t)h->fields[i].value.ptr)[h->fields[i].value.len] = '\0';
}

static enum err read_target(struct req *r)
{
	if (r->head.is_connect || span_is(r->head.target, "*")) {
		r->target = (struct target){ .path = "*" };
		return OK;
	}
	return uri_to_target(r->head.target, r->arena, &r->target);
}

/* By way of a trusted proxy: what it says of the client takes the place of what we see. */
static void read_forwarded(struct req *r)
{
	const struct cidr_list *proxies = carrier_trusted(r->home->carrier);
	struct forwarded_fields fields;
	struct forwarded f;

	if (!cidr_has(proxies, span_of(r->peer)))
		return;
	fields = (struct forwarded_fields){ req_header(r, "Forwarded"), req_header(r, "X-Forwarded-For"),
					    req_header(r, "X-Forwarded-Proto"), req_header(r, "X-Forwarded-Host") };
	forwarded_read(&fields, proxies, &f);
	if (f.peer.len)
		r->peer = arena_span(r->arena, f.peer);
	if (f.has_proto)
		r->is_tls = f.is_https;
	r->outside_host = f.host;
}

void req_begin(void *arg, struct wire *w, const struct head *h, struct arena *arena)
{
	struct server_loop *home = arg;
	struct req *r = arena_zalloc(arena, sizeof *r);
	enum err e;

	r->magic = REQ_MAGIC;
	r->home = home;
	r->wire = w;
	r->arena = arena;
	r->head = *h;
	r->method = method_from_span(h->method);
	r->text = buf_new_secret(0);
	r->peer = arena_strdup(arena, wire_peer(w));
	r->user = r->client = "";
	r->id = home->count++ * 64 + home->loop->index + 1;
	r->began_ns = clock_monotonic_ns();
	r->is_tls = wire_is_tls(w);
	r->is_admin = wire_is_admin(w);
	terminate_values(&r->head);
	read_forwarded(r);
	home->requests++;
	counter_add(&home->stats.begun, 1);
	wire_attach(w, r);
	if ((e = read_target(r)) != OK)
		req_reply_error(r, e, NULL);
	else
		server_handle(r);
}

void req_set_change(struct req *r, const struct req_change *c)
{
	char before[DIGEST_HEX_SIZE] = "", after[DIGEST_HEX_SIZE] = "";

	if (!log_wants(LOG_INFO))
		return;
	if (c->before)
		digest_hex(c->before, before);
	if (c->after)
		digest_hex(c->after, after);
	r->change = arena_printf(r->arena, " change=%" PRId64 "%s%s%s%s%s%s", c->number, c->to ? " to=" : "",
				 c->to ? QUOTED(c->to) : "", c->before ? " before=" : "", before,
				 c->after ? " after=" : "", after);
}

static void log_access(const struct req *r, int64_t took_ns)
{
	if (!log_wants(LOG_INFO))
		return;
	log_info("request id=%" PRIu64 " method=%.*s path=%s status=%d bytes_in=%" PRId64 " bytes_out=%" PRId64
		 " took_ms=%" PRId64 ".%03d user=%s client=%s peer=%s%s%s",
		 r->id, (int)r->head.method.len, r->head.method.ptr, QUOTED(r->target.path), r->status, r->bytes_in,
		 r->bytes_out, took_ns / NS_PER_MS, (int)(took_ns / 1000 % 1000), QUOTED(r->user), QUOTED(r->client),
		 r->peer, r->change ? r->change : "", r->is_gone ? " cut=1" : "");
}

void req_settle(struct req *r)
{
	struct stats_request ended;

	assert(r->magic == REQ_MAGIC);
	if (!r->is_replied || !r->is_over || r->out)
		return;
	ended =
	    (struct stats_request){ r->method, r->status, r->bytes_in, r->bytes_out, clock_monotonic_ns() - r->began_ns,
				    r->is_gone };
	stats_note(&r->home->stats, &ended);
	log_access(r, ended.took_ns);
	if (r->body)
		explicit_bzero(r->body, r->body_size);
	free(r->body);
	buf_clear(&r->text);
	r->magic = 0;
	server_forget(r);
	loop_give_arena(r->home->loop, r->arena);
}

void req_on_gone(void *user)
{
	struct req *r = user;

	assert(r->magic == REQ_MAGIC);
	r->is_gone = true;
	r->wire = NULL;
}

void req_on_sent(void *user, bool is_whole, int64_t body_bytes)
{
	struct req *r = user;

	assert(r->magic == REQ_MAGIC);
	r->wire = NULL;
	r->is_gone = !is_whole;
	r->is_over = true;
	r->bytes_out = body_bytes;
	if (r->release)
		r->release(r->release_arg);
	req_settle(r);
}

bool req_may_go_on(void *user)
{
	struct req *r = user;

	assert(r->magic == REQ_MAGIC);
	if (!r->may_go_on || r->may_go_on(r->may_go_on_arg))
		return true;
	log_info("cut reply id=%" PRIu64 " reason=\"the right to it has ended\"", r->id);
	return false;
}

void req_set_guard(struct req *r, bool (*may_go_on)(void *arg), void *arg)
{
	r->may_go_on = may_go_on;
	r->may_go_on_arg = arg;
}

/* ---- what was asked ---- */

enum method req_method(const struct req *r)
{
	return r->method;
}

struct span req_method_name(const struct req *r)
{
	return r->head.method;
}

const struct target *req_target(const struct req *r)
{
	return &r->target;
}

struct arena *req_arena(struct req *r)
{
	return r->arena;
}

/* RFC 9110 §5.3: several lines are one list. */
static struct span join(struct req *r, struct span first, const char *name, size_t from)
{
	const char *text = first.ptr;

	for (size_t i = from; i < r->head.field_count; i++)
		if (span_eq_nocase(r->head.fields[i].name, name))
			text = arena_printf(r->arena, "%s, %s", text, r->head.fields[i].value.ptr);
	return text == first.ptr ? first : span_of(text);
}

struct span req_header(struct req *r, const char *name)
{
	for (size_t i = 0; i < r->head.field_count; i++)
		if (span_eq_nocase(r->head.fields[i].name, name))
			return join(r, r->head.fields[i].value, name, i + 1);
	return (struct span){ NULL, 0 };
}

bool req_has_header(struct req *r, const char *name)
{
	return req_header(r, name).ptr != NULL;
}

const char *req_header_text(struct req *r, const char *name)
{
	return req_header(r, name).ptr;
}

static int64_t date_of(struct req *r, const char *name)
{
	struct span text = req_header(r, name);
	int64_t seconds;

	return text.ptr && httpdate_parse(text, clock_now_s(), &seconds) ? seconds : COND_NO_DATE;
}

struct cond req_cond(struct req *r)
{
	return (struct cond){ .if_match = req_header_text(r, "If-Match"),
			      .if_none_match = req_header_text(r, "If-None-Match"),
			      .if_modified_since_s = date_of(r, "If-Modified-Since"),
			      .if_unmodified_since_s = date_of(r, "If-Unmodified-Since") };
}

int64_t req_body_length(const struct req *r)
{
	return r->head.length;
}

const char *req_peer(const struct req *r)
{
	return r->peer;
}

const char *req_certificate_name(struct req *r)
{
	char name[NAME_SIZE];

	return r->wire && wire_client_name(r->wire, name, sizeof name) ? arena_strdup(r->arena, name) : NULL;
}

bool req_is_tls(const struct req *r)
{
	return r->is_tls;
}

bool req_is_admin(const struct req *r)
{
	return r->is_admin;
}

struct span req_outside_host(const struct req *r)
{
	return r->outside_host;
}

uint64_t req_id(const struct req *r)
{
	return r->id;
}

bool req_is_gone(const struct req *r)
{
	return r->is_gone;
}

void req_set_user(struct req *r, const char *user, const char *client)
{
	r->user = arena_strdup(r->arena, user);
	r->client = arena_strdup(r->arena, client);
}

const char *req_user(const struct req *r)
{
	return r->user;
}

const char *req_client(const struct req *r)
{
	return r->client;
}
