/*
 * GET of a collection: what is in it, in the form the client prefers (protocol.md, "Collections").
 *
 *     text/plain        a line a member, sorted by the bytes of the name, under the folder hash as entity tag
 *     text/html         a small read-only index for a browser
 *     application/json  pages of members for programs
 *
 * It is made on a worker: in memory while it is small, in an unnamed temp file when it is not, so that a folder of a
 * million files costs the server no more memory than one of ten.
 */
#include "common/clock.h"
#include "common/httpdate.h"
#include "common/jsonw.h"
#include "common/log.h"
#include "server/dav/call.h"
#include "server/dav/past.h"
#include "server/dav/spool.h"
#include "server/http/accept.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

enum { JSON_PAGE = 1000, ENTRY_MAX = 16 << 10 };

struct listing {
	struct call *call;
	const struct listing_form *form;
	struct spool *spool;
	struct buf entry; /* one member's text before it goes to the spool */
	struct store_node self;
	const char *after; /* JSON: the key after which the page begins */
	unsigned shown;
	bool hides_junk;
	bool has_more; /* JSON: the page is full and `last` is the name to go on after */
	char last[STORE_NAME_SIZE];
	enum err error;
};

/* How a listing is written; each function appends to l->entry. */
struct listing_form {
	enum accept_type accept;
	const char *type;
	bool has_etag; /* RFC 9110 §8.8.3: a strong tag names one representation, and that is the plain one */
	enum err (*begin)(struct listing *l);
	enum err (*member)(struct listing *l, const struct store_node *m, bool is_bare);
	enum err (*end)(struct listing *l);
};

static struct span name_of(const struct store_node *m)
{
	return span_of(m->name);
}

static const char *slash(const struct store_node *m)
{
	return m->kind == STORE_COLLECTION ? "/" : "";
}

/* ---- text/plain ---- */

static enum err plain_begin(struct listing *l not_used)
{
	return OK;
}

static enum err plain_member(struct listing *l, const struct store_node *m, bool is_bare)
{
	static const struct digest hidden; /* of a bare collection neither hash nor size is told */
	char hex[DIGEST_HEX_SIZE];

	digest_hex(is_bare ? &hidden : &m->digest, hex);
	return buf_addf(&l->entry, "%c %s %" PRId64 " %s%s\n", m->kind == STORE_FILE ? 'f' : 'd', hex,
			is_bare ? 0 : m->size_bytes, m->name, slash(m));
}

/* ---- text/html ---- */

static enum err html_escape(struct buf *out, struct span text)
{
	static const char *const entity[256] = { ['<'] = "&lt;", ['>'] = "&gt;", ['&'] = "&amp;", ['"'] = "&quot;" };

	for (size_t i = 0; i < text.len; i++) {
		const char *e = entity[(unsigned char)text.ptr[i]];
		enum err error = e ? buf_add_text(out, e) : buf_add(out, text.ptr + i, 1);

		if (error != OK)
			return error;
	}
	return OK;
}

static enum err html_begin(struct listing *l)
{
	enum err e;

	if ((e = buf_add_text(&l->entry, "<!DOCTYPE html><html lang=en><meta charset=utf-8><title>")) != OK ||
	    (e = html_escape(&l->entry, l->call->path)) != OK || (e = buf_add_text(&l->entry, "</title><h1>")) != OK ||
	    (e = html_escape(&l->entry, l->call->path)) != OK)
		return e;
	return buf_add_text(&l->entry, "</h1><table>\n");
}

static enum err html_member(struct listing *l, const struct store_node *m, bool is_bare)
{
	struct arena *arena = arena_new();
	enum err e = buf_addf(&l->entry, "<tr><td><a href=\"./");

	if (e == OK)
		e = html_escape(&l->entry, span_of(uri_encode_path(name_of(m), arena)));
	arena_free(arena);
	if (e != OK || (e = buf_addf(&l->entry, "%s\">", slash(m))) != OK ||
	    (e = html_escape(&l->entry, name_of(m))) != OK)
		return e;
	return buf_addf(&l->entry, "%s</a><td align=right>%" PRId64 "\n", slash(m), is_bare ? 0 : m->size_bytes);
}

static enum err html_end(struct listing *l)
{
	return buf_add_text(&l->entry, "</table></html>\n");
}

/* ---- application/json ---- */

static enum err json_begin(struct listing *l)
{
	return buf_add_text(&l->entry, "{\"members\":[");
}

static enum err json_member(struct listing *l, const struct store_node *m, bool is_bare)
{
	struct jsonw w = jsonw_new(&l->entry);
	char hex[DIGEST_HEX_SIZE];

	if (l->shown && buf_add_text(&l->entry, ",") != OK)
		return E_TOO_LARGE;
	jsonw_object(&w);
	jsonw_key_text(&w, "name", m->name);
	jsonw_key_text(&w, "kind", m->kind == STORE_FILE ? "file" : "folder");
	if (!is_bare) {
		jsonw_key_text(&w, "etag", digest_hex(&m->digest, hex));
		jsonw_key_int(&w, "bytes", m->size_bytes);
		jsonw_key_int(&w, "mtime", m->mtime_ns / NS_PER_S);
	}
	if (m->type[0])
		jsonw_key_text(&w, "type", m->type);
	jsonw_end(&w);
	return jsonw_error(&w);
}

static enum err json_end(struct listing *l)
{
	struct jsonw w = jsonw_new(&l->entry);
	enum err e;

	if ((e = buf_add_text(&l->entry, "]")) != OK)
		return e;
	if (l->has_more) {
		if ((e = buf_add_text(&l->entry, ",\"next\":")) != OK)
			return e;
		jsonw_text(&w, l->last);
		if ((e = jsonw_error(&w)) != OK)
			return e;
	}
	return buf_add_text(&l->entry, "}\n");
}

static const struct listing_form forms[] = {
	{ ACCEPT_PLAIN, "text/plain; charset=utf-8", true, plain_begin, plain_member, plain_begin },
	{ ACCEPT_HTML, "text/html; charset=utf-8", false, html_begin, html_member, html_end },
	{ ACCEPT_JSON, "application/json", false, json_begin, json_member, json_end },
};

/* ---- on the worker ---- */

static enum err flush_entry(struct listing *l)
{
	enum err e = spool_add(l->spool, l->entry.data, l->entry.len);

	buf_reset(&l->entry);
	return e;
}

static bool add_member(void *arg, const struct store_node *m)
{
	struct listing *l = arg;
	const struct call *c = l->call;
	bool is_bare = false;

	if (l->hides_junk && m->kind == STORE_FILE && junk_is_name(name_of(m)))
		return true;
	if (call_is_bare(c)) {
		autobuf struct buf path = buf_new(PATH_LIMIT + STORE_NAME_SIZE);
		enum access_level level;

		l->error = buf_addf(&path, "%s/%s", c->path.len == 1 ? "" : c->path.ptr, m->name);
		if (l->error != OK)
			return false;
		level = access_level(c->access, buf_span(&path));
		if (level == ACCESS_NONE)
			return true;
		is_bare = level == ACCESS_WAY;
	}
	is_bare |= past_is_vague(c, m);
	if (l->form->accept == ACCEPT_JSON && l->shown == JSON_PAGE) {
		l->has_more = true;
		return false;
	}
	l->error = l->form->member(l, m, is_bare);
	if (l->error == OK)
		l->error = flush_entry(l);
	l->shown++;
	snprintf(l->last, sizeof l->last, "%s", m->name);
	return l->error == OK;
}

static void make_listing(void *arg) /* on a worker */
{
	struct listing *l = arg;
	struct call *c = l->call;
	enum err e;

	if ((e = l->form->begin(l)) != OK || (e = flush_entry(l)) != OK)
		;
	else if (l->form->accept == ACCEPT_JSON)
		e = call_list(c, c->node.id, l->after, UINT_MAX, add_member, l);
	else if (call_is_fixed(c)) /* nothing changes any more */
		e = call_list(c, c->node.id, "", UINT_MAX, add_member, l);
	else
		e = store_list_all(c->dav->store, c->path, &l->self, add_member, l);
	if (e == OK)
		e = l->error;
	if (e == OK && (e = l->form->end(l)) == OK && (e = flush_entry(l)) == OK)
		e = spool_finish(l->spool);
	l->error = e;
	buf_clear(&l->entry);
}

/* ---- on the loop ---- */

static void release_spool(void *arg)
{
	spool_free(arg);
}

static void reply_listing(void *arg)
{
	struct listing *l = arg;
	struct call *c = l->call;
	struct req_piece piece;

	if (l->error != OK) {
		spool_free(l->spool);
		call_reply_error(c, l->error, NULL);
		return;
	}
	req_set_header(c->req, "Content-Type", l->form->type);
	req_set_header(c->req, "Cache-Control", "no-cache, private");
	req_set_header(c->req, "X-Content-Type-Options", "nosniff");
	req_set_header(c->req, "Content-Security-Policy", "sandbox; default-src 'none'");
	if (call_tag(c))
		req_set_etag(c->req, &l->self.digest);
	piece = spool_piece(l->spool);
	req_reply_pieces(c->req, 200, &piece, 1, release_spool, l->spool);
}

static const struct listing_form *preferred_form(const struct call *c)
{
	enum accept_type accept = accept_preferred(req_header(c->req, "Accept"));

	for (size_t i = 0; i < ARRAY_LEN(forms); i++)
		if (forms[i].accept == accept)
			return &forms[i];
	return &forms[0];
}

bool dav_listing_has_tag(const struct call *c)
{
	return preferred_form(c)->has_etag;
}

void dav_set_variant(struct call *c)
{
	req_add_header(c->req, "Vary", "Accept");
	if (!req_target(c->req)->has_trailing_slash && !c->is_past)
		req_set_header(c->req, "Content-Location", call_href(c, c->path, true));
}

/* `after` of the query: the member after which a JSON page begins; "": the first page. */
static enum err page_start(struct listing *l)
{
	struct arena *arena = req_arena(l->call->req);
	const char *name = "";
	enum err e;

	l->after = "";
	if (l->form->accept != ACCEPT_JSON)
		return OK;
	e = uri_query_value(req_target(l->call->req)->query, "after", arena, &name);
	if (e == E_NOT_FOUND)
		return OK;
	if (e != OK || path_check_name(span_of(name)) != OK)
		return E_BAD_REQUEST;
	autofree char *key = path_key(span_of(name));
	l->after = arena_strdup(arena, key);
	return OK;
}

void dav_get_collection(struct call *c)
{
	struct listing *l = arena_zalloc(req_arena(c->req), sizeof *l);

	l->call = c;
	l->self = c->node;
	l->form = preferred_form(c);
	/* The plain form's entity tag is the folder hash: it lists what that covers. */
	l->hides_junk = !l->form->has_etag && call_options(c)->junk != JUNK_KEEP;
	l->entry = buf_new(ENTRY_MAX);
	if (page_start(l) != OK) {
		call_reply_error(c, E_BAD_REQUEST, "`after` is not a name");
		return;
	}
	l->spool = spool_new(store_folder(c->dav->store));
	req_work(c->req, make_listing, reply_listing, l);
}
