/*
 * PROPFIND of the trash: what was deleted, the last first, made page by page while it is sent (propfind.c).  Below one such thing
 * it is an ordinary PROPFIND.
 */
#include "server/dav/davhdr.h"
#include "server/dav/kept.h"
#include "server/dav/multistatus.h"
#include "server/dav/propset.h"
#include "server/dav/xmlbody.h"
#include "server/store/store_history.h"

enum { PAGE = 200 };

struct listing {
	struct call *call;
	const struct propset *set;
	enum depth depth;
	bool without_root, is_begun;
	int64_t before_ns, before_id; /* where to go on */
	/* while a piece is made */
	struct buf *out;
	unsigned seen; /* of the page */
	enum err error;
};

static bool add_trashed(void *arg, const struct store_trashed *t)
{
	struct listing *l = arg;
	struct call *c = l->call;
	struct prop_subject subject = { .call = c, .node = &t->node, .path = t->then, .trashed = t };
	struct arena *arena;

	l->before_ns = t->deleted_ns;
	l->before_id = t->node.id;
	l->seen++;
	if (!kept_may_read(c, t->then, t->now))
		return true;
	arena = arena_new();
	l->error = multistatus_resource(
	    l->out, DAV_TRASH, span_of(arena_printf(arena, "/%s", kept_trash_name(arena, t->number, t->node.name))),
	    t->node.kind == STORE_COLLECTION);
	if (l->error == OK && (l->error = propset_write(l->set, &subject, l->out)) == OK)
		l->error = multistatus_response_end(l->out);
	arena_free(arena);
	return l->error == OK && l->out->len < REQ_STREAM_PIECE;
}

static enum err begin(struct listing *l)
{
	struct call *c = l->call;
	struct prop_subject subject = { .call = c, .node = &c->node, .path = c->path, .is_bare = true };
	enum err e = multistatus_begin(l->out);

	l->is_begun = true;
	if (e != OK || (l->without_root && l->depth != DEPTH_0))
		return e;
	if ((e = multistatus_response(l->out, DAV_TRASH "/")) != OK ||
	    (e = propset_write(l->set, &subject, l->out)) != OK)
		return e;
	return multistatus_response_end(l->out);
}

static enum err produce(void *arg, struct buf *out, bool *out_end) /* on a worker */
{
	struct listing *l = arg;
	bool is_full = false;
	enum err e = OK;

	l->out = out;
	l->error = OK;
	if (!l->is_begun)
		e = begin(l);
	l->seen = l->depth == DEPTH_0 ? 0 : PAGE;
	while (e == OK && l->seen == PAGE && !is_full) {
		l->seen = 0;
		e = store_list_trash(l->call->dav->store, l->before_ns, l->before_id, PAGE, add_trashed, l);
		is_full = out->len >= REQ_STREAM_PIECE;
		if (e == OK)
			e = l->error;
	}
	*out_end = e == OK && !is_full;
	return *out_end ? multistatus_end(out) : e;
}

static void got_body(struct call *c, void *arg, const struct xml_node *root)
{
	struct listing *l = arg;
	enum err e;

	if (root && !xml_is(root, NS_DAV, "propfind")) {
		call_reply_error(c, E_BAD_REQUEST, "the body of PROPFIND is a DAV:propfind element");
		return;
	}
	e = propset_read(root, davhdr_wants_minimal(c->req), req_arena(c->req), &l->set);
	if (e != OK) {
		call_reply_error(c, e, NULL);
		return;
	}
	davhdr_note_preferences(c->req);
	req_reply_stream(c->req, 207, DAV_XML_TYPE, false, produce, NULL, l);
}

void kept_list_trash(struct call *c)
{
	struct listing *l = arena_zalloc(req_arena(c->req), sizeof *l);

	l->call = c;
	l->before_ns = l->before_id = INT64_MAX;
	c->prefix = DAV_TRASH;
	c->path = span_of("/");
	c->node = (struct store_node){ .kind = STORE_COLLECTION };
	c->exists = true;
	c->level = ACCESS_READ;
	if (req_method(c->req) != METHOD_PROPFIND) {
		req_set_header(c->req, "Allow", "OPTIONS, PROPFIND");
		req_reply_error(c->req, E_METHOD, NULL);
	} else if (davhdr_depth(c->req, DEPTH_INFINITY, &l->depth) != OK) {
		call_reply_error(c, E_BAD_REQUEST, "Depth is 0, 1 or infinity");
	} else if (l->depth == DEPTH_INFINITY) {
		call_reply_condition(c, E_FORBIDDEN, "propfind-finite-depth", NULL);
	} else {
		l->without_root = davhdr_wants_no_root(c->req);
		xmlbody_read(c, got_body, l);
	}
}
