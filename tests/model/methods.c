#include "tests/model/methods.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/sync/treepath.h"
#include "common/digestfield.h"
#include "common/uri.h"

enum { PIECE = 7, LARGE_PIECE = 1000, FIELDS = 400 };

static const struct dialect *dialect;

/* ---- answers ---- */

static void add_line(struct http_request *req, const char *line, size_t len)
{
	enum err e = answer_line(&req->answer, (struct span){ line, len });

	assert(e == OK);
}

void methods_say(struct http_request *req, int status, const struct tree_node *node)
{
	char line[64], fields[FIELDS] = "", *at = fields;

	answer_reset(&req->answer);
	req->answer.err = OK;
	add_line(req, line, (size_t)snprintf(line, sizeof line, "HTTP/1.1 %d X\r\n", status));
	if (node)
		dialect->describe(node, fields, sizeof fields);
	while (*at) {
		size_t len = strcspn(at, "\n") + 1;

		add_line(req, at, len);
		at += len;
	}
	add_line(req, "\r\n", 2);
}

void methods_give(struct http_request *req, const char *bytes, size_t len)
{
	enum err e = OK;
	size_t piece = len > LARGE_PIECE ? LARGE_PIECE : PIECE;

	for (size_t at = 0; at < len && e == OK; at += piece)
		e = req->body(req, bytes + at, MIN(len - at, piece));
	if (e != OK)
		req->answer.err = e;
}

const char *methods_field(const struct http_request *req, const char *name)
{
	for (size_t i = 0; i < req->field_count; i++)
		if (strcmp(req->fields[i].name, name) == 0)
			return req->fields[i].value;
	return NULL;
}

static bool read_text(struct http_request *req, char *out, size_t size)
{
	size_t len = 0;
	ssize_t n;

	if (req->again && !req->again(req))
		return false;
	if (req->text)
		return snprintf(out, size, "%s", req->text) < (int)size;
	while (len < size - 1 && (n = req->read(req, out + len, MIN(size - 1 - len, (size_t)PIECE))) != 0) {
		if (n < 0)
			return false;
		len += (size_t)n;
	}
	out[len] = '\0';
	return (int64_t)len == req->body_bytes;
}

/* ---- methods ---- */

/* The path below the collection that a target or a URL names; "" the collection. */
static char *path_of(const char *target)
{
	struct arena *arena = arena_new();
	struct target parsed;
	const char *at = strstr(target, METHODS_ROOT);
	autofree char *whole = xasprintf("/%s", at ? at + strlen(METHODS_ROOT) : "");
	enum err e = uri_to_target(span_of(whole), arena, &parsed);
	char *path = e == OK ? xstrdup(parsed.path + 1) : NULL;

	assert(path);
	arena_free(arena);
	return path;
}

static int refuses(const struct http_request *req, const struct tree_node *n, const char *path)
{
	return dialect->is_locked(req, path) ? 423 : dialect->refuses(req, n, path);
}

static void do_get(struct http_request *req, const char *path)
{
	const struct tree_node *n = tree_find(path);
	int refused = dialect->refuses(req, n, path);

	if (!n || n->kind != PLAN_FILE) {
		methods_say(req, n ? 405 : 404, NULL);
		return;
	}
	methods_say(req, refused ? refused : 200, n);
	if (req->again && !req->again(req))
		req->answer.err = E_IO;
	else if (req->answer.status == 200)
		methods_give(req, n->text, strlen(n->text));
}

static void do_put(struct http_request *req, const char *path)
{
	struct tree_node *n = tree_find(path);
	const char *digest_field = methods_field(req, "Repr-Digest");
	int refused = refuses(req, n, path);
	char text[TREE_TEXT], formatted[DIGESTFIELD_SIZE];
	struct digest digest;

	if ((n && n->kind == PLAN_FOLDER) || !tree_has_parent(path)) {
		methods_say(req, n ? 405 : 409, NULL);
		return;
	}
	if (refused) {
		methods_say(req, refused, n);
		return;
	}
	if (!read_text(req, text, sizeof text)) {
		req->answer.err = E_IO;
		return;
	}
	digest = digest_of(text, strlen(text));
	if (digest_field && strcmp(digest_field, digestfield_format(&digest, formatted)) != 0) {
		methods_say(req, 400, NULL);
		return;
	}
	refused = n ? 204 : 201;
	if (!n)
		n = tree_add(path, PLAN_FILE);
	tree_write(n, text);
	dialect->changed();
	methods_say(req, refused, n);
}

static void do_mkcol(struct http_request *req, const char *path)
{
	if (tree_find(path) || !tree_has_parent(path) || dialect->is_locked(req, path)) {
		methods_say(req, tree_find(path) ? 405 : tree_has_parent(path) ? 423 : 409, NULL);
		return;
	}
	tree_add(path, PLAN_FOLDER);
	methods_say(req, 201, NULL);
	dialect->changed();
}

static void do_delete(struct http_request *req, const char *path)
{
	const struct tree_node *n = tree_find(path);
	int refused = refuses(req, n, path);

	if (!n || refused) {
		methods_say(req, n ? refused : 404, n);
		return;
	}
	methods_say(req, 204, n);
	tree_drop(path);
	dialect->changed();
}

static void do_move(struct http_request *req, const char *path)
{
	const struct tree_node *n = tree_find(path);
	autofree char *target = path_of(methods_field(req, "Destination"));
	int refused = dialect->is_locked(req, target) ? 423 : refuses(req, n, path);

	if (!n || refused || tree_find(target) || !tree_has_parent(target) || treepath_is_below(target, path)) {
		methods_say(req, !n ? 404 : refused ? refused : tree_find(target) ? 412 : 409, NULL);
		return;
	}
	tree_move(path, target);
	methods_say(req, 201, NULL);
	dialect->changed();
}

static const struct method common[] = { { "GET", do_get },       { "PUT", do_put },   { "MKCOL", do_mkcol },
					{ "DELETE", do_delete }, { "MOVE", do_move }, { NULL, NULL } };

static const struct method *find(const struct method *m, const char *name)
{
	while (m->name && strcmp(m->name, name) != 0)
		m++;
	return m->name ? m : NULL;
}

void methods_serve(const struct dialect *d, struct http_request *req)
{
	const struct method *m = find(d->more, req->method);
	autofree char *path = path_of(req->target);

	dialect = d;
	if (!m)
		m = find(common, req->method);
	if (m)
		m->fn(req, path);
	else
		methods_say(req, 501, NULL);
}
