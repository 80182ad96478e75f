#include "tests/model/remote.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/sync/treepath.h"
#include "common/uri.h"
#include "tests/model/otherdav.h"

enum { SNAPSHOTS = 4000, BODY_LIMIT = 1 << 20 };

static struct tree *snapshots[SNAPSHOTS]; /* after each change */
static size_t snapshot_count;
static unsigned epoch;
static const struct foreign *foreign;

const struct foreign *remote_foreign(void)
{
	return foreign;
}

/* ---- what is of our kind ---- */

static bool is_tag(const char *value, const struct digest *d)
{
	char text[DIGEST_ETAG_SIZE];

	return strcmp(value, digest_etag(d, text)) == 0;
}

/* If-Match, If-None-Match: *, and If with a resource-id, as the client sends them. */
static int refuses_ours(const struct http_request *req, const struct tree_node *n, const char *path not_used)
{
	const char *match = methods_field(req, "If-Match"), *list = methods_field(req, "If");
	unsigned id = 0;

	if (match && (!n || !is_tag(match, &n->digest)))
		return 412;
	if (methods_field(req, "If-None-Match") && n)
		return 412;
	if (list && sscanf(list, "(<urn:uuid:%u>", &id) == 1 && (!n || n->id != id))
		return 412;
	return 0;
}

static bool is_locked_ours(const struct http_request *req not_used, const char *path not_used)
{
	return false;
}

static void describe_ours(const struct tree_node *n, char *out, size_t size)
{
	char tag[DIGEST_ETAG_SIZE];

	snprintf(out, size, "ETag: %s\r\n", digest_etag(&n->digest, tag));
}

static void changed_ours(void)
{
	tree_hash();
	assert(snapshot_count < SNAPSHOTS);
	if (!snapshots[snapshot_count])
		snapshots[snapshot_count] = xmalloc(sizeof(struct tree));
	*snapshots[snapshot_count++] = *tree_now();
}

static void do_proppatch(struct http_request *req, const char *path)
{
	struct tree_node *n = tree_find(path);

	if (!n || refuses_ours(req, n, path)) {
		methods_say(req, n ? 412 : 404, NULL);
		return;
	}
	if (strstr(req->text, ">T<") || strstr(req->text, ">F<"))
		n->is_executable = strstr(req->text, ">T<") != NULL;
	methods_say(req, 204, NULL);
	changed_ours();
}

/* ---- the report: what differs between two snapshots ---- */

static void add_text(struct buf *out, const char *text)
{
	enum err e = buf_add_text(out, text);

	assert(e == OK);
}

static void tell(struct buf *out, const struct tree_node *n)
{
	char hex[DIGEST_HEX_SIZE];
	struct arena *arena = arena_new();
	autofree char *text = xasprintf(
	    "<D:response><D:href>/" METHODS_ROOT "%s%s</D:href><D:propstat><D:prop><D:resourcetype>%s</D:resourcetype>"
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

static void tell_gone(struct buf *out, const struct tree_node *n)
{
	struct arena *arena = arena_new();
	autofree char *text =
	    xasprintf("<D:response><D:href>/" METHODS_ROOT "%s%s</D:href><D:status>HTTP/1.1 404 Not Found"
		      "</D:status></D:response>",
		      uri_encode_path(span_of(n->path), arena), n->kind == PLAN_FOLDER ? "/" : "");

	add_text(out, text);
	arena_free(arena);
}

/* Is a folder above it gone from the one to the other, or another? */
static bool is_below_news(const struct tree *old, const struct tree *new, const char *path)
{
	autofree char *at = treepath_parent(path);

	while (*at) {
		const struct tree_node *a = tree_find_in(old, at), *b = tree_find_in(new, at);
		char *up = treepath_parent(at);

		free(at);
		at = up;
		if (!a || !b || a->id != b->id)
			return true;
	}
	return false;
}

/*
 * All that was there at some time since then, in folders that are where they were, and is not now: also what the client cannot have heard
 * of, but may have made itself (RFC 6578 §3.5.2).
 */
static void tell_all_gone(struct buf *out, const struct tree *old, const struct tree *new)
{
	static struct tree told;
	size_t first = 0;

	told.count = 0;
	while (first < snapshot_count && snapshots[first] != old)
		first++;
	for (size_t s = first; s < snapshot_count; s++)
		for (size_t i = 0; i < snapshots[s]->count; i++) {
			const struct tree_node *n = &snapshots[s]->nodes[i];

			if (tree_find_in(new, n->path) || tree_find_in(&told, n->path) ||
			    is_below_news(snapshots[s], new, n->path))
				continue;
			assert(told.count < TREE_NODES);
			told.nodes[told.count++] = *n;
			tell_gone(out, n);
		}
}

static void report(struct buf *out, const struct tree *old, const struct tree *new)
{
	tell_all_gone(out, old, new);
	for (size_t i = 0; i < new->count; i++) {
		const struct tree_node *n = &new->nodes[i], *was = tree_find_in(old, n->path);

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
	static const struct tree none;
	autofree char *end =
	    xasprintf("<D:sync-token>data:,%u.%zu</D:sync-token></D:multistatus>", epoch, snapshot_count - 1);
	enum err e = OK;

	token = strstr(req->text, "data:,");
	if (token && (refuses || sscanf(token, "data:,%u.%u", &their_epoch, &number) != 2 || their_epoch != epoch ||
		      number >= snapshot_count)) {
		methods_say(req, 403, NULL);
		e = buf_add_text(&req->answer.body, "<D:error><D:valid-sync-token/></D:error>");
		assert(e == OK);
		buf_clear(&out);
		return;
	}
	methods_say(req, 207, NULL);
	add_text(&out, "<?xml version=\"1.0\"?><D:multistatus xmlns:D=\"DAV:\">");
	report(&out, token ? snapshots[number] : &none, tree_now());
	add_text(&out, end);
	methods_give(req, out.data, out.len);
	buf_clear(&out);
}

/* ---- one and the other ---- */

static const struct method more_ours[] = { { "PROPPATCH", do_proppatch }, { NULL, NULL } };
static const struct dialect ours = { refuses_ours, is_locked_ours, describe_ours, changed_ours, more_ours };

void remote_reset(const struct foreign *kind)
{
	foreign = kind;
	tree_reset();
	snapshot_count = 0;
	epoch++;
	changed_ours();
	otherdav_reset(kind);
}

void remote_serve(struct http_request *req, bool refuses)
{
	if (foreign)
		otherdav_serve(req);
	else if (strcmp(req->method, "REPORT") == 0)
		do_report(req, refuses);
	else
		methods_serve(&ours, req);
}

void remote_edit(const char *path, unsigned number)
{
	struct tree_node *n = tree_find(path);
	autofree char *text = xasprintf("content %u", number);

	if (!number)
		tree_drop(path);
	else if (n)
		tree_write(n, text);
	else
		tree_write(tree_add(path, PLAN_FILE), text);
	if (!foreign)
		changed_ours();
}
