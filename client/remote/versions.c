#include "client/remote/versions.h"

#include <stdlib.h>
#include <string.h>

#include "client/remote/davask.h"
#include "common/clock.h"
#include "common/path.h"
#include "common/uri.h"
#include "common/when.h"

#define XML_HEAD "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"

static const char ask_tree[] = XML_HEAD
    "<D:version-tree xmlns:D=\"DAV:\" xmlns:s=\"urn:x-syncd:\"><D:prop><D:version-name/><D:creator-displayname/>"
    "<D:creationdate/><D:getcontentlength/><D:getetag/><s:client/></D:prop></D:version-tree>\n";
static const char ask_state[] =
    XML_HEAD "<D:propfind xmlns:D=\"DAV:\"><D:prop><D:resourcetype/><D:checked-in/></D:prop>"
	     "</D:propfind>\n";
static const char ask_trash[] = XML_HEAD "<D:propfind xmlns:D=\"DAV:\" xmlns:s=\"urn:x-syncd:\"><D:prop><D:getetag/>"
					 "<s:original-path/></D:prop></D:propfind>\n";

static char *encoded(const char *path)
{
	struct arena *arena = arena_new();
	char *out = xstrdup(uri_encode_path(span_of(path), arena) + 1);

	arena_free(arena);
	return out;
}

char *versions_bare_tag(const char *etag)
{
	size_t len = strlen(etag);

	return len > 2 && etag[0] == '"' && etag[len - 1] == '"' ? xstrndup(etag + 1, len - 2) : xstrdup("");
}

/* The decoded path of an href below /.sync/, or NULL. */
static char *kept_path(const char *href)
{
	struct arena *arena = arena_new();
	struct target target;
	char *path = NULL;

	if (uri_to_target(span_of(href), arena, &target) == OK &&
	    path_is_within(span_of(target.path), span_of("/.sync")))
		path = xstrdup(target.path);
	arena_free(arena);
	return path;
}

/* ---- versions of a path ---- */

void versions_clear(struct versions *v)
{
	for (size_t i = 0; i < v->count; i++) {
		free(v->list[i].url);
		free(v->list[i].etag);
		free(v->list[i].author);
		free(v->list[i].client);
	}
	free(v->list);
	*v = (struct versions){ NULL, 0, 0 };
}

static void restart_versions(void *arg)
{
	versions_clear(arg);
}

static enum err take_version(void *arg, const struct davanswer_resource *r)
{
	struct versions *v = arg;
	struct version one = { .size_bytes = r->size_bytes };
	int64_t made_ns;

	if (r->status == 507)
		return OK; /* there are still more: the newest are enough */
	if (r->status != 200 || !span_to_int64(span_of(r->texts[DAVANSWER_NUMBER]), &one.number) ||
	    !path_is_within(span_of(r->path), span_of("/.sync")))
		return E_BAD_REQUEST;
	if (v->count == VERSIONS_LIMIT)
		return E_TOO_LARGE;
	if (v->count == v->room) {
		v->room = MAX(2 * v->room, (size_t)32);
		v->list = xrealloc(v->list, v->room * sizeof *v->list);
	}
	if (when_parse(span_of(r->texts[DAVANSWER_CREATED]), false, 0, &made_ns))
		one.made_s = made_ns / NS_PER_S;
	one.url = xstrdup(r->path);
	one.etag = versions_bare_tag(r->etag);
	one.author = xstrdup(r->texts[DAVANSWER_AUTHOR]);
	one.client = xstrdup(r->texts[DAVANSWER_CLIENT]);
	v->list[v->count++] = one;
	return OK;
}

static int newest_first(const void *a, const void *b)
{
	const struct version *x = a, *y = b;

	return (x->number < y->number) - (x->number > y->number);
}

enum err versions_ask(struct http *h, const char *path, struct versions *out, struct note *why)
{
	struct davask ask = {
		.method = "REPORT",
		.depth = "0",
		.body = ask_tree,
		.target = encoded(path),
		.take = take_version,
		.restart = restart_versions,
		.arg = out,
	};
	enum err e;

	*out = (struct versions){ NULL, 0, 0 };
	e = davask(h, &ask, why);
	if (e == OK && !out->count)
		return note_set(why, E_NOT_FOUND, "no version of it is kept");
	if (e == E_NOT_FOUND)
		(void)note_set(why, e, "nothing was ever there, or nothing of it is kept");
	if (e == OK)
		qsort(out->list, out->count, sizeof *out->list, newest_first);
	return e;
}

/* ---- a state ---- */

struct state_at {
	bool is_folder;
	char *url;
};

static void restart_state(void *arg)
{
	struct state_at *s = arg;

	free(TAKE(s->url));
}

static enum err take_state(void *arg, const struct davanswer_resource *r)
{
	struct state_at *s = arg;

	if (r->status != 200 || s->url || (s->url = kept_path(r->texts[DAVANSWER_CHECKED_IN])) == NULL)
		return E_BAD_REQUEST;
	s->is_folder = r->is_folder;
	return OK;
}

enum err versions_ask_at(struct http *h, const char *path, const char *at, bool *out_is_folder, char **out_url,
			 struct note *why)
{
	autofree char *place = encoded(path);
	struct state_at state = { .url = NULL };
	struct davask ask = {
		.method = "PROPFIND",
		.depth = "0",
		.body = ask_state,
		.target = xasprintf("%s?at=%s", place, at),
		.take = take_state,
		.restart = restart_state,
		.arg = &state,
	};
	enum err e = davask(h, &ask, why);

	if (e == E_NOT_FOUND)
		(void)note_set(why, e, "it was not there then, or what it was is not kept");
	*out_is_folder = state.is_folder;
	*out_url = state.url;
	return e;
}

/* ---- what was deleted ---- */

struct trash_search {
	const char *path, *etag; /* path: on the server; etag: NULL: any */
	char *url;
	bool is_folder;
};

static void restart_search(void *arg)
{
	struct trash_search *t = arg;

	free(TAKE(t->url));
}

/* They come in the order of their deletion, the last first. */
static enum err take_trashed(void *arg, const struct davanswer_resource *r)
{
	struct trash_search *t = arg;
	autofree char *tag = versions_bare_tag(r->etag);
	struct arena *arena = arena_new();
	struct target target;

	if (!t->url && r->status == 200 && *r->texts[DAVANSWER_ORIGINAL] &&
	    uri_to_target(span_of(r->texts[DAVANSWER_ORIGINAL]), arena, &target) == OK &&
	    strcmp(target.path, t->path) == 0 && (!t->etag || strcmp(tag, t->etag) == 0)) {
		t->url = xstrdup(r->path);
		t->is_folder = r->has_slash;
	}
	arena_free(arena);
	return OK;
}

enum err versions_ask_trash(struct http *h, const char *path, const char *etag, bool *out_is_folder, char **out_url,
			    struct note *why)
{
	struct trash_search search = { .path = path, .etag = etag };
	struct davask ask = {
		.method = "PROPFIND",
		.depth = "1",
		.body = ask_trash,
		.target = xstrdup(".sync/trash/"),
		.is_at_origin = true,
		.take = take_trashed,
		.restart = restart_search,
		.arg = &search,
	};
	enum err e = davask(h, &ask, why);

	*out_url = search.url;
	*out_is_folder = search.is_folder;
	if (e == OK && !search.url)
		return note_set(why, E_NOT_FOUND, "nothing that was deleted there is kept");
	return e;
}
