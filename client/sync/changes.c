#include "client/sync/changes.h"

#include <stdlib.h>
#include <string.h>

#include "client/remote/davanswer.h"
#include "client/sync/treepath.h"
#include "common/etag.h"
#include "common/uri.h"

enum { PAGE_RESULTS = 5000, BODY_LIMIT = 8 << 10 };

#define TOKEN_KEY "token"

struct page {
	struct base *base;
	const char *root; /* of the collection, on the server */
	char *body;
	struct davanswer *answer;
	bool is_first; /* without a token: both trees are forgotten first */
	bool is_cut;   /* there is more to ask for */
	struct note *why;
};

/* ---- one member ---- */

/* The path below the collection, borrowed from `path`; NULL: it is not below. */
static const char *path_below(const struct page *p, const char *path)
{
	size_t len = strlen(p->root);

	if (len > 1 && (strncmp(path, p->root, len) != 0 || path[len] != '/'))
		return NULL;
	return len > 1 ? path + len + 1 : path + 1;
}

static enum err read_member(const struct page *p, const struct davanswer_resource *r, struct remote_row *out)
{
	struct etag tag;
	bool has_digest =
	    etag_parse(span_of(r->etag), &tag) && !tag.is_weak && digest_from_hex(tag.opaque, &out->digest);

	if (r->status != 200 || !r->has_kind)
		return note_set(p->why, E_BAD_REQUEST, "the server does not tell what %.120s is (%d)", r->path,
				r->status);
	if (!r->is_folder && !has_digest)
		return note_set(p->why, E_BAD_REQUEST, "the server gives %.120s no ETag that is a digest", r->path);
	if (strlen(r->id) >= sizeof out->id)
		return note_set(p->why, E_BAD_REQUEST, "the server gives %.120s an endless id", r->path);
	out->kind = r->is_folder ? PLAN_FOLDER : PLAN_FILE;
	out->size_bytes = r->size_bytes;
	out->mtime_s = r->mtime_s;
	out->is_executable = r->is_executable;
	memcpy(out->id, r->id, strlen(r->id) + 1);
	return OK;
}

/*
 * A name stands for one thing: when that is gone, or is another (the id tells), what was below it is not there any more; what is
 * below the new one is told as well.
 */
static enum err note_member(struct page *p, const char *path, const struct remote_row *row)
{
	struct remote_row old = { .kind = PLAN_ABSENT };
	enum err e = base_remote(p->base, path, &old);

	if (e != OK && e != E_NOT_FOUND)
		return e;
	e = OK;
	if (old.kind == PLAN_FOLDER && (row->kind != PLAN_FOLDER || strcmp(old.id, row->id) != 0))
		e = base_saw_none_below(p->base, path);
	return e == OK ? base_saw(p->base, path, row) : e;
}

static enum err take_member(void *arg, const struct davanswer_resource *r)
{
	struct page *p = arg;
	struct remote_row row = { .kind = PLAN_ABSENT };
	const char *path;
	enum err e;

	if (strcmp(r->path, p->root) == 0) {
		p->is_cut |= r->status == 507; /* RFC 6578 §3.6 */
		if (r->status == 507 || r->status == 200)
			return OK;
		return note_set(p->why, E_BAD_REQUEST, "the server says %d of the folder itself", r->status);
	}
	if (!(path = path_below(p, r->path)))
		return note_set(p->why, E_BAD_REQUEST, "the server tells of %.120s, which was not asked for", r->path);
	if (treepath_is_ours(path))
		return OK;
	if (r->status != 404 && (e = read_member(p, r, &row)) != OK)
		return e;
	return note_member(p, path, &row);
}

/* ---- one page ---- */

static enum err take_bytes(struct http_request *req, const void *bytes, size_t len)
{
	struct page *p = req->arg;
	enum err e;

	if (req->answer.status != 207)
		return OK; /* its status says enough */
	e = davanswer_add(p->answer, bytes, len);
	if (e != OK && !p->why->text[0])
		return note_set(p->why, e, "the answer to REPORT cannot be read");
	return e;
}

static bool start_over(struct http_request *req)
{
	struct page *p = req->arg;

	/* What came and went between two tries is told by the first alone: nothing of a broken one may stay. */
	base_rollback(p->base);
	if (p->is_first && base_clear(p->base) != OK)
		return false;
	davanswer_free(p->answer);
	p->answer = davanswer_new(take_member, p);
	p->is_cut = false;
	return true;
}

static char *body_for(const char *token)
{
	static const char head[] = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<D:sync-collection xmlns:D=\"DAV:\">";
	struct buf escaped = buf_new(BODY_LIMIT);
	char *body;

	for (; *token; token++) {
		const char *as = *token == '&' ? "&amp;" : *token == '<' ? "&lt;" : NULL;

		if ((as ? buf_add_text(&escaped, as) : buf_add(&escaped, token, 1)) != OK)
			buf_reset(&escaped); /* a token without end is none of ours: it will be refused */
	}
	body = xasprintf("%s<D:sync-token>%s</D:sync-token><D:sync-level>infinite</D:sync-level>"
			 "<D:limit><D:nresults>%d</D:nresults></D:limit>%s</D:sync-collection>\n",
			 head, escaped.data, PAGE_RESULTS, davanswer_prop_changes);
	buf_clear(&escaped);
	return body;
}

static bool is_token_refused(const struct answer *a)
{
	return a->err == OK && (a->status == 403 || a->status == 409) && strstr(a->body.data, "valid-sync-token");
}

/* E_PRECONDITION: the token is refused. */
static enum err judge(struct page *p, const struct answer *a)
{
	struct note why = { "" };
	enum err e;

	if (p->why->text[0])
		return a->err != OK ? a->err : E_BAD_REQUEST;
	if (is_token_refused(a))
		return E_PRECONDITION;
	if ((e = http_status_err(a, &why)) != OK)
		return note_set(p->why, e, "%s", why.text);
	if (a->status != 207)
		return note_set(p->why, E_BAD_REQUEST, "no answer to REPORT (%d)", a->status);
	if (davanswer_end(p->answer) != OK || !*davanswer_token(p->answer))
		return note_set(p->why, E_BAD_REQUEST, "the answer to REPORT is cut off");
	return OK;
}

static enum err ask_page(struct http *http, const char *collection, const char *token, struct page *p, char **out_token)
{
	struct arena *arena = arena_new();
	struct http_request req;
	enum err e = E_IO;

	p->is_first = !*token;
	p->why->text[0] = '\0';
	p->body = body_for(token);
	http_request_init(&req, "REPORT",
			  xasprintf("%s%s", uri_encode_path(span_of(collection), arena) + 1, collection[1] ? "/" : ""));
	http_request_set(&req, "Depth", "0");
	http_request_set(&req, "Content-Type", "application/xml; charset=utf-8");
	http_request_set(&req, "Sync-Features", "id");
	http_request_text(&req, p->body);
	req.body = take_bytes;
	req.again = start_over;
	req.arg = p;
	if (start_over(&req)) {
		http_do(http, &req);
		e = judge(p, &req.answer);
	}
	if (e == OK)
		*out_token = xstrdup(davanswer_token(p->answer));
	http_request_clear(&req);
	davanswer_free(TAKE(p->answer));
	free(TAKE(p->body));
	arena_free(arena);
	return e;
}

/* ---- the report ---- */

/* The path on the server of what is at `path` below the remote's root. */
static char *whole_path(const struct http *http, const char *path)
{
	struct arena *arena = arena_new();
	struct target root;
	char *whole = NULL;

	if (uri_to_target(span_of(http_root(http)), arena, &root) == OK)
		whole = path[1] ? xasprintf("%s%s", root.path[1] ? root.path : "", path) : xstrdup(root.path);
	arena_free(arena);
	return whole ? whole : xstrdup(path);
}

/* Takes over a page that was read whole; what belongs to one that was not is rolled back. */
static enum err keep(struct base *base, const char *old_token, const char *token)
{
	enum err e = OK;

	if (strcmp(old_token, token) != 0)
		e = base_meta_put(base, TOKEN_KEY, token);
	return e == OK ? base_commit(base) : e;
}

enum err changes_fetch(struct http *http, const char *collection, struct base *base, struct changes_result *out,
		       struct note *why)
{
	autofree char *root = whole_path(http, collection), *token = NULL;
	struct page page = { .base = base, .root = root, .why = why };
	enum err e = base_meta_get(base, TOKEN_KEY, &token);

	*out = (struct changes_result){ .is_merge = false };
	if (e == E_NOT_FOUND) {
		token = xstrdup("");
		e = OK;
	}
	if (e == OK)
		e = base_commit(base); /* a page is one transaction */
	if (e != OK)
		return note_set(why, e, "the state of this folder: %s", err_words(e));
	do {
		autofree char *next = NULL;

		out->is_merge |= !*token;
		e = ask_page(http, collection, token, &page, &next);
		if (e == E_PRECONDITION && *token) {
			base_rollback(base);
			*token = '\0';
			page.is_cut = true;
			continue;
		}
		if (e == OK && page.is_cut && strcmp(next, token) == 0)
			e = note_set(why, E_BAD_REQUEST, "the server's report has no end");
		if (e == OK)
			e = keep(base, token, next);
		out->is_new |= e != OK || strcmp(token, next) != 0;
		if (e != OK) {
			base_rollback(base);
			return why->text[0] ? e : note_set(why, e, "the state of this folder: %s", err_words(e));
		}
		free(token);
		token = TAKE(next);
	} while (page.is_cut);
	return OK;
}
