/*
 * COPY and MOVE (RFC 4918 §9.8, §9.9).  Everything is checked here before anything changes, and again by the committer at the moment
 * of the change.  A large collection is copied aside first, on a worker (store_copy_stage()), so that nobody waits for it.
 */
#include "server/dav/davhdr.h"
#include "server/dav/place.h"

enum { STAGE_TRIES = 3 };

struct transfer {
	struct call *call;
	struct place to;
	enum depth depth;
	bool overwrite, is_move;
	struct store_author author;
	struct store_stage stage;
	unsigned tries;
	enum err error;
	struct store_result result; /* while what was staged for nothing is removed */
};

static void submit(struct transfer *t);

static void unstage(void *arg) /* on a worker */
{
	struct transfer *t = arg;

	store_unstage(t->call->dav->store, &t->stage);
}

static void reply_failure(void *arg)
{
	struct transfer *t = arg;

	if (t->result.error == E_BUSY)
		call_reply_error(t->call, E_BUSY, "what is copied keeps changing; try again");
	else
		call_reply_failure(t->call, &t->result);
}

static void stage(void *arg) /* on a worker */
{
	struct transfer *t = arg;
	struct call *c = t->call;
	t->error = store_copy_stage(c->dav->store, c->path, &t->author, &t->stage);
}

static void staged(void *arg)
{
	struct transfer *t = arg;

	t->result.error = t->error;
	if (t->error != OK)
		reply_failure(t);
	else
		submit(t);
}

static void transferred(struct call *c, const struct store_result *result)
{
	struct transfer *t = c->method_data;

	if (result->error == E_BUSY && t->stage.top && t->tries++ < STAGE_TRIES) {
		req_work(c->req, stage, staged, t);
		return;
	}
	if (result->error != OK && result->error != E_UNKNOWN && t->stage.top) { /* perhaps it is in its place now */
		t->result = *result;
		req_work(c->req, unstage, reply_failure, t);
		return;
	}
	if (result->error != OK) {
		call_reply_failure(c, result);
		return;
	}
	req_set_etag(c->req, &result->digest);
	if (req_has_header(c->req, "X-OC-Mtime"))
		req_set_header(c->req, "X-OC-Mtime", "accepted");
	req_reply(c->req, result->created ? 201 : 204);
}

static void submit(struct transfer *t)
{
	struct call *c = t->call;
	struct cond cond = call_cond(c);
	struct store_step step = {
		.op = t->is_move ? STORE_MOVE : STORE_COPY,
		.path = c->path,
		.cond = &cond,
		.ifs = c->ifs,
		.is_collection = req_target(c->req)->has_trailing_slash,
		.destination = t->to.path,
		.overwrite = t->overwrite,
		.is_shallow = t->depth == DEPTH_0,
		.stage = t->stage,
		.mtime_ns = call_wanted_mtime(c),
	};

	call_submit(c, &step, transferred);
}

/* ---- checks ---- */

static enum err check_destination(struct transfer *t, const char **why)
{
	enum err e = place_read_destination(t->call, &t->to, why);

	if (e != OK)
		return e;
	if (t->to.path.len > 1)
		return call_check_new(t->call, t->to.path);
	*why = "nothing can be put there";
	return E_FORBIDDEN;
}

static enum err check_fields(struct transfer *t, const char **why)
{
	struct call *c = t->call;

	*why = "Overwrite is T or F";
	if (davhdr_overwrite(c->req, &t->overwrite) != OK)
		return E_BAD_REQUEST;
	*why = "Depth is infinity, or for COPY 0";
	if (davhdr_depth(c->req, DEPTH_INFINITY, &t->depth) != OK)
		return E_BAD_REQUEST;
	/* §9.8.3, §9.9.2: what else there is makes no sense on a collection; on a file any does. */
	if (c->node.kind == STORE_COLLECTION && (t->depth == DEPTH_1 || (t->is_move && t->depth != DEPTH_INFINITY)))
		return E_BAD_REQUEST;
	*why = NULL;
	return OK;
}

/* The places against each other and against what is there now. */
static enum err check_places(struct transfer *t, const char **why)
{
	struct call *c = t->call;
	struct store_node there;
	enum err e;

	*why = "source and destination are the same, or one lies in the other";
	if (path_is_within(t->to.path, c->path) || path_is_within(c->path, t->to.path))
		return E_FORBIDDEN;
	*why = NULL;
	e = store_lookup(c->dav->store, t->to.path, &there);
	if (e == E_CONFLICT)
		return E_CONFLICT;
	if (e != OK && e != E_NOT_FOUND)
		return e;
	if (e == E_NOT_FOUND && t->to.has_trailing_slash && c->node.kind == STORE_FILE) {
		*why = "a file's name does not end in a slash";
		return E_CONFLICT;
	}
	/* Another way to write the same name is no second resource. */
	if (e == OK && !t->overwrite && there.id != c->node.id) {
		*why = "something is at the destination, and Overwrite is F";
		return E_PRECONDITION;
	}
	return OK;
}

static bool is_unlocked(struct transfer *t)
{
	enum { ALL = STORE_LOCK_SELF | STORE_LOCK_PARENT | STORE_LOCK_BELOW };
	struct call *c = t->call;

	return (!t->is_move || call_is_unlocked(c, c->path, ALL)) && call_is_unlocked(c, t->to.path, ALL);
}

static void transfer(struct call *c, bool is_move)
{
	struct transfer *t = arena_zalloc(req_arena(c->req), sizeof *t);
	const char *why = NULL;
	enum err e;

	t->call = c;
	t->is_move = is_move;
	t->author = call_author(c);
	c->method_data = t;
	if ((is_move && span_is(c->path, "/")) || (e = check_destination(t, &why)) == E_FORBIDDEN) {
		call_reply_error(c, E_FORBIDDEN, why);
	} else if (!c->exists || call_is_misnamed(c)) {
		call_reply_error(c, E_NOT_FOUND, NULL);
	} else if (e != OK || (e = check_fields(t, &why)) != OK || (e = check_places(t, &why)) != OK) {
		call_reply_error(c, e, why);
	} else if (!is_unlocked(t)) {
		return; /* answered */
	} else if (call_conditions(c, false) != COND_PASS) {
		call_reply_stale(c, call_tag(c));
	} else if (!is_move && c->node.kind == STORE_COLLECTION && t->depth == DEPTH_INFINITY) {
		req_work(c->req, stage, staged, t);
	} else {
		submit(t);
	}
}

void dav_copy(struct call *c)
{
	transfer(c, false);
}

void dav_move(struct call *c)
{
	transfer(c, true);
}
