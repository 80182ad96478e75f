/*
 * REPORT (RFC 3253 §3.6): which report is wanted; version-tree is in versiontree.c, changes in changelog.c; DAV:sync-collection,
 * what changed below a collection since a token (RFC 6578; protocol.md, "Changes").
 *
 * The first chunk is read before the head is sent, so that a token that is no good is answered by a status.  The rest is read
 * while it is sent: a long report costs no more memory than a short one and holds no thread.  A page that cannot go on (the
 * collection was moved away meanwhile) ends as one that is full; the client learns why when it asks for the next.
 */
#include "server/dav/changelog.h"
#include "server/dav/davhdr.h"
#include "server/dav/multistatus.h"
#include "server/dav/propset.h"
#include "server/dav/versiontree.h"
#include "server/dav/xmlbody.h"
#include "server/store/store_sync.h"

struct report {
	struct call *call;
	const struct propset *set;
	struct store_sync *sync;
	/* the chunk that is being written */
	const struct store_change *changes;
	size_t count, next;
	enum store_sync_state state;
	enum err error;
	bool is_begun;
};

/* ---- the answer ---- */

static void read_chunk(void *arg) /* on a worker */
{
	struct report *r = arg;

	r->next = r->count = 0;
	r->error = store_sync_next(r->sync, &r->changes, &r->count, &r->state);
}

static enum err write_change(const struct report *r, const struct store_change *ch, struct buf *out)
{
	struct call *c = r->call;
	struct prop_subject subject = { c, &ch->node, ch->path, false, NULL, NULL };
	enum err e = multistatus_resource(out, c->prefix, ch->path, ch->is_collection);

	if (e == OK)
		e = ch->is_gone ? multistatus_status(out, 404) : propset_write(r->set, &subject, out);
	return e == OK ? multistatus_response_end(out) : e;
}

/* RFC 6578 §3.6: a page that is not all of the report says so on the collection's own href. */
static enum err write_cut(const struct report *r, struct buf *out)
{
	enum err e = multistatus_resource(out, r->call->prefix, r->call->path, true);

	if (e != OK || (e = multistatus_status(out, 507)) != OK ||
	    (e = buf_add_text(out, "<D:error><D:number-of-matches-within-limits/></D:error>")) != OK)
		return e;
	return multistatus_response_end(out);
}

static enum err write_end(const struct report *r, struct buf *out)
{
	enum err e = r->state == STORE_SYNC_CUT ? write_cut(r, out) : OK;

	if (e == OK)
		e = buf_addf(out, "<D:sync-token>%s</D:sync-token>", store_sync_end(r->sync));
	return e == OK ? multistatus_end(out) : e;
}

static enum err next_chunk(struct report *r)
{
	read_chunk(r);
	if (r->error != E_PRECONDITION && r->error != E_NOT_FOUND)
		return r->error;
	r->state = STORE_SYNC_CUT;
	return OK;
}

static enum err produce(void *arg, struct buf *out, bool *out_end) /* on a worker; an empty report on the loop */
{
	struct report *r = arg;
	enum err e = OK;

	if (!r->is_begun)
		e = multistatus_begin(out);
	r->is_begun = true;
	while (e == OK && out->len < REQ_STREAM_PIECE) {
		if (r->next < r->count) {
			e = write_change(r, &r->changes[r->next++], out);
		} else if (r->state == STORE_SYNC_MORE) {
			e = next_chunk(r);
		} else {
			*out_end = true;
			return write_end(r, out);
		}
	}
	return e;
}

static void release(void *arg)
{
	struct report *r = arg;

	store_sync_free(TAKE(r->sync));
}

static void first_chunk(void *arg)
{
	struct report *r = arg;
	struct call *c = r->call;

	if (r->error == OK && !r->count && r->state == STORE_SYNC_MORE && !req_is_gone(c->req)) {
		req_work(c->req, read_chunk, first_chunk, r); /* much has changed, none of it here yet */
	} else if (r->error == OK) {
		davhdr_note_preferences(c->req);
		req_reply_stream(c->req, 207, DAV_XML_TYPE, !r->count, produce, release, r);
	} else {
		release(r);
		if (r->error == E_PRECONDITION)
			call_reply_condition(c, E_FORBIDDEN, "valid-sync-token", NULL); /* RFC 6578 §3.3 */
		else
			call_reply_error(c, r->error, NULL);
	}
}

/* ---- the request ---- */

/* RFC 5323 §5.17: how many results at most; 0 without the element.  E_BAD_REQUEST: not a number of one or more. */
static enum err read_limit(const struct xml_node *root, struct arena *arena, unsigned *out)
{
	const struct xml_node *limit = xml_child(root, NS_DAV, "limit"), *count;
	int64_t number;

	*out = 0;
	if (!limit)
		return OK;
	count = xml_child(limit, NS_DAV, "nresults");
	if (!count || !span_to_int64(xml_text(count, arena), &number) || number < 1)
		return E_BAD_REQUEST;
	*out = (unsigned)MIN(number, STORE_SYNC_PAGE_LIMIT);
	return OK;
}

/* RFC 6578 §6.1: sync-token, sync-level, limit?, prop. */
static enum err read_query(const struct call *c, const struct xml_node *root, struct store_sync_query *q,
			   const struct propset **out_set)
{
	const struct xml_node *token = xml_child(root, NS_DAV, "sync-token");
	const struct xml_node *level = xml_child(root, NS_DAV, "sync-level"), *prop = xml_child(root, NS_DAV, "prop");
	struct arena *arena = req_arena(c->req);
	struct span level_text;

	if (!token || !level || !prop || xml_first_element(token) || read_limit(root, arena, &q->limit) != OK)
		return E_BAD_REQUEST;
	level_text = xml_text(level, arena);
	q->is_deep = span_is(level_text, "infinite");
	if (!q->is_deep && !span_is(level_text, "1"))
		return E_BAD_REQUEST;
	q->path = c->path;
	q->token = xml_text(token, arena);
	q->knows_ids = span_list_has(req_header(c->req, "Sync-Features"), "id");
	access_view(c->access, q->view);
	return propset_read_prop(prop, davhdr_wants_minimal(c->req), arena, out_set);
}

static void sync_collection(struct call *c, const struct xml_node *root)
{
	struct report *r = arena_zalloc(req_arena(c->req), sizeof *r);
	struct store_sync_query q = { .limit = 0 };
	enum depth depth;
	enum err e;

	r->call = c;
	/* RFC 6578 §3.2: the depth is in the body. */
	if (davhdr_depth(c->req, DEPTH_0, &depth) != OK || depth != DEPTH_0) {
		call_reply_error(c, E_BAD_REQUEST, "the Depth of sync-collection is 0");
	} else if ((e = read_query(c, root, &q, &r->set)) != OK) {
		call_reply_error(c, e,
				 e == E_TOO_LARGE ? "too many properties"
						  : "sync-collection has a sync-token, a sync-level of 1 or infinite, "
						    "perhaps a limit, and a prop");
	} else {
		r->sync = store_sync_new(c->dav->store, &q);
		req_work(c->req, read_chunk, first_chunk, r);
	}
}

static void got_body(struct call *c, void *arg not_used, const struct xml_node *root)
{
	if (!root)
		call_reply_error(c, E_BAD_REQUEST, "the body of REPORT says which");
	else if (xml_is(root, NS_DAV, "version-tree") && (!c->exists || c->node.kind == STORE_FILE))
		versiontree_report(c, root);
	else if (!c->exists)
		call_reply_error(c, E_NOT_FOUND, NULL);
	else if (xml_is(root, NS_DAV, "sync-collection") && c->node.kind == STORE_COLLECTION)
		sync_collection(c, root);
	else if (xml_is(root, NS_SYNCD, "changes") && c->node.kind == STORE_COLLECTION)
		changelog_report(c, root);
	else
		call_reply_condition(c, E_FORBIDDEN, "supported-report", NULL); /* RFC 3253 §3.6 */
}

void dav_report(struct call *c)
{
	/* What was deleted has a history too (versiontree.h). */
	if (call_is_misnamed(c))
		call_reply_error(c, E_NOT_FOUND, NULL);
	else if (c->exists && call_conditions(c, true) == COND_FAILED)
		call_reply_stale(c, call_tag(c));
	else
		xmlbody_read(c, got_body, NULL);
}
