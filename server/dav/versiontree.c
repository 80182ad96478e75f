/*
 * DAV:version-tree (RFC 3253 §3.7): every content that a file had, the newest first, each by the URL at which it can be had for
 * good.  Also of a name where nothing is now but a file was: how else could one have it back?
 */
#include "server/dav/versiontree.h"

#include "server/dav/davhdr.h"
#include "server/dav/kept.h"
#include "server/dav/multistatus.h"
#include "server/dav/propset.h"
#include "server/store/store_history.h"

enum { ANSWER_MAX = 32 << 20 };

struct tree {
	struct call *call;
	const struct propset *set;
	struct buf body;
	unsigned shown;
	bool is_cut;
	enum err error;
};

static enum err write_version(struct tree *t, const struct store_version *v)
{
	struct call *c = t->call;
	struct store_node content = v->content;
	struct prop_subject subject = { .call = c, .node = &content, .path = v->then, .version = v };
	char id[STORE_RESOURCE_ID_SIZE];
	struct arena *arena = arena_new();
	enum err e;

	content.created_ns = content.ctime_ns; /* the version is what was made, not the file */
	store_resource_id(c->dav->store, v->node, id);
	e = multistatus_response(
	    &t->body, arena_printf(arena, DAV_VERSIONS "/%s/%lld", id + sizeof "urn:uuid:" - 1, (long long)v->number));
	arena_free(arena);
	if (e != OK || (e = propset_write(t->set, &subject, &t->body)) != OK)
		return e;
	return multistatus_response_end(&t->body);
}

static bool add_version(void *arg, const struct store_version *v)
{
	struct tree *t = arg;

	if (!kept_may_read(t->call, v->then, v->now))
		return true;
	t->shown++;
	t->error = write_version(t, v);
	return t->error == OK;
}

/* As RFC 6578 §3.6 says it of a report that is not whole. */
static enum err write_cut(struct tree *t)
{
	enum err e = multistatus_resource(&t->body, t->call->prefix, t->call->path, false);

	if (e != OK || (e = multistatus_status(&t->body, 507)) != OK ||
	    (e = buf_add_text(&t->body, "<D:error><D:number-of-matches-within-limits/></D:error>")) != OK)
		return e;
	return multistatus_response_end(&t->body);
}

static void make(void *arg) /* on a worker */
{
	struct tree *t = arg;
	enum err e = multistatus_begin(&t->body);

	if (e == OK && (e = store_history(t->call->dav->store, t->call->path, add_version, t, &t->is_cut)) == OK)
		e = t->error;
	if (e == OK && t->is_cut)
		e = write_cut(t);
	if (e == OK && !t->shown)
		e = E_NOT_FOUND;
	t->error = e == OK ? multistatus_end(&t->body) : e;
}

static void reply(void *arg)
{
	struct tree *t = arg;
	struct call *c = t->call;

	if (t->error == OK) {
		davhdr_note_preferences(c->req);
		req_reply_buf(c->req, 207, DAV_XML_TYPE, &t->body);
	} else {
		call_reply_error(c, t->error, NULL);
	}
	buf_clear(&t->body);
}

void versiontree_report(struct call *c, const struct xml_node *root)
{
	struct tree *t = arena_zalloc(req_arena(c->req), sizeof *t);
	enum depth depth;
	enum err e;

	t->call = c;
	t->body = buf_new(ANSWER_MAX);
	if (davhdr_depth(c->req, DEPTH_0, &depth) != OK || depth != DEPTH_0) {
		call_reply_error(c, E_BAD_REQUEST, "the Depth of version-tree is 0");
	} else if ((e = propset_read_prop(xml_child(root, NS_DAV, "prop"), davhdr_wants_minimal(c->req),
					  req_arena(c->req), &t->set)) != OK) {
		call_reply_error(c, e, NULL);
	} else {
		req_work(c->req, make, reply, t);
	}
}
