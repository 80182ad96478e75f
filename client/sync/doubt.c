#include "client/sync/doubt.h"

#include <stdlib.h>
#include <string.h>

#include "client/sync/apply_priv.h"
#include "client/sync/tag.h"
#include "common/clock.h"
#include "common/uri.h"

/* Not before it can have grown old enough. */
#define SETTLE_AFTER_NS (3 * NS_PER_S)

struct paths {
	char **items;
	size_t count, room;
};

struct reading {
	const struct doubt *d;
	struct paths paths;
	size_t at;
	bool has_learned, is_new;
	struct work_failed *failed;
	void (*end)(void *arg, const struct apply_end *end);
	void *arg;
	enum err fatal;
	struct note *why;
};

/* One file that is read. */
struct look {
	struct reading *r;
	char *path;
	struct hasher *hasher;
	int64_t read_bytes;
	struct http_request req;
};

static void add_path(struct paths *p, const char *path)
{
	if (p->count == p->room) {
		p->room = p->room ? 2 * p->room : 32;
		p->items = xrealloc(p->items, p->room * sizeof *p->items);
	}
	p->items[p->count++] = xstrdup(path);
}

/* ---- what was learned ---- */

/* It is what we sent ourselves, and were not told of: both sides had it, whatever happened here since. */
static enum err take_as_ours(struct base *base, const char *path, const struct remote_row *row)
{
	struct base_row had = { .remote = { .kind = PLAN_ABSENT } }, both = { .remote = *row };
	bool is_ours = false;
	enum err e = tag_sent_is(base, path, &row->digest, &is_ours);

	if (e != OK || !is_ours)
		return e;
	e = base_get(base, path, &had);
	if (e != OK && e != E_NOT_FOUND)
		return e;
	if (had.remote.kind == PLAN_FILE && digest_equal(&had.remote.digest, &row->digest))
		return OK;
	return base_agree(base, path, &both);
}

static enum err learn(struct look *l, const struct tag *was, const struct digest *digest)
{
	struct base *base = l->r->d->base;
	struct tag now = *was;
	struct remote_row row = { .kind = PLAN_FILE, .digest = *digest, .size_bytes = was->size_bytes };
	bool is_sure = l->r->d->foreign->tags == FOREIGN_TAGS_EXACT || tag_is_old_enough(&l->req.answer);
	enum err e;

	now.state = is_sure ? TAG_READ : TAG_YOUNG;
	now.digest = *digest;
	now.taken_ns = clock_now_ns();
	l->r->has_learned |= now.state != was->state || !digest_equal(digest, &was->digest);
	l->r->is_new |= !digest_equal(digest, &was->digest);
	if ((e = tag_put(base, l->path, &now)) != OK || (e = base_saw(base, l->path, &row)) != OK)
		return e;
	return take_as_ours(base, l->path, &row);
}

/* ---- reading ---- */

static void give_up(struct look *l, enum err e, const char *why)
{
	struct reading *r = l->r;

	if (apply_is_fatal(e)) {
		if (r->fatal == OK)
			r->fatal = note_set(r->why, e, "%s", why);
		return;
	}
	if (!r->failed)
		return; /* it stays in doubt */
	work_failed_add(r->failed, l->path);
	r->has_learned = true;
	r->end(r->arg, &(struct apply_end){ .action = PLAN_GET, .path = l->path, .bytes = -1, .err = e, .why = why });
}

static void read_whole(struct http_request *req)
{
	struct look *l = req->arg;
	struct note why = { "" };
	struct digest digest = hasher_finish(l->hasher);
	enum err e = http_status_err(&req->answer, &why);
	struct tag was;

	if (e == OK && req->answer.status != 200)
		e = note_set(&why, E_BAD_REQUEST, "no definite answer to GET");
	if (e == E_NOT_FOUND ||
	    (e == OK && (tag_get(l->r->d->base, l->path, &was) != OK || !tag_fits(&was, &req->answer, l->read_bytes))))
		l->r->has_learned |=
		    l->r->failed != NULL; /* changed since it was listed: the next round sees what it is */
	else if (e != OK)
		give_up(l, e, why.text);
	else if ((e = learn(l, &was, &digest)) != OK && l->r->fatal == OK)
		l->r->fatal = note_set(l->r->why, e, "the state of this folder: %s", err_words(e));
	http_request_clear(req);
	hasher_free(l->hasher);
	free(l->path);
	free(l);
}

static enum err take_bytes(struct http_request *req, const void *bytes, size_t len)
{
	struct look *l = req->arg;

	hasher_add(l->hasher, bytes, len);
	l->read_bytes += (int64_t)len;
	return OK;
}

static bool start_over(struct http_request *req)
{
	struct look *l = req->arg;

	hasher_free(l->hasher);
	l->hasher = hasher_new();
	l->read_bytes = 0;
	return true;
}

static bool more(void *arg)
{
	struct reading *r = arg;
	const char *collection = r->d->collection;
	struct arena *arena;
	autofree char *whole = NULL;
	struct look *l;

	if (r->fatal != OK || r->at == r->paths.count)
		return false;
	l = xcalloc(1, sizeof *l);
	*l = (struct look){ .r = r, .path = xstrdup(r->paths.items[r->at++]), .hasher = hasher_new() };
	whole = xasprintf("%s/%s", collection[1] ? collection : "", l->path);
	arena = arena_new();
	http_request_init(&l->req, "GET", xstrdup(uri_encode_path(span_of(whole), arena) + 1));
	arena_free(arena);
	l->req.body = take_bytes;
	l->req.again = start_over;
	l->req.done = read_whole;
	l->req.arg = l;
	http_start(r->d->http, &l->req);
	return true;
}

static enum err read_all(struct reading *r)
{
	enum err e = OK;

	if (r->paths.count) {
		http_run(r->d->http, more, r);
		e = base_commit(r->d->base);
	}
	for (size_t i = 0; i < r->paths.count; i++)
		free(r->paths.items[i]);
	free(r->paths.items);
	if (e != OK && r->fatal == OK)
		r->fatal = note_set(r->why, e, "the state of this folder: %s", err_words(e));
	return r->fatal;
}

/* ---- which ---- */

static enum err add_young(void *arg, const char *path, const struct tag *t not_used)
{
	add_path(arg, path);
	return OK;
}

enum err doubt_settle(const struct doubt *d, bool *is_new, struct note *why)
{
	struct reading r = { .d = d, .why = why };
	enum err e = tag_each_young(d->base, clock_now_ns() - SETTLE_AFTER_NS, add_young, &r.paths);

	if (e != OK)
		return note_set(why, e, "the state of this folder: %s", err_words(e));
	e = read_all(&r);
	*is_new |= r.is_new;
	return e;
}

static bool is_needed(const struct doubt *d, const struct plan_item *x)
{
	bool is_fetched = x->action == PLAN_GET && plan_value_equal(&x->local, &x->base);
	bool is_compared = x->action == PLAN_ASIDE || (x->action == PLAN_GET && !is_fetched);
	bool is_replaced = x->action == PLAN_PUT || x->action == PLAN_DELETE || x->action == PLAN_MOVED;
	struct tag t;

	if (x->remote.kind != PLAN_FILE || (!is_compared && !is_replaced) || tag_get(d->base, x->path, &t) != OK)
		return false;
	return is_compared ? t.state == TAG_UNREAD : t.state == TAG_YOUNG;
}

void doubt_hold(const struct doubt *d, struct work *work)
{
	for (size_t i = 0; i < work->count; i++)
		if (work->items[i].action != PLAN_MOVED && is_needed(d, &work->items[i])) {
			work->items[i].action = PLAN_HOLD;
			work->details[i].why = "it keeps changing on the server";
		}
}

enum err doubt_read(const struct doubt *d, const struct work *work, struct work_failed *failed,
		    void (*end)(void *arg, const struct apply_end *end), void *arg, bool *out_learned, struct note *why)
{
	struct reading r = { .d = d, .failed = failed, .end = end, .arg = arg, .why = why };
	enum err e;

	for (size_t i = 0; i < work->count; i++)
		if (is_needed(d, &work->items[i]))
			add_path(&r.paths, work->items[i].path);
	e = read_all(&r);
	*out_learned = r.has_learned;
	return e;
}
