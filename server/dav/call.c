#include "server/dav/call.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "server/dav/ifheader.h"
#include "server/dav/multistatus.h"
#include "server/dav/past.h"
#include "server/dav/place.h"
#include "server/store/store_history.h"

enum { CONDITION_MAX = 64 << 10 };

const char *call_href(const struct call *c, struct span path, bool is_collection)
{
	struct arena *arena = req_arena(c->req);

	return arena_printf(arena, "%s%s%s", c->prefix, uri_encode_path(path, arena),
			    is_collection && path.len > 1 ? "/" : "");
}

/* ---- what is in a collection, as the call sees it ---- */

enum { PAST_PAGE = 256 };

struct past_page {
	struct store_node *nodes;
	size_t count;
};

static bool add_to_page(void *arg, const struct store_node *member)
{
	struct past_page *page = arg;

	page->nodes[page->count++] = *member;
	return page->count < PAST_PAGE;
}

static bool take_collection(void *arg, const struct store_node *member)
{
	struct store_node *out = arg;

	if (member->kind == STORE_COLLECTION)
		*out = *member;
	return member->kind != STORE_COLLECTION;
}

/* A page at a time, so that no connection is held while where the members are now is looked up on another. */
static enum err list_past(struct call *c, int64_t id, const char *after, unsigned limit, store_member_fn *fn, void *arg)
{
	struct past_page page = { .nodes = xmalloc(PAST_PAGE * sizeof *page.nodes) };
	autofree char *key = xstrdup(after);
	bool go_on = true;
	enum err e;

	do {
		page.count = 0;
		e = store_list_at(c->dav->store, id, c->at, key, MIN(limit, (unsigned)PAST_PAGE), add_to_page, &page);
		for (size_t i = 0; e == OK && i < page.count && go_on; i++)
			if (past_may_read_now(c, page.nodes[i].id)) {
				if (page.nodes[i].kind == STORE_COLLECTION && fn != take_collection)
					past_sum(c, &page.nodes[i]);
				go_on = fn(arg, &page.nodes[i]);
			}
		if (page.count) {
			free(key);
			key = path_key(span_of(page.nodes[page.count - 1].name));
		}
		limit -= (unsigned)page.count;
	} while (e == OK && go_on && page.count == PAST_PAGE && limit);
	free(page.nodes);
	return e;
}

enum err call_list(struct call *c, int64_t id, const char *after, unsigned limit, store_member_fn *fn, void *arg)
{
	return c->is_past ? list_past(c, id, after, limit, fn, arg)
			  : store_list(c->dav->store, id, after, limit, fn, arg);
}

enum err call_next_collection(struct call *c, int64_t id, const char *after, struct store_node *out)
{
	enum err e;

	if (!c->is_past)
		return store_next_collection(c->dav->store, id, after, out);
	out->id = 0;
	e = list_past(c, id, after, UINT_MAX, take_collection, out);
	return e == OK && !out->id ? E_NOT_FOUND : e;
}

const struct dav_options *call_options(const struct call *c)
{
	return atomic_load(&c->dav->options);
}

bool call_is_bare(const struct call *c)
{
	return c->level == ACCESS_WAY;
}

bool call_is_fixed(const struct call *c)
{
	return c->is_past || c->is_kept;
}

bool call_is_misnamed(const struct call *c)
{
	return c->exists && c->node.kind == STORE_FILE && req_target(c->req)->has_trailing_slash;
}

struct cond call_cond(const struct call *c)
{
	struct cond cond = req_cond(c->req);

	if (c->exists && c->node.kind == STORE_COLLECTION)
		cond.if_modified_since_s = cond.if_unmodified_since_s = COND_NO_DATE;
	return cond;
}

const struct digest *call_tag(const struct call *c)
{
	enum method m = req_method(c->req);

	if (!c->exists || call_is_bare(c) || past_is_vague(c, &c->node))
		return NULL;
	if ((m == METHOD_GET || m == METHOD_HEAD) && c->node.kind == STORE_COLLECTION && !dav_listing_has_tag(c))
		return NULL;
	return &c->node.digest;
}

/* What cannot be asked now the committer asks again; a read that cannot ask does not go on as if. */
static bool if_holds(const struct call *c)
{
	bool holds = true;

	return !c->ifs || (store_if_evaluate(c->dav->store, c->ifs, &holds) == OK && holds);
}

enum cond_result call_conditions(const struct call *c, bool is_read)
{
	struct cond cond = call_cond(c);
	struct cond_target target = {
		.exists = c->exists,
		.digest = call_tag(c),
		.changed_s = MAX(c->node.mtime_ns, c->node.ctime_ns) / NS_PER_S,
	};

	if (!if_holds(c))
		return COND_FAILED;
	if (cond_is_none(&cond))
		return COND_PASS;
	return cond_evaluate(&cond, is_read, &target);
}

void call_reply_stale(struct call *c, const struct digest *current)
{
	if (current)
		req_set_etag(c->req, current);
	req_reply_error(c->req, E_PRECONDITION, current ? NULL : "nothing is there that fits the condition");
}

void call_reply_error(struct call *c, enum err e, const char *why)
{
	if (e == E_METHOD)
		req_set_header(c->req, "Allow", dav_allow(c)); /* RFC 9110 §15.5.6 demands it */
	req_reply_error(c->req, e, why);
}

void call_reply_condition(struct call *c, enum err e, const char *name, const char *href)
{
	autobuf struct buf body = buf_new(CONDITION_MAX);
	enum err full =
	    buf_addf(&body, "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<D:error xmlns:D=\"DAV:\"><D:%s", name);

	/* An href needs no escaping: what XML reserves is percent-encoded in it. */
	if (full == OK)
		full = href ? buf_addf(&body, "><D:href>%s</D:href></D:%s></D:error>\n", href, name)
			    : buf_addf(&body, "/></D:error>\n");
	if (full != OK)
		call_reply_error(c, e, name);
	else
		req_reply_buf(c->req, err_status(e), DAV_XML_TYPE, &body);
}

enum err call_check_locks(struct call *c, struct span path, unsigned scope)
{
	enum err e = store_lock_check(c->dav->store, path, scope, access_user(c->access), c->ifs, req_arena(c->req),
				      &c->culprit);

	/* An If that does not hold is 412 whatever else would refuse (RFC 4918 §10.4.1). */
	return e == E_LOCKED && !if_holds(c) ? E_PRECONDITION : e;
}

void call_reply_refused(struct call *c, enum err e, const char *why)
{
	if (e == E_LOCKED)
		call_reply_locked(c);
	else if (e == E_PRECONDITION)
		call_reply_stale(c, call_tag(c));
	else if (e == E_NO_SPACE && c->is_over_quota)
		call_reply_condition(c, e, "quota-not-exceeded", NULL); /* RFC 4331 §6 */
	else
		call_reply_error(c, e, why);
}

bool call_is_unlocked(struct call *c, struct span path, unsigned scope)
{
	enum err e = call_check_locks(c, path, scope);

	if (e != OK)
		call_reply_refused(c, e, NULL);
	return e == OK;
}

/* A member's own answer.  Nothing else was done: the change is one, or none. */
static enum err write_member_locked(struct call *c, bool is_collection, struct buf *out)
{
	enum err e = multistatus_begin(out);

	if (e != OK || (e = multistatus_response(out, call_href(c, c->culprit, is_collection))) != OK ||
	    (e = multistatus_status(out, 423)) != OK || (e = multistatus_response_end(out)) != OK)
		return e;
	return multistatus_end(out);
}

void call_reply_locked(struct call *c)
{
	autobuf struct buf body = buf_new(CONDITION_MAX);
	struct store_node node;
	bool is_collection = store_lookup(c->dav->store, c->culprit, &node) == OK && node.kind == STORE_COLLECTION;
	bool is_member = c->path.len < c->culprit.len && path_is_within(c->culprit, c->path);

	/* Where one may not look one learns no names. */
	if (!access_may_read(c->access, c->culprit))
		call_reply_condition(c, E_LOCKED, "lock-token-submitted", call_href(c, c->path, false));
	else if (is_member && write_member_locked(c, is_collection, &body) == OK)
		req_reply_buf(c->req, 207, DAV_XML_TYPE, &body);
	else
		call_reply_condition(c, E_LOCKED, "lock-token-submitted", call_href(c, c->culprit, is_collection));
}

int64_t call_wanted_mtime(const struct call *c)
{
	struct span value = req_header(c->req, "X-OC-Mtime");
	int64_t seconds;

	if (!value.ptr || !span_to_int64(value, &seconds) || seconds > INT64_MAX / NS_PER_S)
		return STORE_MTIME_NOW;
	return seconds * NS_PER_S;
}

void call_reply_failure(struct call *c, const struct store_result *result)
{
	if (result->error == E_LOCKED) {
		c->culprit = result->culprit;
		call_reply_locked(c);
	} else if (result->is_over_quota)
		call_reply_condition(c, E_NO_SPACE, "quota-not-exceeded", NULL); /* RFC 4331 §6 */
	else if (result->error == E_PRECONDITION)
		call_reply_stale(c, result->has_digest ? &result->digest : NULL);
	else if (result->error == E_UNAUTHENTICATED)
		auth_challenge(c->req, "these credentials ended meanwhile");
	else
		call_reply_error(c, result->error, NULL);
}

struct store_author call_author(const struct call *c)
{
	return (struct store_author){ access_user(c->access), access_client(c->access) };
}

/* Sync-Run: what all changes of one command of the client's have in common. */
static void set_run(const struct call *c, struct store_txn *txn)
{
	unsigned char run[STORE_RUN_SIZE];
	struct span text = req_header(c->req, "Sync-Run");

	if (text.len == 2 * sizeof run && hex_decode(text, run, sizeof run))
		store_txn_set_run(txn, run);
}

struct submission {
	struct call *call;
	struct req_ticket *ticket;
	call_done_fn *done;
	enum store_op op;
	const char *to; /* of a MOVE or COPY */
	struct store_result result;
	char *culprit, *owner, *root; /* what the result borrows, on its way to the loop */
};

/* Into the request's memory, which the committer's thread may not touch. */
static struct span bring_home(struct submission *s, char *text)
{
	struct span home = { arena_strdup(req_arena(s->call->req), text), strlen(text) };

	free(text);
	return home;
}

static void note_change(const struct submission *s)
{
	const struct store_result *r = &s->result;

	bool is_lock = s->op == STORE_LOCK || s->op == STORE_REFRESH || s->op == STORE_UNLOCK;

	if (r->error != OK || (is_lock && !r->created))
		return;
	req_set_change(s->call->req, &(struct req_change){
					 .number = r->seq,
					 .to = s->to,
					 .before = r->has_before ? &r->before : NULL,
					 .after = r->has_digest && s->op != STORE_DELETE ? &r->digest : NULL,
				     });
}

static void back_on_loop(void *arg)
{
	struct submission *s = arg;

	s->result.culprit = bring_home(s, s->culprit);
	s->result.lock.owner = bring_home(s, s->owner);
	s->result.lock.root = bring_home(s, s->root);

	note_change(s);
	s->done(s->call, &s->result);
}

static void committed(void *arg, const struct store_result *result) /* on the committer's thread */
{
	struct submission *s = arg;

	s->result = *result;
	s->culprit = span_dup(result->culprit);
	s->owner = span_dup(result->lock.owner);
	s->root = span_dup(result->lock.root);
	req_post(s->ticket);
}

/* A body may take hours to come: who sends it may have lost his right meanwhile. */
static enum err still_may(const struct call *c, struct span path, enum access_level needs, struct span destination)
{
	const struct access *access;
	enum err e = auth_renew(c->dav->auth, c->access, &access);

	if (e != OK || access == c->access)
		return e;
	if (!path.len || access_level(access, path) < needs)
		return E_FORBIDDEN;
	return destination.len && !access_may_write(access, destination) ? E_FORBIDDEN : OK;
}

static struct submission *submission_new(struct call *c, call_done_fn *done)
{
	struct submission *s = arena_zalloc(req_arena(c->req), sizeof *s);

	s->call = c;
	s->done = done;
	s->op = STORE_RESTORE;
	s->ticket = req_hold(c->req, back_on_loop, s);
	return s;
}

void call_submit(struct call *c, const struct store_step *step, call_done_fn *done)
{
	struct submission *s = submission_new(c, done);
	enum access_level needs = step->op == STORE_COPY ? ACCESS_READ : ACCESS_WRITE;
	struct store_result refusal = { .error = still_may(c, step->path, needs, step->destination) };
	struct store_author author = call_author(c);
	struct store_txn *txn;

	s->op = step->op;
	s->to = step->destination.len ? arena_span(req_arena(c->req), step->destination) : NULL;
	if (refusal.error != OK) {
		upload_free(step->upload);
		committed(s, &refusal);
		return;
	}
	txn = store_txn_new(&author);
	set_run(c, txn);
	store_txn_add(txn, step);
	store_submit(c->dav->store, txn, committed, s);
}

void call_submit_txn(struct call *c, struct store_txn *txn, struct span path, call_done_fn *done)
{
	struct submission *s = submission_new(c, done);
	struct store_result refusal = { .error = still_may(c, path, ACCESS_WRITE, (struct span){ NULL, 0 }) };

	if (refusal.error == OK) {
		if (path.len) /* else it has a key of its own */
			set_run(c, txn);
		store_submit(c->dav->store, txn, committed, s);
		return;
	}
	store_txn_free(txn);
	committed(s, &refusal);
}

static void place_list(void *arg, struct span text, struct store_if_list *out)
{
	struct call *c = arg;
	struct place *place = arena_zalloc(req_arena(c->req), sizeof *place);

	out->path = c->path;
	out->is_nowhere = !text.ptr && c->is_kept; /* that has no place in the tree */
	if (!text.ptr)
		return;
	out->is_nowhere = place_read(c, text, place) != OK;
	if (!out->is_nowhere)
		out->path = place->path;
	/* A condition on what one may not read would tell of it. */
	out->is_nowhere |= access_level(c->access, out->path) < ACCESS_READ;
}

bool call_read_if(struct call *c)
{
	struct span text = req_header(c->req, "If");

	if (!text.ptr || ifheader_parse(text, req_arena(c->req), place_list, c, &c->ifs) == OK)
		return true;
	call_reply_error(c, E_BAD_REQUEST, "If cannot be read");
	return false;
}

enum err call_check_new(const struct call *c, struct span path)
{
	const struct dav_options *options = call_options(c);
	struct span rest = path, segment;
	unsigned count = 0;

	while (path_next(&rest, &segment))
		count++;
	return count > options->max_path_segments || path_name(path).len > options->max_name_bytes ? E_URI_TOO_LONG
												   : OK;
}
