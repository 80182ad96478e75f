/*
 * Files that are sent to a foreign server, and what is deleted there.
 *
 * What we sent is written down before it is: if the answer is lost, or we are killed, the next run knows its own content again.
 * The server's word for the new version is taken over at once only where each write has a tag of its own, and nobody else
 * wrote.  Elsewhere both sides have agreed on nothing yet, and the next round reads what is there: our content, or somebody's
 * who wrote over it and whose change then meets ours as any other.
 */
#include <stdlib.h>
#include <string.h>

#include "client/sync/filebody.h"
#include "client/sync/foreign.h"
#include "client/sync/guarded.h"
#include "client/sync/treepath.h"
#include "common/clock.h"
#include "common/fsio.h"

enum { LOCK_S = 30, SLOWEST_BYTES_S = 64 << 10 };

struct change {
	struct guarded g;
	struct filebody body;
	struct hasher *hasher; /* of what is sent */
	struct digest sent;
	struct tag answered; /* what the answer to PUT named */
};

static struct change *change_of(struct guarded *g)
{
	return g->arg;
}

static const struct plan_item *item_of(const struct change *c)
{
	return &c->g.a->work->items[c->g.index];
}

static const struct work_detail *detail_of(const struct change *c)
{
	return &c->g.a->work->details[c->g.index];
}

static struct base *base_of(const struct change *c)
{
	return c->g.a->config->base;
}

static struct change *change_new(struct apply *a, size_t index, guarded_fn *send, guarded_fn *over)
{
	struct change *c = xcalloc(1, sizeof *c);
	const struct plan_item *x = &a->work->items[index];

	c->body.fd = -1;
	c->g = (struct guarded){ .a = a,
				 .index = index,
				 .path = apply_remote_path(a, x->path),
				 .is_folder = x->remote.kind == PLAN_FOLDER,
				 .is_expected = x->remote.kind != PLAN_ABSENT,
				 .change = send,
				 .over = over,
				 .arg = c };
	return c;
}

static void change_free(struct change *c)
{
	guarded_clear(&c->g);
	filebody_close(&c->body);
	hasher_free(c->hasher);
	free(c);
}

static void skip_now(struct change *c)
{
	apply_skip(c->g.a, c->g.index);
	change_free(c);
}

/* The end but for a success. */
static bool is_settled(struct change *c)
{
	if (c->g.end == GUARDED_SKIPPED)
		skip_now(c);
	else if (c->g.end == GUARDED_FAILED) {
		apply_fail(c->g.a, c->g.index, c->g.err, c->g.why.text);
		change_free(c);
	} else {
		return false;
	}
	return true;
}

/* The base learned of it, unless a fault that a test asked for comes between. */
static void finish(struct change *c, enum err e, const struct apply_end *end)
{
	if (fsio_fault("sync-effect-done"))
		e = E_IO;
	if (e != OK)
		apply_base_failed(c->g.a, e);
	else
		apply_done(c->g.a, c->g.index, end);
	change_free(c);
}

/* What is to be replaced has to be known for sure; false: not now. */
static bool knows_what_is_there(struct change *c)
{
	struct guarded *g = &c->g;

	if (!g->is_expected)
		return true;
	if (tag_get(base_of(c), item_of(c)->path, &g->expected) != OK || g->expected.kind != item_of(c)->remote.kind)
		return false;
	return g->is_folder || g->expected.state == TAG_READ;
}

/* On some servers one has to end before the next begins. */
static void begin(struct change *c, int64_t lock_s)
{
	struct apply *a = c->g.a;

	guarded_start(&c->g, lock_s);
	if (a->config->foreign->guard == FOREIGN_LOCK && a->config->foreign->is_serial)
		http_run(a->config->http, NULL, NULL);
}

/* ---- files ---- */

static ssize_t read_file(struct http_request *req, char *out, size_t len)
{
	struct change *c = change_of(req->arg);
	ssize_t n = filebody_read(&c->body, out, len);

	if (n > 0)
		hasher_add(c->hasher, out, (size_t)n);
	return n;
}

static bool read_again(struct http_request *req)
{
	struct change *c = change_of(req->arg);

	hasher_free(c->hasher);
	c->hasher = hasher_new();
	c->body.at = 0;
	return true;
}

static enum err agree_on_file(struct change *c, int64_t now_ns)
{
	const struct guarded *g = &c->g;
	const struct plan_item *x = item_of(c);
	const struct work_detail *d = detail_of(c);
	struct base_row row = { .local = d->local->id, .taken_ns = d->local->taken_ns };
	bool is_ours = g->has_found && g->found.size_bytes == c->body.size_bytes &&
		       g->a->config->foreign->tags == FOREIGN_TAGS_EXACT &&
		       (g->was_alone || (c->answered.etag[0] && strcmp(c->answered.etag, g->found.etag) == 0));
	struct tag t;
	enum err e;

	if (!is_ours)
		return OK; /* read again, it is known for what was sent, or for somebody else's */
	t = g->found;
	t.state = TAG_READ;
	t.digest = x->local.digest;
	t.taken_ns = now_ns;
	row.remote =
	    (struct remote_row){ .kind = PLAN_FILE, .digest = x->local.digest, .size_bytes = c->body.size_bytes };
	e = base_agree(base_of(c), x->path, &row);
	return e == OK ? tag_put(base_of(c), x->path, &t) : e;
}

/* It was changed while it was read: what the server has now is a mixture, and nobody's but ours. */
static void keep_what_was_sent(struct change *c)
{
	enum err e = tag_sent_put(base_of(c), item_of(c)->path, &c->sent);

	if (e == OK)
		e = base_commit(base_of(c));
	if (e != OK)
		apply_base_failed(c->g.a, e);
	skip_now(c);
}

static void file_over(struct guarded *g)
{
	struct change *c = change_of(g);
	const struct plan_item *x = item_of(c);

	if (is_settled(c))
		return;
	if (!digest_equal(&c->sent, &x->local.digest))
		keep_what_was_sent(c);
	else
		finish(c, agree_on_file(c, clock_now_ns()),
		       &(struct apply_end){ .bytes = c->body.size_bytes,
					    .digest = x->local.digest,
					    .is_new = x->remote.kind == PLAN_ABSENT });
}

static void file_sent(struct http_request *req)
{
	struct guarded *g = req->arg;
	struct change *c = change_of(g);
	const struct answer *a = &req->answer;
	struct note why = { "" };
	enum err e = http_status_err(a, &why);

	tag_set_etag(&c->answered, a->fields[ANSWER_ETAG]);
	if (e == OK && (a->status == 200 || a->status == 201 || a->status == 204)) {
		c->sent = hasher_finish(c->hasher);
		guarded_look_after(g);
	} else if (c->body.has_changed || e == E_PRECONDITION || e == E_CONFLICT || e == E_METHOD || e == E_NOT_FOUND ||
		   e == E_LOCKED) {
		guarded_end(g, GUARDED_SKIPPED, OK, NULL); /* changed here or there, or its folder went */
	} else {
		guarded_end(g, GUARDED_FAILED, e == OK ? E_BAD_REQUEST : e,
			    e == OK ? "no definite answer to PUT" : why.text);
	}
}

static void send_file(struct guarded *g)
{
	struct change *c = change_of(g);
	const struct plan_item *x = item_of(c);
	int64_t mtime_s = detail_of(c)->local->id.mtime_ns / NS_PER_S;

	http_request_init(&g->req, "PUT", apply_target(g->a, x->path, false));
	g->req.body_bytes = c->body.size_bytes;
	g->req.read = read_file;
	g->req.again = read_again;
	g->req.done = file_sent;
	g->req.arg = g;
	if (g->a->config->foreign->has_mtime && mtime_s > 0)
		http_request_set(&g->req, "X-OC-Mtime", "%lld", (long long)mtime_s);
	guarded_send(g);
}

/* Not asked for in vain: nginx keeps a lock that it could not make a file for. */
static bool has_folder_there(struct change *c)
{
	autofree char *parent = treepath_parent(item_of(c)->path);
	struct remote_row row;

	return !*parent || (base_remote(base_of(c), parent, &row) == OK && row.kind == PLAN_FOLDER);
}

void foreign_start_file(struct apply *a, size_t index)
{
	struct change *c = change_new(a, index, send_file, file_over);
	const struct work_detail *d = detail_of(c);

	c->hasher = hasher_new();
	c->g.is_folder = false;
	if (!d->local || !filebody_open(&c->body, &a->config->place, item_of(c)->path, &d->local->id) ||
	    !has_folder_there(c) || !knows_what_is_there(c) || fsio_fault("sync-effect"))
		skip_now(c);
	else
		begin(c, LOCK_S + c->body.size_bytes / SLOWEST_BYTES_S);
}

/* All that is to be sent, written down in one go. */
void foreign_note_sent(struct apply *a)
{
	struct base *base = a->config->base;
	bool has_any = false;
	enum err e = OK;

	for (size_t i = 0; i < a->work->count && e == OK; i++)
		if (a->work->items[i].action == PLAN_PUT) {
			has_any = true;
			e = tag_sent_put(base, a->work->items[i].path, &a->work->items[i].local.digest);
		}
	if (e == OK && has_any)
		e = base_commit(base);
	if (e != OK)
		apply_base_failed(a, e);
}

/* ---- deletions ---- */

static void delete_over(struct guarded *g)
{
	struct change *c = change_of(g);
	enum err e;

	if (is_settled(c))
		return;
	if ((e = base_agree_gone(base_of(c), item_of(c)->path)) == OK)
		e = tag_drop(base_of(c), item_of(c)->path);
	/* What the plan had to leave in it has gone, too: no listing will tell of it. */
	if (e == OK && c->g.is_folder)
		e = base_saw_none_below(base_of(c), item_of(c)->path);
	finish(c, e, &(struct apply_end){ .bytes = -1 });
}

static void deleted(struct http_request *req)
{
	struct guarded *g = req->arg;
	struct note why = { "" };
	enum err e = http_status_err(&req->answer, &why);

	if ((e == OK && (req->answer.status == 200 || req->answer.status == 204)) || e == E_NOT_FOUND)
		guarded_end(g, GUARDED_DONE, OK, NULL); /* not there is what was wanted */
	else if (e == E_PRECONDITION || e == E_LOCKED || e == E_CONFLICT)
		guarded_end(g, GUARDED_SKIPPED, OK, NULL);
	else
		guarded_end(g, GUARDED_FAILED, e == OK ? E_BAD_REQUEST : e,
			    e == OK ? "no definite answer to DELETE" : why.text);
}

static void send_delete(struct guarded *g)
{
	struct change *c = change_of(g);

	http_request_init(&g->req, "DELETE", apply_target(g->a, item_of(c)->path, g->is_folder));
	g->req.done = deleted;
	g->req.arg = g;
	guarded_send(g);
}

void foreign_start_delete(struct apply *a, size_t index)
{
	struct change *c = change_new(a, index, send_delete, delete_over);

	if (!upload_is_as_planned_here(a, index) || !knows_what_is_there(c) || fsio_fault("sync-effect"))
		skip_now(c);
	else
		begin(c, LOCK_S);
}

/* The deepest come first, and each is empty when its turn comes, or stays. */
void foreign_delete_folder(struct apply *a, size_t index)
{
	if (a->work->items[index].remote.kind != PLAN_FOLDER)
		return;
	foreign_start_delete(a, index);
	http_run(a->config->http, NULL, NULL);
}

/* ---- what arrives ---- */

bool foreign_take(struct apply *a, size_t index, const struct answer *answer, int64_t body_bytes,
		  const struct digest *digest, struct remote_row *remote)
{
	const char *path = a->work->items[index].path;
	bool is_exact = a->config->foreign->tags == FOREIGN_TAGS_EXACT;
	struct tag t;
	enum err e;

	if (tag_get(a->config->base, path, &t) != OK || !tag_fits(&t, answer, body_bytes))
		return false;
	t.state = is_exact || tag_is_old_enough(answer) ? TAG_READ : TAG_YOUNG;
	t.digest = remote->digest = *digest;
	t.taken_ns = clock_now_ns();
	/* The rest of the plan knows it by the old word; the base's view is told as well, in case it comes to nothing here. */
	if ((e = tag_put(a->config->base, path, &t)) != OK || (e = base_saw(a->config->base, path, remote)) != OK)
		apply_base_failed(a, e);
	remote->mtime_s = t.mtime_s; /* for the file here; the base goes without */
	return e == OK;
}

/* ---- moves ---- */

struct move {
	struct guarded g;
	char *destination;
	bool is_moved;
};

static void move_over(struct guarded *g)
{
	struct move *m = g->arg;

	m->is_moved = g->end == GUARDED_DONE;
}

static void moved(struct http_request *req)
{
	struct guarded *g = req->arg;
	struct note why = { "" };
	enum err e = http_status_err(&req->answer, &why);

	/* 201 alone: something was made, nothing replaced. */
	if (e == OK && req->answer.status != 207)
		guarded_end(g, GUARDED_DONE, OK, NULL);
	else if (apply_is_fatal(e))
		guarded_end(g, GUARDED_FAILED, e, why.text);
	else
		guarded_end(g, GUARDED_SKIPPED, OK, NULL);
}

static void send_move(struct guarded *g)
{
	struct move *m = g->arg;

	http_request_init(&g->req, "MOVE", apply_target(g->a, g->a->work->items[g->index].path, g->is_folder));
	http_request_set(&g->req, "Destination", "%s", m->destination);
	http_request_set(&g->req, "Overwrite", "F");
	g->req.is_once = true;
	g->req.done = moved;
	g->req.arg = g;
	guarded_send(g);
}

bool foreign_move_file(struct apply *a, size_t from, size_t to)
{
	const struct plan_item *x = &a->work->items[from];
	autofree char *target = apply_target(a, a->work->items[to].path, false);
	struct move m = { .destination =
			      xasprintf("%s%s%s", http_base(a->config->http), http_root(a->config->http), target) };

	m.g = (struct guarded){ .a = a,
				.index = from,
				.path = apply_remote_path(a, x->path),
				.is_expected = true,
				.change = send_move,
				.over = move_over,
				.arg = &m };
	if (a->config->foreign->keeps_existing && x->base.kind == PLAN_FILE &&
	    tag_get(a->config->base, x->path, &m.g.expected) == OK && m.g.expected.state == TAG_READ) {
		guarded_start(&m.g, LOCK_S);
		http_run(a->config->http, NULL, NULL);
	}
	guarded_clear(&m.g);
	free(m.destination);
	return m.is_moved;
}
