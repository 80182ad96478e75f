#include "tests/model/remote.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/sync/treepath.h"
#include "common/digestfield.h"
#include "common/uri.h"

enum { SNAPSHOTS = 4000, BODY_LIMIT = 1 << 20, PIECE = 7, HISTORY = 20000 };

#define ROOT "docs/"

static struct remote_tree now;
static struct remote_tree *snapshots[SNAPSHOTS]; /* after each change */
static size_t snapshot_count;
static unsigned epoch, next_id;
static long clock_s = 1000000000;
static unsigned char history[HISTORY]; /* by the number in the text */

const struct remote_tree *remote_now(void)
{
	return &now;
}

static unsigned number_of(const char *text)
{
	unsigned n = 0;

	sscanf(text, "content %u", &n);
	assert(n < HISTORY);
	return n;
}

bool remote_had(const char *text)
{
	return history[number_of(text)];
}

/* ---- the tree ---- */

static struct remote_node *find(const char *path)
{
	for (size_t i = 0; i < now.count; i++)
		if (strcmp(now.nodes[i].path, path) == 0)
			return &now.nodes[i];
	return NULL;
}

static bool has_parent(const char *path)
{
	autofree char *parent = treepath_parent(path);
	const struct remote_node *n = *parent ? find(parent) : NULL;

	return !*parent || (n && n->kind == PLAN_FOLDER);
}

static struct remote_node *add(const char *path, enum plan_kind kind)
{
	size_t at = 0;

	assert(now.count < REMOTE_NODES && strlen(path) < REMOTE_PATH && has_parent(path));
	while (at < now.count && treepath_compare(now.nodes[at].path, path) < 0)
		at++;
	memmove(&now.nodes[at + 1], &now.nodes[at], (now.count - at) * sizeof now.nodes[0]);
	now.count++;
	now.nodes[at] = (struct remote_node){ .kind = kind, .id = ++next_id, .mtime_s = ++clock_s };
	snprintf(now.nodes[at].path, REMOTE_PATH, "%s", path);
	return &now.nodes[at];
}

static void drop(const char *path)
{
	size_t kept = 0;

	for (size_t i = 0; i < now.count; i++)
		if (strcmp(now.nodes[i].path, path) != 0 && !treepath_is_below(now.nodes[i].path, path))
			now.nodes[kept++] = now.nodes[i];
	now.count = kept;
}

/* A folder's hash is one over all below it. */
static struct digest hash_below(const struct remote_tree *t, const char *folder)
{
	struct hasher *h = hasher_new();
	struct digest digest;

	for (size_t i = 0; i < t->count; i++) {
		const struct remote_node *n = &t->nodes[i];

		if (!treepath_is_below(n->path, folder))
			continue;
		hasher_add(h, n->path + strlen(folder), strlen(n->path + strlen(folder)));
		if (n->kind == PLAN_FILE)
			hasher_add(h, n->digest.bytes, DIGEST_SIZE);
		hasher_add(h, "", 1);
	}
	digest = hasher_finish(h);
	hasher_free(h);
	return digest;
}

static void changed(void)
{
	for (size_t i = 0; i < now.count; i++)
		if (now.nodes[i].kind == PLAN_FOLDER)
			now.nodes[i].digest = hash_below(&now, now.nodes[i].path);
	assert(snapshot_count < SNAPSHOTS);
	if (!snapshots[snapshot_count])
		snapshots[snapshot_count] = xmalloc(sizeof now);
	*snapshots[snapshot_count++] = now;
}

void remote_reset(void)
{
	now.count = snapshot_count = 0;
	next_id = 0;
	epoch++;
	memset(history, 0, sizeof history);
	changed();
}

/* ---- answers ---- */

static void say(struct http_request *req, int status, const struct digest *tag)
{
	char line[64 + DIGEST_ETAG_SIZE], text[DIGEST_ETAG_SIZE];
	enum err e;

	answer_reset(&req->answer);
	req->answer.err = OK;
	snprintf(line, sizeof line, "HTTP/1.1 %d X\r\n", status);
	e = answer_line(&req->answer, span_of(line));
	if (e == OK && tag) {
		snprintf(line, sizeof line, "ETag: %s\r\n", digest_etag(tag, text));
		e = answer_line(&req->answer, span_of(line));
	}
	if (e == OK)
		e = answer_line(&req->answer, span_of("\r\n"));
	assert(e == OK);
}

static const char *field(const struct http_request *req, const char *name)
{
	for (size_t i = 0; i < req->field_count; i++)
		if (strcmp(req->fields[i].name, name) == 0)
			return req->fields[i].value;
	return NULL;
}

static bool is_tag(const char *value, const struct digest *d)
{
	char text[DIGEST_ETAG_SIZE];

	return strcmp(value, digest_etag(d, text)) == 0;
}

/* If-Match, If-None-Match: *, and If with a resource-id, as the client sends them. */
static bool holds(const struct http_request *req, const struct remote_node *n)
{
	const char *match = field(req, "If-Match"), *list = field(req, "If");
	unsigned id = 0;

	if (match && (!n || !is_tag(match, &n->digest)))
		return false;
	if (field(req, "If-None-Match") && n)
		return false;
	if (list && sscanf(list, "(<urn:uuid:%u>", &id) == 1 && (!n || n->id != id))
		return false;
	return true;
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

/* The path below the collection that a target or a URL names. */
static char *path_of(const char *target)
{
	struct arena *arena = arena_new();
	struct target parsed;
	const char *at = strstr(target, ROOT);
	autofree char *whole = xasprintf("/%s", at + strlen(ROOT));
	enum err e = uri_to_target(span_of(whole), arena, &parsed);
	char *path = e == OK ? xstrdup(parsed.path + 1) : NULL;

	assert(path);
	arena_free(arena);
	return path;
}

typedef void method_fn(struct http_request *req, const char *path);

static void do_get(struct http_request *req, const char *path)
{
	struct remote_node *n = find(path);
	const char *text;
	enum err e = OK;

	if (!n || n->kind != PLAN_FILE) {
		say(req, n ? 405 : 404, NULL);
		return;
	}
	say(req, holds(req, n) ? 200 : 412, &n->digest);
	if (req->again && !req->again(req))
		req->answer.err = E_IO;
	text = n->text;
	for (size_t at = 0; req->answer.status == 200 && e == OK && text[at]; at += strnlen(text + at, PIECE))
		e = req->body(req, text + at, strnlen(text + at, PIECE));
	if (e != OK)
		req->answer.err = e;
}

static void do_put(struct http_request *req, const char *path)
{
	struct remote_node *n = find(path);
	const char *digest_field = field(req, "Repr-Digest");
	char text[REMOTE_TEXT], formatted[DIGESTFIELD_SIZE];
	struct digest digest;

	if ((n && n->kind == PLAN_FOLDER) || !has_parent(path)) {
		say(req, n ? 405 : 409, NULL);
		return;
	}
	if (!holds(req, n)) {
		say(req, 412, n ? &n->digest : NULL);
		return;
	}
	if (!read_text(req, text, sizeof text)) {
		req->answer.err = E_IO;
		return;
	}
	digest = digest_of(text, strlen(text));
	if (digest_field && strcmp(digest_field, digestfield_format(&digest, formatted)) != 0) {
		say(req, 400, NULL);
		return;
	}
	say(req, n ? 204 : 201, &digest);
	if (!n)
		n = add(path, PLAN_FILE);
	snprintf(n->text, sizeof n->text, "%s", text);
	n->digest = digest;
	n->mtime_s = ++clock_s;
	history[number_of(text)] = 1;
	changed();
}

static void do_mkcol(struct http_request *req, const char *path)
{
	if (find(path) || !has_parent(path)) {
		say(req, find(path) ? 405 : 409, NULL);
		return;
	}
	add(path, PLAN_FOLDER);
	say(req, 201, NULL);
	changed();
}

static void do_delete(struct http_request *req, const char *path)
{
	const struct remote_node *n = find(path);

	if (!n || !holds(req, n)) {
		say(req, n ? 412 : 404, n ? &n->digest : NULL);
		return;
	}
	say(req, 204, &n->digest);
	drop(path);
	changed();
}

static void do_move(struct http_request *req, const char *path)
{
	const struct remote_node *n = find(path);
	autofree char *target = path_of(field(req, "Destination"));
	struct remote_tree moved = { .count = 0 };

	if (!n || !holds(req, n) || find(target) || !has_parent(target) || treepath_is_below(target, path)) {
		say(req, !n ? 404 : find(target) || !holds(req, n) ? 412 : 409, NULL);
		return;
	}
	for (size_t i = 0; i < now.count; i++)
		if (strcmp(now.nodes[i].path, path) == 0 || treepath_is_below(now.nodes[i].path, path))
			moved.nodes[moved.count++] = now.nodes[i];
	drop(path);
	for (size_t i = 0; i < moved.count; i++) {
		autofree char *place = xasprintf("%s%s", target, moved.nodes[i].path + strlen(path));
		struct remote_node *there = add(place, moved.nodes[i].kind), old = *there;

		*there = moved.nodes[i];
		memcpy(there->path, old.path, sizeof there->path);
	}
	say(req, 201, NULL);
	changed();
}

static void do_proppatch(struct http_request *req, const char *path)
{
	struct remote_node *n = find(path);

	if (!n || !holds(req, n)) {
		say(req, n ? 412 : 404, NULL);
		return;
	}
	if (strstr(req->text, ">T<") || strstr(req->text, ">F<"))
		n->is_executable = strstr(req->text, ">T<") != NULL;
	say(req, 204, NULL);
	changed();
}

/* ---- the report: what differs between two snapshots ---- */

static const struct remote_node *node_in(const struct remote_tree *t, const char *path)
{
	for (size_t i = 0; i < t->count; i++)
		if (strcmp(t->nodes[i].path, path) == 0)
			return &t->nodes[i];
	return NULL;
}

static void add_text(struct buf *out, const char *text)
{
	enum err e = buf_add_text(out, text);

	assert(e == OK);
}

static void tell(struct buf *out, const struct remote_node *n)
{
	char hex[DIGEST_HEX_SIZE];
	struct arena *arena = arena_new();
	autofree char *text = xasprintf(
	    "<D:response><D:href>/" ROOT "%s%s</D:href><D:propstat><D:prop><D:resourcetype>%s</D:resourcetype>"
	    "<D:getcontentlength>%zu</D:getcontentlength><D:getetag>\"%s\"</D:getetag>"
	    "<D:resource-id><D:href>urn:uuid:%u</D:href></D:resource-id>"
	    "<A:executable xmlns:A=\"http://apache.org/dav/props/\">%c</A:executable></D:prop>"
	    "<D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>",
	    uri_encode_path(span_of(n->path), arena), n->kind == PLAN_FOLDER ? "/" : "",
	    n->kind == PLAN_FOLDER ? "<D:collection/>" : "", strlen(n->text), digest_hex(&n->digest, hex), n->id,
	    n->is_executable ? 'T' : 'F');

	add_text(out, text);
	arena_free(arena);
}

static void tell_gone(struct buf *out, const struct remote_node *n)
{
	struct arena *arena = arena_new();
	autofree char *text = xasprintf("<D:response><D:href>/" ROOT "%s%s</D:href><D:status>HTTP/1.1 404 Not Found"
					"</D:status></D:response>",
					uri_encode_path(span_of(n->path), arena), n->kind == PLAN_FOLDER ? "/" : "");

	add_text(out, text);
	arena_free(arena);
}

/* Is a folder above it told of as gone or another, so that what was below is forgotten? */
static bool is_below_news(const struct remote_tree *old, const struct remote_tree *new, const char *path)
{
	autofree char *at = treepath_parent(path);

	while (*at) {
		const struct remote_node *a = node_in(old, at), *b = node_in(new, at);
		char *up = treepath_parent(at);

		free(at);
		at = up;
		if (!a || !b || a->id != b->id)
			return true;
	}
	return false;
}

/*
 * All that was there at some time since then and is not now: also what the client cannot have heard of, but may have made itself
 * (RFC 6578 §3.5.2).
 */
static void tell_all_gone(struct buf *out, const struct remote_tree *old, const struct remote_tree *new)
{
	static struct remote_tree told;
	size_t first = 0;

	told.count = 0;
	while (first < snapshot_count && snapshots[first] != old)
		first++;
	for (size_t s = first; s < snapshot_count; s++)
		for (size_t i = 0; i < snapshots[s]->count; i++) {
			const struct remote_node *n = &snapshots[s]->nodes[i];

			if (node_in(new, n->path) || node_in(&told, n->path) || is_below_news(old, new, n->path))
				continue;
			assert(told.count < REMOTE_NODES);
			told.nodes[told.count++] = *n;
			tell_gone(out, n);
		}
}

static void report(struct buf *out, const struct remote_tree *old, const struct remote_tree *new)
{
	tell_all_gone(out, old, new);
	for (size_t i = 0; i < new->count; i++) {
		const struct remote_node *n = &new->nodes[i], *was = node_in(old, n->path);

		if (!was || was->id != n->id || !digest_equal(&was->digest, &n->digest) ||
		    was->is_executable != n->is_executable || is_below_news(old, new, n->path))
			tell(out, n);
	}
}

static void do_report(struct http_request *req, bool refuses)
{
	struct buf out = buf_new(BODY_LIMIT);
	unsigned their_epoch = 0, number = 0;
	const char *token;
	static const struct remote_tree none;
	autofree char *end =
	    xasprintf("<D:sync-token>data:,%u.%zu</D:sync-token></D:multistatus>", epoch, snapshot_count - 1);
	enum err e = OK;

	token = strstr(req->text, "data:,");
	if (token && (refuses || sscanf(token, "data:,%u.%u", &their_epoch, &number) != 2 || their_epoch != epoch ||
		      number >= snapshot_count)) {
		say(req, 403, NULL);
		e = buf_add_text(&req->answer.body, "<D:error><D:valid-sync-token/></D:error>");
		assert(e == OK);
		buf_clear(&out);
		return;
	}
	say(req, 207, NULL);
	add_text(&out, "<?xml version=\"1.0\"?><D:multistatus xmlns:D=\"DAV:\">");
	report(&out, token ? snapshots[number] : &none, &now);
	add_text(&out, end);
	for (size_t at = 0; at < out.len && e == OK; at += 1000)
		e = req->body(req, out.data + at, MIN(out.len - at, (size_t)1000));
	if (e != OK)
		req->answer.err = e;
	buf_clear(&out);
}

void remote_serve(struct http_request *req, bool refuses)
{
	static const struct {
		const char *method;
		method_fn *fn;
	} methods[] = { { "GET", do_get },       { "PUT", do_put },   { "MKCOL", do_mkcol },
			{ "DELETE", do_delete }, { "MOVE", do_move }, { "PROPPATCH", do_proppatch } };
	autofree char *path = NULL;

	if (strcmp(req->method, "REPORT") == 0) {
		do_report(req, refuses);
		return;
	}
	path = path_of(req->target);
	for (size_t i = 0; i < ARRAY_LEN(methods); i++)
		if (strcmp(methods[i].method, req->method) == 0) {
			methods[i].fn(req, path);
			return;
		}
	say(req, 501, NULL);
}
