/*
 * DELETE: a file, or a collection with everything under it.  204 with the entity tag of what was removed: that is what a
 * restore takes.  If-Match on a collection holds only if nothing below it changed (its tag is the folder hash).
 */
#include "server/dav/call.h"
#include "server/dav/davhdr.h"

static void deleted(struct call *c, const struct store_result *result)
{
	if (result->error != OK) {
		call_reply_failure(c, result);
		return;
	}
	req_set_etag(c->req, &result->digest);
	req_reply(c->req, 204);
}

void dav_delete(struct call *c)
{
	struct cond cond = call_cond(c);
	struct store_step step = {
		.op = STORE_DELETE,
		.path = c->path,
		.cond = &cond,
		.ifs = c->ifs,
		.is_collection = req_target(c->req)->has_trailing_slash,
	};

	enum depth depth;

	if (span_is(c->path, "/"))
		call_reply_error(c, E_FORBIDDEN, "the root cannot be deleted");
	else if (!c->exists || call_is_misnamed(c))
		call_reply_error(c, E_NOT_FOUND, NULL);
	/* RFC 4918 §9.6.1: all of a collection, or nothing. */
	else if (davhdr_depth(c->req, DEPTH_INFINITY, &depth) != OK ||
		 (c->node.kind == STORE_COLLECTION && depth != DEPTH_INFINITY))
		call_reply_error(c, E_BAD_REQUEST, "DELETE of a folder has Depth: infinity");
	else if (!call_is_unlocked(c, c->path, STORE_LOCK_SELF | STORE_LOCK_PARENT | STORE_LOCK_BELOW))
		return;
	else if (call_conditions(c, false) != COND_PASS)
		call_reply_stale(c, &c->node.digest);
	else
		call_submit(c, &step, deleted);
}
