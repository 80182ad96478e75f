/*
 * Having something back: COPY of a version, MOVE out of the trash (kept.h).
 *
 * What a client demands by If-Match and the other conditions, and by If without a tag, is about the destination: what is restored
 * never changes, what it takes the place of does.  A file that is there keeps its node and gets the old content as a new version.
 * A collection is planned on a worker as the differences between then and now, and changed in one transaction; a large one is
 * built aside there and put in its place by one row.
 */
#include "server/dav/davhdr.h"
#include "server/dav/kept.h"
#include "server/dav/place.h"
#include "server/store/store_history.h"

enum { PLAN_TRIES = 20 };

struct restore {
	struct call *call;
	struct place to;
	bool overwrite, is_there;
	struct store_node there;
	struct cond cond;
	unsigned tries;
	/* of a plan */
	struct store_author author;
	struct store_txn *txn;
	struct store_staged *staged;
	unsigned changes;
	enum err error;
	struct store_result result; /* while what was built for nothing is removed */
};

/* ---- checks ---- */

static enum err check(struct restore *r, const char **why)
{
	struct call *c = r->call;
	enum err e = place_read_destination(c, &r->to, why);

	if (e != OK)
		return e;
	*why = "Overwrite is T or F";
	if (davhdr_overwrite(c->req, &r->overwrite) != OK)
		return E_BAD_REQUEST;
	*why = NULL;
	e = store_lookup(c->dav->store, r->to.path, &r->there);
	r->is_there = e == OK;
	if (e != OK && e != E_NOT_FOUND)
		return e;
	*why = "a file's name does not end in a slash";
	if (!r->is_there && r->to.has_trailing_slash && c->node.kind == STORE_FILE)
		return E_CONFLICT;
	*why = "something is at the destination, and Overwrite is F";
	if (r->is_there && !r->overwrite)
		return E_PRECONDITION;
	*why = NULL;
	return OK;
}

/* False: answered.  From here on the call is about the destination. */
static bool begin(struct call *c, struct restore *r)
{
	enum { ALL = STORE_LOCK_SELF | STORE_LOCK_PARENT | STORE_LOCK_BELOW };
	const char *why = NULL;
	enum err e;

	r->call = c;
	c->method_data = r;
	e = call_is_misnamed(c) ? E_NOT_FOUND : check(r, &why);
	if (e != OK) {
		call_reply_error(c, e, why);
		return false;
	}
	c->path = r->to.path;
	c->prefix = r->to.prefix;
	c->is_kept = c->is_past = false;
	r->cond = req_cond(c->req);
	/* Asked again at the moment of the change. */
	if (!r->overwrite && cond_is_none(&r->cond))
		r->cond.if_none_match = "*";
	return call_read_if(c) && call_is_unlocked(c, c->path, r->is_there ? ALL : STORE_LOCK_PARENT);
}

static void restored(struct call *c, const struct store_result *result)
{
	if (result->error != OK) {
		call_reply_failure(c, result);
		return;
	}
	req_set_etag(c->req, &result->digest);
	req_reply(c->req, result->created ? 201 : 204);
}

/* ---- a collection ---- */

static void plan(void *arg) /* on a worker */
{
	struct restore *r = arg;
	struct call *c = r->call;
	struct store_restore wanted = {
		.node = c->node.id, .number = c->at, .path = c->path, .cond = &r->cond, .ifs = c->ifs
	};

	r->txn = NULL;
	r->error = store_restore_plan(c->dav->store, &wanted, &r->author, r->staged, &r->txn, &r->changes);
}

static void planned(void *arg);

static void clear_up(void *arg) /* on a worker */
{
	struct restore *r = arg;

	store_staged_free(r->call->dav->store, TAKE(r->staged));
}

static void reply_failure(void *arg)
{
	struct restore *r = arg;
	struct call *c = r->call;

	if (r->result.error == E_BUSY)
		call_reply_error(c, E_BUSY, "what is to be restored keeps changing; try again");
	else if (r->result.error == E_TOO_LARGE)
		call_reply_error(c, E_TOO_LARGE,
				 "too much changed directly in the top folder: restore what is in it, one by one");
	else
		call_reply_failure(c, &r->result);
}

static void give_up(struct restore *r, const struct store_result *result)
{
	r->result = *result;
	req_work(r->call->req, clear_up, reply_failure, r);
}

/* The result's digest is the last step's: the collection's own is looked up. */
static void changed(struct call *c, const struct store_result *result)
{
	struct restore *r = c->method_data;
	bool is_stale = result->error == E_NOT_FOUND || (result->error == E_BUSY && result->step > 0);
	struct store_result whole = *result;
	struct store_node now;

	if (is_stale && ++r->tries < PLAN_TRIES) {
		req_work(c->req, plan, planned, r);
		return;
	}
	if (result->error == OK || result->error == E_UNKNOWN) /* perhaps it is in its place now */
		store_staged_forget(r->staged);
	if (result->error != OK) {
		whole.error = is_stale ? E_BUSY : result->error;
		give_up(r, &whole);
		return;
	}
	store_staged_free(c->dav->store, TAKE(r->staged)); /* nothing is in it any more */
	if (store_lookup(c->dav->store, c->path, &now) == OK) {
		whole.digest = now.digest;
		whole.created = !r->is_there;
	}
	restored(c, &whole);
}

static void planned(void *arg)
{
	struct restore *r = arg;

	if (r->error != OK)
		give_up(r, &(struct store_result){ .error = r->error });
	else
		call_submit_txn(r->call, r->txn, r->call->path, changed);
}

/* ---- the methods ---- */

void kept_restore(struct call *c)
{
	struct restore *r = arena_zalloc(req_arena(c->req), sizeof *r);
	struct store_step step = { .op = STORE_RESTORE, .node = c->node.id, .number = c->at };
	enum depth depth;

	if (davhdr_depth(c->req, DEPTH_INFINITY, &depth) != OK || depth != DEPTH_INFINITY) {
		call_reply_error(c, E_BAD_REQUEST, "the Depth of a restore is infinity");
		return;
	}
	if (!begin(c, r))
		return;
	if (c->node.kind == STORE_COLLECTION) {
		r->staged = store_staged_new();
		r->author = call_author(c);
		req_work(c->req, plan, planned, r);
	} else if (r->is_there && r->there.kind == STORE_COLLECTION) {
		call_reply_error(c, E_CONFLICT, "a folder is there: move or delete it first");
	} else {
		step.path = c->path;
		step.cond = &r->cond;
		step.ifs = c->ifs;
		call_submit(c, &step, restored);
	}
}

void kept_undelete(struct call *c)
{
	struct restore *r = arena_zalloc(req_arena(c->req), sizeof *r);
	struct store_step step = { .op = STORE_UNDELETE, .node = c->node.id, .number = c->at };

	if (!begin(c, r))
		return;
	step.path = c->path;
	step.cond = &r->cond;
	step.ifs = c->ifs;
	step.overwrite = r->overwrite;
	call_submit(c, &step, restored);
}
