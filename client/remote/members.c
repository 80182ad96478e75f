#include "client/remote/members.h"

#include <stdlib.h>
#include <string.h>

#include "common/path.h"
#include "common/uri.h"

/* One question, until its end; given again as long as the server wants a slash. */
struct reading {
	struct http *http;
	struct http_request req;
	char *path, *root; /* below the remote's root, and on the server */
	char *query;       /* "", or "?at=..." */
	bool has_slash, is_deep;
	const char *ask;
	size_t taken_bytes;
	struct davanswer *answer;
	struct members found, *out;
	struct note text, *why;
	members_done_fn *done;
	void *arg;
};

void members_clear(struct members *m)
{
	listing_clear(&m->list);
	free(m->self.name);
	free(m->self.etag);
	free(m->lock_token);
	free(m->lock_owner);
	memset(m, 0, sizeof *m);
}

static struct listing_entry entry_of(const struct davanswer_resource *r)
{
	struct listing_entry e = {
		.has_kind = r->has_kind, .is_folder = r->is_folder, .size_bytes = r->size_bytes, .mtime_s = r->mtime_s
	};

	e.etag = *r->etag ? xstrdup(r->etag) : NULL;
	e.name = span_dup(path_name(span_of(r->path)));
	return e;
}

static enum err take_self(struct reading *g, const struct davanswer_resource *r)
{
	struct members *m = g->out;

	if (m->is_found)
		return note_set(g->why, E_BAD_REQUEST, "the server lists %.200s twice", r->path);
	m->is_found = true;
	m->is_folder = r->is_folder;
	m->self = entry_of(r);
	m->is_locked = r->is_locked;
	m->lock_token = *r->lock.token ? xstrdup(r->lock.token) : NULL;
	m->lock_owner = *r->lock.owner ? xstrdup(r->lock.owner) : NULL;
	m->lock_timeout_s = r->lock.timeout_s;
	return OK;
}

static enum err take_resource(void *arg, const struct davanswer_resource *r)
{
	struct reading *g = arg;
	struct span path = span_of(r->path);
	struct listing_entry entry;

	if (r->status != 200)
		return note_set(g->why, E_BAD_REQUEST, "the server does not tell of %.200s (%d)", r->path, r->status);
	if (strcmp(r->path, g->root) == 0)
		return take_self(g, r);
	if (!span_is(path_parent(path), g->root))
		return note_set(g->why, E_BAD_REQUEST, "the server lists %.200s, which was not asked for", r->path);
	entry = entry_of(r);
	g->taken_bytes += sizeof entry + strlen(entry.name) + (entry.etag ? strlen(entry.etag) : 0);
	listing_add_entry(&g->out->list, &entry);
	return g->taken_bytes <= MEMBERS_LIMIT
		   ? OK
		   : note_set(g->why, E_TOO_LARGE, "the folder has more names than fit in %d MiB", MEMBERS_LIMIT >> 20);
}

/* ---- the request ---- */

static enum err take_bytes(struct http_request *req, const void *bytes, size_t len)
{
	struct reading *g = req->arg;
	enum err e;

	if (req->answer.status != 207)
		return OK; /* a page instead: its status says enough */
	e = davanswer_add(g->answer, bytes, len);
	if (e != OK && !g->why->text[0])
		return note_set(g->why, e, "the answer to PROPFIND cannot be read");
	return e;
}

static bool start_over(struct http_request *req)
{
	struct reading *g = req->arg;

	davanswer_free(g->answer);
	g->answer = davanswer_new(take_resource, g);
	g->taken_bytes = 0;
	members_clear(g->out);
	return true;
}

static int by_name(const void *a, const void *b)
{
	const struct listing_entry *x = a, *y = b;

	return strcmp(x->name, y->name);
}

/*
 * A name that only a lock keeps (RFC 2518 §7.4: a lock-null resource) is none: Apache lists it though, and beside the file of that name when
 * its lists of these got confused.  It has neither length nor date nor tag, which every file has there.
 */
static void drop_reserved(struct listing *l)
{
	size_t kept = 0;

	for (size_t i = 0; i < l->count; i++) {
		struct listing_entry e = l->entries[i];
		bool has_twin = (kept && strcmp(l->entries[kept - 1].name, e.name) == 0) ||
				(i + 1 < l->count && strcmp(l->entries[i + 1].name, e.name) == 0);

		if (has_twin && listing_is_bare(&e))
			continue;
		l->entries[i] = l->entries[kept];
		l->entries[kept++] = e;
	}
	while (l->count > kept)
		free(l->entries[--l->count].name);
}

static enum err finish(struct reading *g)
{
	struct listing *l = &g->out->list;

	if (davanswer_end(g->answer) != OK)
		return note_set(g->why, E_BAD_REQUEST, "the answer to PROPFIND is cut off");
	if (!g->out->is_found)
		return note_set(g->why, E_BAD_REQUEST, "the server lists other things than what was asked for");
	if (l->count)
		qsort(l->entries, l->count, sizeof *l->entries, by_name);
	drop_reserved(l);
	for (size_t i = 1; i < l->count; i++)
		if (strcmp(l->entries[i - 1].name, l->entries[i].name) == 0)
			return note_set(g->why, E_BAD_REQUEST, "the server lists %.200s twice", l->entries[i].name);
	return OK;
}

static bool wants_slash(const struct answer *a)
{
	return a->status == 301 || a->status == 302 || a->status == 307 || a->status == 308;
}

static enum err judge(struct reading *g, const struct http_request *req)
{
	const struct answer *a = &req->answer;
	struct note why = { "" };
	enum err e = http_status_err(a, &why);

	if (g->why->text[0])
		return a->err != OK ? a->err : E_BAD_REQUEST;
	if (a->status == 405 || a->status == 501)
		return note_set(g->why, E_BAD_REQUEST, "this server has no PROPFIND: it cannot be asked for this");
	if (e != OK)
		return note_set(g->why, e, "%s", why.text);
	if (a->status != 207)
		return note_set(g->why, E_BAD_REQUEST, "no answer to PROPFIND (%d)", a->status);
	return finish(g);
}

/* The path on the server of what is at `path` below the remote's root. */
static char *whole_path(const struct http *h, const char *path)
{
	struct arena *arena = arena_new();
	struct target root;
	char *whole = NULL;

	if (uri_to_target(span_of(http_root(h)), arena, &root) == OK)
		whole = strcmp(path, "/") == 0 ? xstrdup(root.path)
					       : xasprintf("%s%s", root.path[1] ? root.path : "", path);
	arena_free(arena);
	return whole ? whole : xstrdup(path);
}

static void ask(struct reading *g);

static void finish_request(struct http_request *req)
{
	struct reading *g = req->arg;
	bool again = wants_slash(&req->answer) && !g->has_slash;
	enum err e = again ? OK : judge(g, req);

	http_request_clear(req);
	if (again) {
		g->has_slash = true;
		ask(g);
		return;
	}
	davanswer_free(g->answer);
	g->done(g->arg, e, g->why, g->out);
	free(g->path);
	free(g->root);
	free(g->query);
	free(g);
}

static void ask(struct reading *g)
{
	struct arena *arena = arena_new();
	struct http_request *req = &g->req;

	g->why->text[0] = '\0';
	http_request_init(
	    req, "PROPFIND",
	    xasprintf("%s%s%s", uri_encode_path(span_of(g->path), arena) + 1, g->has_slash ? "/" : "", g->query));
	http_request_set(req, "Depth", g->is_deep ? "1" : "0");
	http_request_set(req, "Content-Type", "application/xml; charset=utf-8");
	http_request_text(req, g->ask);
	req->body = take_bytes;
	req->again = start_over;
	req->done = finish_request;
	req->arg = g;
	start_over(req);
	http_start(g->http, req);
	arena_free(arena);
}

/* Takes `query`. */
static void start(struct http *h, const char *path, char *query, bool is_folder, bool is_deep, members_done_fn *done,
		  void *arg)
{
	struct reading *g = xcalloc(1, sizeof *g);

	*g = (struct reading){ .http = h, .query = query, .is_deep = is_deep, .done = done, .arg = arg };
	g->path = xstrdup(path);
	g->root = whole_path(h, path);
	g->has_slash = is_folder && path[1];
	g->ask = is_deep ? davanswer_ask : davanswer_ask_locks;
	g->out = &g->found;
	g->why = &g->text;
	listing_init(&g->found.list);
	ask(g);
}

void members_start(struct http *h, const char *path, bool is_folder, bool is_deep, members_done_fn *done, void *arg)
{
	start(h, path, xstrdup(""), is_folder, is_deep, done, arg);
}

struct answer_here {
	enum err error;
	struct members *out;
	struct note *why;
};

static void keep_here(void *arg, enum err e, const struct note *why, struct members *m)
{
	struct answer_here *here = arg;

	here->error = e;
	*here->why = *why;
	*here->out = *m;
}

enum err members_ask(struct http *h, const char *path, bool is_folder, bool is_deep, struct members *out,
		     struct note *why)
{
	struct answer_here here = { E_INTERRUPTED, out, why };

	memset(out, 0, sizeof *out);
	members_start(h, path, is_folder, is_deep, keep_here, &here);
	http_run(h, NULL, NULL);
	return here.error;
}

enum err members_ask_at(struct http *h, const char *path, const char *at, struct members *out, struct note *why)
{
	struct answer_here here = { E_INTERRUPTED, out, why };

	memset(out, 0, sizeof *out);
	start(h, path, at ? xasprintf("?at=%s", at) : xstrdup(""), true, true, keep_here, &here);
	http_run(h, NULL, NULL);
	return here.error;
}
