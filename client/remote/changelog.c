/*
 * What happened in a folder (versions.h): a report of our own server's in answers of some hundred changes, each printed when it is whole:
 * one that is asked for twice is not told twice.
 */
#include <stdlib.h>
#include <string.h>

#include "client/remote/davask.h"
#include "client/remote/versions.h"
#include "common/clock.h"
#include "common/path.h"
#include "common/uri.h"
#include "common/when.h"

enum { CHANGES_MOST = 10000 /* in one answer; our server sends less */ };

struct one {
	struct change change; /* its texts are below */
	char *texts[6];
};

struct page {
	struct http *http;
	struct one *list;
	size_t count, room;
	int64_t before; /* go on before this one; 0: that was all */
};

const char *versions_on_remote(struct http *h, const char *path)
{
	autofree char *root = xstrdup(http_root(h));
	size_t len = strlen(root);

	/* The place of one user's files is the root by another name. */
	if (len < 2 || path_is_within(span_of(root), span_of("/remote.php")))
		return path;
	root[--len] = '\0';
	if (!path_is_within(span_of(path), span_of(root)))
		return NULL;
	return path[len] ? path + len : "/";
}

static void restart(void *arg)
{
	struct page *p = arg;

	for (size_t i = 0; i < p->count; i++)
		for (size_t k = 0; k < ARRAY_LEN(p->list[i].texts); k++)
			free(p->list[i].texts[k]);
	p->count = 0;
	p->before = 0;
}

static char *path_of(struct page *p, const char *href)
{
	struct arena *arena = arena_new();
	struct target target;
	const char *path = NULL;
	char *out;

	if (*href && uri_to_target(span_of(href), arena, &target) == OK)
		path = versions_on_remote(p->http, target.path);
	out = xstrdup(path ? path : "");
	arena_free(arena);
	return out;
}

static void add(struct page *p, const struct davanswer_resource *r, const char *path, int64_t number)
{
	struct one *one;
	int64_t made_ns = 0;

	if (p->count == p->room) {
		p->room = MAX(2 * p->room, (size_t)64);
		p->list = xrealloc(p->list, p->room * sizeof *p->list);
	}
	one = &p->list[p->count++];
	one->texts[0] = xstrdup(r->texts[DAVANSWER_CHANGE]);
	one->texts[1] = xstrdup(path);
	one->texts[2] = path_of(p, r->texts[DAVANSWER_FROM]);
	one->texts[3] = versions_bare_tag(r->etag);
	one->texts[4] = xstrdup(r->texts[DAVANSWER_AUTHOR]);
	one->texts[5] = xstrdup(r->texts[DAVANSWER_CLIENT]);
	(void)when_parse(span_of(r->texts[DAVANSWER_CREATED]), false, 0, &made_ns);
	one->change = (struct change){ number,        made_ns / NS_PER_S, one->texts[0], one->texts[1], one->texts[2],
				       one->texts[3], one->texts[4],      one->texts[5], r->has_slash };
}

static enum err take(void *arg, const struct davanswer_resource *r)
{
	struct page *p = arg;
	const char *path = versions_on_remote(p->http, r->path);
	int64_t number;

	if (r->status != 200 || p->before || !span_to_int64(span_of(r->texts[DAVANSWER_NUMBER]), &number) || number < 1)
		return E_BAD_REQUEST;
	if (!*r->texts[DAVANSWER_CHANGE]) {
		p->before = number;
		return OK;
	}
	if (p->count == CHANGES_MOST)
		return E_TOO_LARGE;
	if (path)
		add(p, r, path, number);
	return OK;
}

/* `before` 0: from the last one on. */
static enum err ask(struct page *p, const char *path, int64_t before, struct note *why)
{
	struct arena *arena = arena_new();
	autofree char *body =
	    before
		? xasprintf(
		      "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<s:changes xmlns:s=\"urn:x-syncd:\"><s:before>%lld"
		      "</s:before></s:changes>\n",
		      (long long)before)
		: xstrdup("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<s:changes xmlns:s=\"urn:x-syncd:\"/>\n");
	struct davask ask = {
		.method = "REPORT",
		.depth = "0",
		.body = body,
		.target = xasprintf("%s%s", uri_encode_path(span_of(path), arena) + 1, path[1] ? "/" : ""),
		.take = take,
		.restart = restart,
		.arg = p,
	};
	enum err e = davask(p->http, &ask, why);

	arena_free(arena);
	if (e == OK && before && p->before >= before)
		e = note_set(why, E_BAD_REQUEST, "the server's changes go round in circles");
	return e;
}

enum err versions_ask_changes(struct http *h, const char *path, change_fn *fn, void *arg, struct note *why)
{
	struct page page = { .http = h };
	int64_t before = 0;
	bool go_on = true;
	enum err e = OK;

	do {
		e = ask(&page, path, before, why);
		for (size_t i = 0; i < page.count && e == OK && go_on; i++)
			go_on = fn(arg, &page.list[i].change);
		before = page.before;
		restart(&page);
	} while (e == OK && go_on && before);
	free(page.list);
	return e;
}
