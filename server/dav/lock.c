/*
 * LOCK and UNLOCK (RFC 4918 §9.10, §9.11).  An unmapped URL gets an empty file with its lock (§7.3).
 */
#include <string.h>

#include "common/clock.h"
#include "common/uuid.h"
#include "server/dav/davhdr.h"
#include "server/dav/multistatus.h"
#include "server/dav/props.h"
#include "server/dav/xmlbody.h"

enum { TIMEOUT_MOST_S = 3600, REPLY_MAX = 64 << 10 };

struct lock {
	struct store_lock wanted;
	unsigned char token[STORE_LOCK_TOKEN_SIZE];
	struct upload *empty; /* what an unmapped URL gets */
	struct digest digest;
	bool is_refresh;
	enum err error;
};

/* ---- answers ---- */

static void reply_lock(struct call *c, const struct store_result *result, bool is_refresh)
{
	autobuf struct buf body = buf_new(REPLY_MAX);
	char token[UUID_URI_SIZE];
	enum err e = buf_add_text(
	    &body, "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<D:prop xmlns:D=\"DAV:\"><D:lockdiscovery>");

	if (e == OK)
		e = prop_write_activelock(c, &result->lock, &body);
	if (e == OK)
		e = buf_add_text(&body, "</D:lockdiscovery></D:prop>\n");
	if (e != OK) {
		call_reply_error(c, e, NULL);
		return;
	}
	if (!is_refresh) /* §9.10.2: only a new lock has the field */
		req_set_header(c->req, "Lock-Token",
			       arena_printf(req_arena(c->req), "<%s>", uuid_write(result->lock.token, token)));
	req_reply_buf(c->req, result->created ? 201 : 200, DAV_XML_TYPE, &body);
}

/* §9.10.6: the one that is in the way lies below: it is 423, and what was asked for 424. */
static void reply_member_clash(struct call *c)
{
	autobuf struct buf body = buf_new(REPLY_MAX);
	struct store_node node;
	bool is_collection = store_lookup(c->dav->store, c->culprit, &node) == OK && node.kind == STORE_COLLECTION;
	enum err e = multistatus_begin(&body);

	if (e != OK || (e = multistatus_response(&body, call_href(c, c->culprit, is_collection))) != OK ||
	    (e = multistatus_status(&body, 423)) != OK || (e = multistatus_response_end(&body)) != OK ||
	    (e = multistatus_response(&body, call_href(c, c->path, true))) != OK ||
	    (e = multistatus_status(&body, 424)) != OK || (e = multistatus_response_end(&body)) != OK ||
	    (e = multistatus_end(&body)) != OK)
		call_reply_error(c, E_LOCKED, NULL);
	else
		req_reply_buf(c->req, 207, DAV_XML_TYPE, &body);
}

static void reply_clash(struct call *c)
{
	struct store_node node;
	bool is_collection = store_lookup(c->dav->store, c->culprit, &node) == OK && node.kind == STORE_COLLECTION;

	if (!access_may_read(c->access, c->culprit))
		call_reply_condition(c, E_LOCKED, "no-conflicting-lock", NULL);
	else if (c->culprit.len > c->path.len && path_is_within(c->culprit, c->path))
		reply_member_clash(c);
	else
		call_reply_condition(c, E_LOCKED, "no-conflicting-lock", call_href(c, c->culprit, is_collection));
}

static void locked(struct call *c, const struct store_result *result)
{
	const struct lock *l = c->method_data;

	if (result->error == OK) {
		reply_lock(c, result, l->is_refresh);
	} else if (result->error == E_LOCKED) {
		c->culprit = result->culprit;
		reply_clash(c);
	} else if (result->error == E_TOO_LARGE) {
		call_reply_error(c, E_NO_SPACE, "too many locks");
	} else if (result->error == E_PRECONDITION && l->is_refresh) {
		call_reply_condition(c, E_PRECONDITION, "lock-token-matches-request-uri", NULL);
	} else {
		call_reply_failure(c, result);
	}
}

/* ---- a new lock ---- */

static void submit_lock(struct call *c, struct lock *l)
{
	struct cond cond = call_cond(c);
	struct store_step step = {
		.op = STORE_LOCK,
		.path = c->path,
		.cond = &cond,
		.ifs = c->ifs,
		.lock = &l->wanted,
		.upload = TAKE(l->empty),
		.mtime_ns = STORE_MTIME_NOW,
	};

	c->method_data = l;
	call_submit(c, &step, locked);
}

/* §14.11: one scope, of a write lock; §14.17: what the owner says of himself, as XML. */
static enum err read_lockinfo(const struct xml_node *root, struct lock *l, struct arena *arena)
{
	const struct xml_node *scope, *type, *owner;
	autobuf struct buf text = buf_new(STORE_LOCK_OWNER_LIMIT);
	bool exclusive, shared;

	if (!xml_is(root, NS_DAV, "lockinfo"))
		return E_BAD_REQUEST;
	scope = xml_child(root, NS_DAV, "lockscope");
	type = xml_child(root, NS_DAV, "locktype");
	owner = xml_child(root, NS_DAV, "owner");
	if (!scope || !type)
		return E_BAD_REQUEST;
	exclusive = xml_child(scope, NS_DAV, "exclusive") != NULL;
	shared = xml_child(scope, NS_DAV, "shared") != NULL;
	if (exclusive == shared)
		return E_BAD_REQUEST;
	if (!xml_child(type, NS_DAV, "write"))
		return E_UNPROCESSABLE;
	l->wanted.is_shared = shared;
	if (!owner)
		return OK;
	if (xml_write_content(owner, &text) != OK)
		return E_TOO_LARGE;
	l->wanted.owner = (struct span){ arena_span(arena, buf_span(&text)), text.len };
	return OK;
}

static void lock_new(struct call *c, struct lock *l, const struct xml_node *root)
{
	enum depth depth;
	enum err e = read_lockinfo(root, l, req_arena(c->req));

	if (e != OK) {
		call_reply_error(
		    c, e, e == E_TOO_LARGE ? "the owner element is too long" : "the body is no DAV:lockinfo that fits");
		return;
	}
	/* §9.10.3: infinity without the field; 1 makes no sense. */
	if (davhdr_depth(c->req, DEPTH_INFINITY, &depth) != OK || depth == DEPTH_1) {
		call_reply_error(c, E_BAD_REQUEST, "Depth is 0 or infinity");
		return;
	}
	l->wanted.is_infinite = depth == DEPTH_INFINITY;
	l->wanted.expires_s = clock_now_s() + davhdr_timeout_s(c->req, TIMEOUT_MOST_S);
	if (!c->exists) {
		l->empty = upload_new(c->dav->store, 0);
		if ((e = upload_finish(l->empty, &l->digest)) != OK) {
			upload_free(TAKE(l->empty));
			call_reply_error(c, e, NULL);
			return;
		}
	}
	submit_lock(c, l);
}

/* ---- refresh ---- */

/* The first token of the If header that could be a lock's. */
static bool find_token(const struct store_if *ifs, unsigned char out[STORE_LOCK_TOKEN_SIZE])
{
	for (unsigned i = 0; ifs && i < ifs->list_count; i++)
		for (unsigned k = 0; k < ifs->lists[i].term_count; k++) {
			const struct store_if_term *t = &ifs->lists[i].terms[k];

			if (t->kind == STORE_IF_TOKEN && !t->is_not && uuid_read(t->text, out))
				return true;
		}
	return false;
}

/* §9.10.2: LOCK without a body renews the lock whose token is submitted. */
static void refresh(struct call *c, struct lock *l)
{
	struct cond cond = call_cond(c);
	struct store_step step = { .op = STORE_REFRESH,
				   .path = c->path,
				   .cond = &cond,
				   .ifs = c->ifs,
				   .lock = &l->wanted,
				   .token = l->token };

	l->is_refresh = true;
	l->wanted.expires_s = clock_now_s() + davhdr_timeout_s(c->req, TIMEOUT_MOST_S);
	if (!find_token(c->ifs, l->token)) {
		call_reply_error(c, c->ifs ? E_PRECONDITION : E_BAD_REQUEST,
				 "LOCK without a body renews a lock, whose token the If header has to name");
		return;
	}
	c->method_data = l;
	call_submit(c, &step, locked);
}

static void got_body(struct call *c, void *arg, const struct xml_node *root)
{
	struct lock *l = arg;

	if (root)
		lock_new(c, l, root);
	else
		refresh(c, l);
}

void dav_lock(struct call *c)
{
	struct lock *l = arena_zalloc(req_arena(c->req), sizeof *l);

	if (call_is_misnamed(c))
		call_reply_error(c, E_NOT_FOUND, NULL);
	else if (!c->exists && c->missing == E_CONFLICT)
		call_reply_error(c, E_CONFLICT, NULL);
	else if (!c->exists && req_target(c->req)->has_trailing_slash)
		call_reply_error(c, E_CONFLICT, "make the folder first: a lock makes files");
	else if (call_conditions(c, false) != COND_PASS)
		call_reply_stale(c, c->exists ? call_tag(c) : NULL);
	else
		xmlbody_read(c, got_body, l);
}

/* ---- UNLOCK ---- */

static void unlocked(struct call *c, const struct store_result *result)
{
	if (result->error == OK)
		req_reply(c->req, 204);
	else if (result->error == E_PRECONDITION) /* §9.11.1 */
		call_reply_condition(c, E_CONFLICT, "lock-token-matches-request-uri", NULL);
	else if (result->error == E_FORBIDDEN)
		call_reply_error(c, E_FORBIDDEN, "the lock is somebody else's");
	else
		call_reply_failure(c, result);
}

void dav_unlock(struct call *c)
{
	unsigned char token[STORE_LOCK_TOKEN_SIZE];
	struct span text = davhdr_lock_token(c->req);
	struct store_step step = { .op = STORE_UNLOCK, .path = c->path, .ifs = c->ifs, .token = token };

	if (!c->exists || call_is_misnamed(c))
		call_reply_error(c, E_NOT_FOUND, NULL);
	else if (!text.len)
		call_reply_error(c, E_BAD_REQUEST, "Lock-Token is missing");
	else if (call_conditions(c, false) != COND_PASS)
		call_reply_stale(c, call_tag(c));
	else if (!uuid_read(text, token))
		call_reply_condition(c, E_CONFLICT, "lock-token-matches-request-uri", NULL);
	else
		call_submit(c, &step, unlocked);
}
