/*
 * PROPFIND (RFC 4918 §9.1): the properties of a resource and, by Depth, of what is below it.
 *
 * The answer is made page by page while it is sent, so that a listing of a million files costs no more memory than one of ten and
 * holds no thread.  A collection's members come first, then one after the other its collections' members; the way there is a stack
 * of keys.  Nothing of the store is held between pages: what changes meanwhile may show or not, as HTTP allows.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "server/dav/davhdr.h"
#include "server/dav/multistatus.h"
#include "server/dav/past.h"
#include "server/dav/propset.h"
#include "server/dav/xmlbody.h"

enum {
	INFINITY_LIMIT = 100000, /* resources that Depth: infinity lists; over it 403 */
	LEVELS = PATH_SEGMENTS_LIMIT + 1
};

/* A collection whose members are being listed. */
struct level {
	int64_t id;
	char *path;       /* ours */
	char *after;      /* key of the last member that was looked at; ours */
	bool is_listed;   /* all its members are written: now its collections, one by one */
	unsigned folders; /* collections among the members that were not descended into yet */
};

struct propfind {
	struct call *call;
	const struct propset *set;
	enum depth depth;
	bool without_root, hides_junk, is_begun;
	struct level levels[LEVELS];
	unsigned level_count;
	/* while a piece is made */
	struct buf *out;
	struct buf path;            /* of the member that is looked at */
	char last[STORE_NAME_SIZE]; /* the name of the one that was looked at last; empty: none */
	bool is_full;
	enum err error;
};

static void set_text(char **to, const char *text)
{
	free(*to);
	*to = xstrdup(text);
}

/* The path of a member, until the next one's is asked for. */
static enum err set_path(struct propfind *p, const char *folder, const char *name, struct span *out)
{
	enum err e;

	buf_reset(&p->path);
	if ((e = buf_add_text(&p->path, folder[1] ? folder : "")) != OK || (e = buf_add_text(&p->path, "/")) != OK ||
	    (e = buf_add_text(&p->path, name)) != OK)
		return e;
	*out = buf_span(&p->path);
	return OK;
}

/* ---- one resource ---- */

static enum err write_resource(struct propfind *p, struct span path, const struct store_node *node, bool is_bare)
{
	struct prop_subject subject = { p->call, node, path, is_bare || past_is_vague(p->call, node), NULL, NULL };
	enum err e = multistatus_resource(p->out, p->call->prefix, path, node->kind == STORE_COLLECTION);

	if (e == OK && (e = propset_write(p->set, &subject, p->out)) == OK)
		e = multistatus_response_end(p->out);
	return e;
}

/* ---- the walk ---- */

static void push(struct propfind *p, int64_t id, char *path)
{
	if (p->level_count < LEVELS) /* paths are no deeper */
		p->levels[p->level_count++] = (struct level){ .id = id, .path = path, .after = xstrdup("") };
	else
		free(path);
}

static void pop(struct propfind *p)
{
	struct level *l = &p->levels[--p->level_count];

	free(l->path);
	free(l->after);
}

static enum access_level level_of(const struct propfind *p, struct span path)
{
	/* Without denies all below what one may read is readable. */
	if (!call_is_bare(p->call))
		return p->call->level;
	return access_level(p->call->access, path);
}

static void remember(char **after, const char *name)
{
	autofree char *key = path_key(span_of(name));

	set_text(after, key);
}

static bool is_hidden(const struct propfind *p, const struct store_node *m)
{
	return p->hides_junk && m->kind == STORE_FILE && junk_is_name(span_of(m->name));
}

static bool add_member(void *arg, const struct store_node *m)
{
	struct propfind *p = arg;
	struct level *l = &p->levels[p->level_count - 1];
	enum access_level access;
	struct span path;

	if ((p->error = set_path(p, l->path, m->name, &path)) != OK)
		return false;
	access = level_of(p, path);
	memcpy(p->last, m->name, sizeof p->last);
	if (m->kind == STORE_COLLECTION)
		l->folders++;
	if (access == ACCESS_NONE || path_is_reserved(path) || is_hidden(p, m))
		return true;
	p->error = write_resource(p, path, m, access == ACCESS_WAY);
	p->is_full = p->out->len >= REQ_STREAM_PIECE;
	return p->error == OK && !p->is_full;
}

/* Members of the innermost collection, as many as the piece takes. */
static enum err list_some(struct propfind *p)
{
	struct level *l = &p->levels[p->level_count - 1];
	enum err e;

	p->is_full = false;
	p->error = OK;
	e = call_list(p->call, l->id, l->after, UINT_MAX, add_member, p);
	if (e != OK || p->error != OK)
		return e != OK ? e : p->error;
	if (p->is_full) {
		remember(&l->after, p->last);
	} else {
		l->is_listed = true;
		set_text(&l->after, "");
	}
	return OK;
}

/* Into its next collection, or out of it. */
static enum err descend(struct propfind *p)
{
	struct level *l = &p->levels[p->level_count - 1];
	struct store_node folder;
	struct span path;
	enum err e = E_NOT_FOUND;

	if (p->depth == DEPTH_INFINITY && l->folders)
		e = call_next_collection(p->call, l->id, l->after, &folder);
	if (e == E_NOT_FOUND) {
		pop(p);
		return OK;
	}
	if (e != OK)
		return e;
	l->folders--;
	remember(&l->after, folder.name);
	if ((e = set_path(p, l->path, folder.name, &path)) != OK)
		return e;
	if (level_of(p, path) != ACCESS_NONE && !path_is_reserved(path))
		push(p, folder.id, span_dup(path));
	return OK;
}

static enum err begin(struct propfind *p)
{
	struct call *c = p->call;
	bool is_collection = c->node.kind == STORE_COLLECTION;
	enum err e = multistatus_begin(p->out);

	if (e == OK && !(p->without_root && is_collection && p->depth != DEPTH_0))
		e = write_resource(p, c->path, &c->node, call_is_bare(c));
	if (is_collection && p->depth != DEPTH_0)
		push(p, c->node.id, xstrdup(c->path.ptr));
	p->is_begun = true;
	return e;
}

static enum err produce(void *arg, struct buf *out, bool *out_end) /* on a worker; Depth: 0 on the loop */
{
	struct propfind *p = arg;
	enum err e = OK;

	p->out = out;
	if (!p->is_begun)
		e = begin(p);
	while (e == OK && p->level_count && out->len < REQ_STREAM_PIECE)
		e = p->levels[p->level_count - 1].is_listed ? descend(p) : list_some(p);
	*out_end = e == OK && !p->level_count;
	return *out_end ? multistatus_end(out) : e;
}

static void release(void *arg)
{
	struct propfind *p = arg;

	while (p->level_count)
		pop(p);
	buf_clear(&p->path);
}

/* ---- the request ---- */

static void reply(struct propfind *p)
{
	if (p->set && p->call->req)
		req_reply_stream(p->call->req, 207, DAV_XML_TYPE, p->depth == DEPTH_0 && !propset_is_slow(p->set),
				 produce, release, p);
}

struct count {
	struct propfind *find;
	int64_t nodes;
	enum err error;
};

static void count(void *arg) /* on a worker */
{
	struct count *n = arg;
	struct call *c = n->find->call;

	n->error = store_count_below(c->dav->store, c->node.id, INFINITY_LIMIT + 1, &n->nodes);
}

static void counted(void *arg)
{
	struct count *n = arg;
	struct call *c = n->find->call;

	if (n->error != OK)
		call_reply_error(c, n->error, NULL);
	else if (n->nodes > INFINITY_LIMIT)
		call_reply_condition(c, E_FORBIDDEN, "propfind-finite-depth", NULL); /* never silently less */
	else
		reply(n->find);
}

static void got_body(struct call *c, void *arg, const struct xml_node *root)
{
	struct propfind *p = arg;
	struct count *n;
	enum err e;

	if (root && !xml_is(root, NS_DAV, "propfind")) {
		call_reply_error(c, E_BAD_REQUEST, "the body of PROPFIND is a DAV:propfind element");
		return;
	}
	e = propset_read(root, davhdr_wants_minimal(c->req), req_arena(c->req), &p->set);
	if (e != OK) {
		call_reply_error(
		    c, e, e == E_TOO_LARGE ? "too many properties" : "one of allprop, propname and prop is needed");
		return;
	}
	davhdr_note_preferences(c->req);
	if (p->depth != DEPTH_INFINITY || c->node.kind == STORE_FILE) {
		reply(p);
		return;
	}
	n = arena_zalloc(req_arena(c->req), sizeof *n);
	n->find = p;
	req_work(c->req, count, counted, n);
}

void dav_propfind(struct call *c)
{
	struct propfind *p = arena_zalloc(req_arena(c->req), sizeof *p);

	p->call = c;
	p->path = buf_new(2 * PATH_LIMIT);
	if (!c->exists || call_is_misnamed(c)) {
		call_reply_error(c, E_NOT_FOUND, NULL);
	} else if (davhdr_depth(c->req, DEPTH_INFINITY, &p->depth) != OK) {
		call_reply_error(c, E_BAD_REQUEST, "Depth is 0, 1 or infinity");
	} else if (call_conditions(c, true) == COND_FAILED) {
		call_reply_stale(c, call_tag(c));
	} else {
		p->without_root = davhdr_wants_no_root(c->req);
		p->hides_junk = call_options(c)->junk != JUNK_KEEP;
		xmlbody_read(c, got_body, p);
	}
}
