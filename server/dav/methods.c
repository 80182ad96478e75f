#include "server/dav/methods.h"

#include "common/clock.h"
#include "common/log.h"
#include "server/dav/call.h"
#include "server/dav/kept.h"
#include "server/dav/parts.h"
#include "server/dav/past.h"
#include "server/dav/place.h"
#include "server/http/rate.h"

#include <stdlib.h>
#include <string.h>

/*
 * SAYS_SO: what one may not read is 403, be it there or not: a client that syncs must not take it for gone (protocol.md).
 * NEED_WHOLE: takes everything below along, so seeing the way down to some of it is not enough.
 */
enum { NEED_READ = 1, NEED_WRITE = 2, NO_QUERY = 4, SAYS_SO = 8, NEED_WHOLE = 16 };

/* What a resource must be for a method to be in its Allow. */
enum { ON_FILE = 1, ON_COLLECTION = 2, ON_NOTHING = 4, ON_ANY = 7 };

/* Allow, rights and the query rule follow from the row. */
static const struct dav_method {
	enum method method;
	void (*run)(struct call *c);
	unsigned needs;
	unsigned on;
} methods[] = {
	{ METHOD_OPTIONS, dav_options, 0, ON_ANY },
	{ METHOD_GET, dav_get, NEED_READ, ON_FILE | ON_COLLECTION },
	{ METHOD_HEAD, dav_get, NEED_READ, ON_FILE | ON_COLLECTION },
	{ METHOD_PUT, dav_put, NEED_WRITE | NO_QUERY, ON_FILE | ON_NOTHING },
	{ METHOD_PATCH, dav_patch, NEED_WRITE | NO_QUERY, ON_FILE },
	{ METHOD_DELETE, dav_delete, NEED_WRITE | NO_QUERY, ON_FILE | ON_COLLECTION },
	{ METHOD_PROPFIND, dav_propfind, NEED_READ, ON_FILE | ON_COLLECTION },
	{ METHOD_PROPPATCH, dav_proppatch, NEED_WRITE | NO_QUERY, ON_FILE | ON_COLLECTION },
	{ METHOD_COPY, dav_copy, NEED_READ | NEED_WHOLE | NO_QUERY, ON_FILE | ON_COLLECTION },
	{ METHOD_MOVE, dav_move, NEED_WRITE | NO_QUERY, ON_FILE | ON_COLLECTION },
	{ METHOD_LOCK, dav_lock, NEED_WRITE | NO_QUERY, ON_ANY },
	{ METHOD_UNLOCK, dav_unlock, NEED_WRITE | NO_QUERY, ON_FILE | ON_COLLECTION },
	{ METHOD_REPORT, dav_report, NEED_READ | SAYS_SO, ON_FILE | ON_COLLECTION },
	{ METHOD_MKCOL, dav_mkcol, NEED_WRITE | NO_QUERY, ON_NOTHING },
};

static const struct dav_method *method_row(enum method m)
{
	for (size_t i = 0; i < ARRAY_LEN(methods); i++)
		if (methods[i].method == m)
			return &methods[i];
	return NULL;
}

static const char *allow_for(struct arena *arena, unsigned on)
{
	const char *text = "";

	for (size_t i = 0; i < ARRAY_LEN(methods); i++)
		if (methods[i].on & on)
			text = arena_printf(arena, "%s%s%s", text, *text ? ", " : "", method_name(methods[i].method));
	return text;
}

const char *dav_allow(const struct call *c)
{
	unsigned on = ON_NOTHING;

	if (!c->path.len || !c->access)
		on = ON_ANY; /* asked without credentials, or for the server as a whole: tells nothing of the path */
	else if (c->exists)
		on = c->node.kind == STORE_FILE ? ON_FILE : ON_COLLECTION;
	return allow_for(req_arena(c->req), on);
}

void dav_options(struct call *c)
{
	req_set_header(c->req, "Allow", dav_allow(c));
	req_set_header(c->req, "Accept-Ranges", "bytes");
	req_set_header(c->req, "Accept-Patch", DAV_PATCH_TYPE); /* RFC 5789 §3.1 */
	/* The URL announces the property `executable`: neon looks for it before it sets it. */
	req_set_header(c->req, "DAV",
		       "1, 2, 3, extended-mkcol, sabredav-partialupdate, <http://apache.org/dav/propset/fs/1>");
	req_set_header(c->req, "MS-Author-Via", "DAV"); /* or Microsoft's clients look for FrontPage */
	/* Our own client trusts these; only what this build has (protocol.md). */
	req_set_header(c->req, "Sync-Features",
		       "digest-etag, collection-etag, listing, login, dav, sync-collection, events, "
		       "versions, trash, at, undo");
	req_reply(c->req, 200);
}

/* The right that the row needs, before anything is told about the path: what one may not read is not there. */
static enum err check_rights(const struct call *c, const struct dav_method *row)
{
	bool is_reserved = path_is_reserved(c->path);

	if (row && row->needs & SAYS_SO && c->level < ACCESS_READ)
		return E_FORBIDDEN;
	if (c->level == ACCESS_NONE)
		return E_NOT_FOUND;
	if (row && row->needs & NEED_WHOLE && c->level < ACCESS_READ)
		return E_FORBIDDEN;
	if (row && row->needs & NEED_WRITE)
		return is_reserved || c->level != ACCESS_WRITE ? E_FORBIDDEN : OK;
	return is_reserved ? E_NOT_FOUND : OK;
}

/* Does the method make what is not there? */
static bool makes(const struct dav_method *row)
{
	return row->needs & NEED_WRITE && row->on & ON_NOTHING;
}

/* What is at the path is known: the method's turn. */
static void run_on(struct call *c)
{
	enum err e;

	if (!c->row)
		call_reply_error(c, E_METHOD, NULL);
	else if (!c->exists && makes(c->row) && (e = call_check_new(c, c->path)) != OK)
		call_reply_error(c, e, NULL);
	else if (c->row->needs & NO_QUERY && req_target(c->req)->has_query)
		call_reply_error(c, E_BAD_REQUEST, "a change takes no query");
	else if (call_read_if(c))
		c->row->run(c);
}

static void run(struct call *c)
{
	const struct dav_method *row = c->row;
	enum err e = check_rights(c, row);

	if (e != OK) {
		req_reply_error(c->req, e, NULL);
		return;
	}
	if (past_is_asked(c)) {
		past_find(c, run_on);
		return;
	}
	e = store_lookup(c->dav->store, c->path, &c->node);
	c->exists = e == OK;
	c->missing = e;
	if (e != OK && e != E_NOT_FOUND && e != E_CONFLICT)
		call_reply_error(c, e, NULL);
	else
		run_on(c);
}

/* Within what one user may ask for, by whatever token and address? */
static bool has_turn(const struct call *c)
{
	struct digest name = digest_of(access_user(c->access), strlen(access_user(c->access)));
	uint64_t key;

	memcpy(&key, name.bytes, sizeof key);
	return rate_take(c->dav->rate, key, call_options(c)->requests_per_user, clock_monotonic_ns());
}

/*
 * What is being sent was the caller's to read when it was asked for.  A listing was made for what he could see then; a file's content
 * does not depend on it.  A store that cannot say now is asked again.
 */
static bool may_go_on(void *arg)
{
	const struct call *c = arg;
	const struct access *now;
	enum err e = auth_renew(c->dav->auth, c->access, &now);

	if (e != OK)
		return e != E_UNAUTHENTICATED;
	if (access_sees_same(c->access, now))
		return true;
	return c->exists && c->node.kind == STORE_FILE && !c->is_kept && access_may_read(now, c->path);
}

/* Step 4 is done: who asks is known, or nobody. */
static void identified(void *arg, enum err e, const struct access *access)
{
	struct call *c = arg;
	struct place place;

	c->access = access;
	if (e == OK)
		req_set_guard(c->req, may_go_on, c);
	if (e == E_UNAUTHENTICATED) {
		auth_challenge(c->req, NULL);
	} else if (e != OK) {
		call_reply_error(c, e, NULL);
	} else if (!has_turn(c)) {
		call_reply_error(c, E_TOO_MANY, NULL);
	} else if (parts_is_place(span_of(req_target(c->req)->path))) {
		dav_parts(c);
	} else if (place_of_path(c, span_of(req_target(c->req)->path), &place) != OK) {
		call_reply_error(c, E_NOT_FOUND, NULL);
	} else {
		c->path = place.path;
		c->prefix = place.prefix;
		c->row = method_row(req_method(c->req));
		c->level = access_level(c->access, c->path);
		if (span_is(c->path, DAV_UNDO) && !*c->prefix)
			dav_undo(c);
		else if (kept_is_one(c))
			kept_handle(c);
		else
			run(c);
	}
}

void dav_handle(struct dav *d, struct req *r)
{
	struct call *c = arena_zalloc(req_arena(r), sizeof *c);

	c->dav = d;
	c->req = r;
	c->prefix = "";
	if (req_method(r) == METHOD_UNKNOWN) {
		req_reply_error(r, E_NOT_IMPLEMENTED, NULL);
		return;
	}
	/* Never offered to anybody, so credentials do not matter (TRACE would echo them). */
	if (req_method(r) == METHOD_TRACE || req_method(r) == METHOD_CONNECT) {
		call_reply_error(c, E_METHOD, NULL);
		return;
	}
	if (req_method(r) == METHOD_OPTIONS) {
		dav_options(c);
		return;
	}
	auth_identify(d->auth, r, identified, c);
}

struct dav *dav_new(struct store *store, struct auth *auth, const struct dav_options *options)
{
	struct dav *d = xcalloc(1, sizeof *d);

	d->store = store;
	d->auth = auth;
	d->rate = rate_new();
	dav_set_options(d, options);
	return d;
}

void dav_set_options(struct dav *d, const struct dav_options *options)
{
	atomic_store(&d->options, options);
}

void dav_free(struct dav *d)
{
	if (d)
		rate_free(d->rate);
	free(d);
}
