#include "server/dav/kept.h"

#include <inttypes.h>
#include <string.h>

#include "server/dav/past.h"
#include "server/store/store_history.h"

struct kept {
	struct call *call;
	bool is_trash;
	int64_t id;           /* of a version */
	struct span name;     /* of something in the trash, "1041-notes.txt" */
	struct span below;    /* "/a/b", or "/" */
	struct arena *arena;  /* the worker's */
	const char *original; /* where it is now */
	bool may_write;
	enum err error;
};

bool kept_is_one(const struct call *c)
{
	return !*c->prefix &&
	       (path_is_within(c->path, span_of(DAV_VERSIONS)) || path_is_within(c->path, span_of(DAV_TRASH)));
}

const char *kept_trash_name(struct arena *arena, int64_t number, const char *name)
{
	return arena_printf(arena, "%" PRId64 "-%s", number, name);
}

bool kept_may_read(const struct call *c, struct span then, struct span now)
{
	return access_may_read(c->access, then) && access_may_read(c->access, now);
}

/* ---- which one ---- */

static struct span cut(struct span path, size_t len)
{
	return (struct span){ path.ptr + len, path.len - len };
}

/* "/<uuid>/<number>/below".  False: no such URL. */
static bool parse_version(struct kept *k, struct span rest)
{
	struct call *c = k->call;
	struct span uuid, number;

	if (!path_next(&rest, &uuid) || !path_next(&rest, &number) || !span_to_int64(number, &c->at) || c->at < 0)
		return false;
	k->id = store_resource_node(c->dav->store,
				    span_of(arena_printf(req_arena(c->req), "urn:uuid:%.*s", (int)uuid.len, uuid.ptr)));
	c->prefix = arena_printf(req_arena(c->req), DAV_VERSIONS "/%.*s", (int)uuid.len, uuid.ptr);
	c->path = cut(c->path, strlen(c->prefix));
	k->below = rest.len ? rest : span_of("/");
	c->is_past = true;
	return k->id > 0;
}

/* "/<number>-<name>/below". */
static bool parse_trash(struct kept *k, struct span rest)
{
	struct call *c = k->call;
	struct span number;

	if (!path_next(&rest, &k->name))
		return false;
	number = k->name;
	number.len = strspn(number.ptr, "0123456789");
	c->prefix = DAV_TRASH;
	c->path = cut(c->path, strlen(c->prefix));
	k->below = rest.len ? rest : span_of("/");
	return number.len < k->name.len && k->name.ptr[number.len] == '-' && span_to_int64(number, &c->at);
}

/* ---- finding it; on a worker ---- */

static enum err find_version(struct kept *k)
{
	struct call *c = k->call;
	struct span then, now;
	enum err e = store_node_at(c->dav->store, k->id, c->at, k->arena, &c->node, &then, &now);

	if (e == OK && !span_is(k->below, "/")) {
		int64_t top = c->node.id;

		if ((e = store_lookup_below_at(c->dav->store, top, k->below, c->at, &c->node)) == OK)
			e = store_node_at(c->dav->store, c->node.id, c->at, k->arena, &c->node, &then, &now);
	}
	if (e != OK || c->at > store_head(c->dav->store) || !kept_may_read(c, then, now))
		return e == OK ? E_NOT_FOUND : e;
	k->original = uri_encode_path(now, k->arena);
	if (c->node.kind == STORE_COLLECTION) {
		c->budget = (struct store_past_budget){ .left = PAST_BUDGET };
		past_sum(c, &c->node);
	}
	return OK;
}

static enum err find_trashed(struct kept *k)
{
	struct call *c = k->call;
	struct store_trashed t;
	enum err e = store_find_trashed(c->dav->store, c->at, k->arena, &t);

	if (e != OK || !span_is(k->name, kept_trash_name(k->arena, t.number, t.node.name)) ||
	    !kept_may_read(c, t.then, t.now))
		return e == OK ? E_NOT_FOUND : e;
	k->original = uri_encode_path(t.now, k->arena);
	k->may_write = access_may_write(c->access, t.then) && access_may_write(c->access, t.now);
	c->node = t.node;
	return span_is(k->below, "/") ? OK : store_lookup_below(c->dav->store, t.node.id, k->below, &c->node);
}

static void find(void *arg) /* on a worker; nobody else has the call meanwhile */
{
	struct kept *k = arg;

	k->arena = arena_new();
	k->error = k->is_trash ? find_trashed(k) : find_version(k);
}

/* ---- what is to be done with it ---- */

struct purge {
	struct call *call;
	enum err error;
};

static void purge(void *arg) /* on a worker */
{
	struct purge *p = arg;

	p->error = store_purge(p->call->dav->store, p->call->at);
}

static void purged(void *arg)
{
	struct purge *p = arg;

	if (p->error != OK)
		call_reply_error(p->call, p->error, NULL);
	else
		req_reply(p->call->req, 204);
}

static void remove_for_good(struct call *c)
{
	struct purge *p = arena_zalloc(req_arena(c->req), sizeof *p);

	p->call = c;
	if (call_conditions(c, false) != COND_PASS)
		call_reply_stale(c, call_tag(c));
	else
		req_work(c->req, purge, purged, p);
}

static void refuse(struct call *c, bool is_trash)
{
	req_set_header(c->req, "Allow",
		       is_trash ? "OPTIONS, GET, HEAD, PROPFIND, MOVE, DELETE" : "OPTIONS, GET, HEAD, PROPFIND, COPY");
	req_reply_error(c->req, E_METHOD, NULL);
}

static void run(struct kept *k)
{
	struct call *c = k->call;
	enum method m = req_method(c->req);
	bool is_itself = span_is(k->below, "/");

	if (m == METHOD_COPY && !k->is_trash)
		kept_restore(c);
	else if (m == METHOD_MOVE && k->is_trash && is_itself)
		kept_undelete(c);
	else if (m == METHOD_DELETE && k->is_trash && is_itself && !k->may_write)
		call_reply_error(c, E_FORBIDDEN, NULL);
	else if (m == METHOD_DELETE && k->is_trash && is_itself)
		remove_for_good(c);
	else if (m != METHOD_GET && m != METHOD_HEAD && m != METHOD_PROPFIND)
		refuse(c, k->is_trash);
	else if (call_read_if(c))
		(m == METHOD_PROPFIND ? dav_propfind : dav_get)(c);
}

static void found(void *arg)
{
	struct kept *k = arg;
	struct call *c = k->call;
	const char *original = k->original ? arena_strdup(req_arena(c->req), k->original) : "";

	arena_free(k->arena);
	if (k->error != OK) {
		call_reply_error(c, k->error == E_CONFLICT ? E_NOT_FOUND : k->error, NULL);
		return;
	}
	c->exists = true;
	c->level = ACCESS_READ;
	if (!k->is_trash)
		past_set_fields(c, c->node.kind == STORE_FILE ? c->node.ctime_ns : 0, original);
	run(k);
}

static bool is_get(const struct call *c)
{
	return req_method(c->req) == METHOD_GET || req_method(c->req) == METHOD_HEAD;
}

void kept_handle(struct call *c)
{
	struct kept *k = arena_zalloc(req_arena(c->req), sizeof *k);
	struct span rest;
	bool is_known;

	k->call = c;
	k->is_trash = path_is_within(c->path, span_of(DAV_TRASH));
	c->is_kept = true;
	c->missing = E_NOT_FOUND;
	rest = cut(c->path, strlen(k->is_trash ? DAV_TRASH : DAV_VERSIONS));
	if (k->is_trash && !rest.len) {
		kept_list_trash(c);
		return;
	}
	is_known = k->is_trash ? parse_trash(k, rest) : parse_version(k, rest);
	if (!is_known)
		call_reply_error(c, E_NOT_FOUND, NULL);
	else if (req_target(c->req)->has_query && (!is_get(c) || past_is_asked(c)))
		call_reply_error(c, E_BAD_REQUEST, "what is kept takes no query");
	else
		req_work(c->req, find, found, k);
}
