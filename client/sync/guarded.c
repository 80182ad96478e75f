#include "client/sync/guarded.h"

#include <stdlib.h>
#include <string.h>

#include "client/remote/members.h"
#include "client/sync/foreign.h"

static const struct foreign *foreign_of(const struct guarded *g)
{
	return g->a->config->foreign;
}

static struct http *http_of(const struct guarded *g)
{
	return g->a->config->http;
}

void guarded_clear(struct guarded *g)
{
	if (g->is_started)
		http_request_clear(&g->req);
	davlock_clear(&g->lock);
	free(g->path);
	free(g->own);
}

/* ---- the end ---- */

static void let_go(void *arg)
{
	struct guarded *g = arg;

	g->over(g);
}

static void removed(struct http_request *req)
{
	struct guarded *g = req->arg;

	davlock_release(&g->lock, let_go, g);
}

/* The empty file that the lock made stands for nothing now. */
static void remove_what_was_made(struct guarded *g)
{
	autofree char *condition = davlock_condition(&g->lock, foreign_of(g)->is_tagged);

	if (g->is_started)
		http_request_clear(&g->req);
	http_request_init(&g->req, "DELETE", apply_target(g->a, g->a->work->items[g->index].path, false));
	http_request_set(&g->req, "If", "%s", condition);
	g->req.done = removed;
	g->req.arg = g;
	g->is_started = true;
	http_start(http_of(g), &g->req);
}

void guarded_end(struct guarded *g, enum guarded_end end, enum err e, const char *why)
{
	g->end = end;
	g->err = e != OK ? note_set(&g->why, e, "%s", why) : OK;
	if (g->has_lock && g->lock.is_made && end != GUARDED_DONE)
		remove_what_was_made(g);
	else if (g->has_lock)
		davlock_release(&g->lock, let_go, g);
	else
		g->over(g);
}

/* ---- looking ---- */

/* A name that a lock alone keeps (Apache) has neither size nor time nor tag. */
static bool is_there(const struct members *m)
{
	return m->is_folder || m->self.size_bytes >= 0 || m->self.mtime_s || m->self.etag;
}

static struct tag tag_of(const struct members *m)
{
	struct tag t = { .kind = m->is_folder ? PLAN_FOLDER : PLAN_FILE,
			 .size_bytes = m->self.size_bytes,
			 .mtime_s = m->self.mtime_s };

	if (m->is_folder)
		t.size_bytes = -1, t.mtime_s = 0;
	else
		tag_set_etag(&t, m->self.etag);
	return t;
}

/* Is it as the plan took it for? */
static bool is_as_planned(const struct guarded *g, enum err e, const struct members *m)
{
	struct tag now;

	if (g->has_lock && e == OK && !g->is_folder && !davlock_is_borne_out(&g->lock, m))
		return false;
	if (!g->is_expected)
		return e == E_NOT_FOUND || (e == OK && (!is_there(m) || (g->lock.is_made && !m->self.size_bytes)));
	if (e != OK || !is_there(m))
		return false;
	now = tag_of(m);
	return tag_is_same(&g->expected, &now) && (!g->is_folder || !m->list.count);
}

static void looked(void *arg, enum err e, const struct note *why, struct members *m)
{
	struct guarded *g = arg;
	bool is_planned = is_as_planned(g, e, m);

	members_clear(m);
	if (is_planned)
		g->change(g);
	else if (e == OK || e == E_NOT_FOUND)
		guarded_end(g, GUARDED_SKIPPED, OK, NULL);
	else
		guarded_end(g, GUARDED_FAILED, e, why->text);
}

/* A folder with its members: it has to be empty. */
static void look(struct guarded *g)
{
	members_start(http_of(g), g->path, g->is_folder, g->is_folder, looked, g);
}

static void looked_after(void *arg, enum err e, const struct note *why not_used, struct members *m)
{
	struct guarded *g = arg;

	g->has_found = e == OK && is_there(m);
	g->was_alone = g->has_lock && e == OK && davlock_is_borne_out(&g->lock, m);
	if (g->has_found)
		g->found = tag_of(m);
	members_clear(m);
	guarded_end(g, GUARDED_DONE, OK, NULL);
}

void guarded_look_after(struct guarded *g)
{
	members_start(http_of(g), g->path, false, false, looked_after, g);
}

/* ---- the lock ---- */

static void take_lock(struct guarded *g);

static int64_t lock_seconds(const struct guarded *g)
{
	return g->lock.timeout_s;
}

static void take_lock_again(void *arg)
{
	struct guarded *g = arg;
	int64_t seconds = lock_seconds(g);

	davlock_clear(&g->lock);
	g->lock.timeout_s = seconds;
	take_lock(g);
}

/* One that we left behind, killed, is ours to take off: no other client works with this folder. */
static void told_whose(void *arg, enum err e, const struct note *why not_used, struct members *m)
{
	struct guarded *g = arg;
	bool is_ours = e == OK && m->lock_token && m->lock_owner && strcmp(m->lock_owner, foreign_of(g)->owner) == 0;

	if (is_ours)
		g->lock.token = xstrdup(m->lock_token);
	members_clear(m);
	if (is_ours)
		davlock_release(&g->lock, take_lock_again, g);
	else
		guarded_end(g, GUARDED_SKIPPED, OK,
			    NULL); /* somebody is at it: the next round sees what he made of it */
}

static void locked(void *arg)
{
	struct guarded *g = arg;

	if (davlock_is_held(&g->lock)) {
		g->has_lock = true;
		look(g);
	} else if (g->lock.err == E_LOCKED && !g->has_asked_whose) {
		g->has_asked_whose = true;
		members_start(http_of(g), g->path, g->is_folder, false, told_whose, g);
	} else if (g->lock.err == E_LOCKED || g->lock.err == E_CONFLICT || g->lock.err == E_NOT_FOUND ||
		   g->lock.err == E_PRECONDITION) {
		guarded_end(g, GUARDED_SKIPPED, OK, NULL);
	} else {
		guarded_end(g, GUARDED_FAILED, g->lock.err, g->lock.why.text);
	}
}

static void take_lock(struct guarded *g)
{
	int64_t seconds = lock_seconds(g);

	davlock_start(&g->lock, http_of(g), g->path, g->is_folder, foreign_of(g)->owner, seconds);
	davlock_then(&g->lock, locked, g);
}

/* ---- the start ---- */

/* A lock that the user took (`lock`) guards as well as one of ours, which the server would refuse beside it. */
static char *own_condition(const struct guarded *g)
{
	const struct apply_config *c = g->a->config;
	struct http_request asked;
	char *own = NULL;

	if (!c->submit_locks)
		return NULL;
	http_request_init(&asked, "LOCK", xstrdup(""));
	c->submit_locks(c->arg, &asked, g->path, NULL);
	for (size_t i = 0; i < asked.field_count; i++)
		if (strcmp(asked.fields[i].name, "If") == 0)
			own = xstrdup(asked.fields[i].value);
	http_request_clear(&asked);
	return own;
}

void guarded_start(struct guarded *g, int64_t lock_s)
{
	g->own = own_condition(g);
	g->lock.timeout_s = lock_s;
	if (foreign_of(g)->guard == FOREIGN_LOCK && !g->own)
		take_lock(g);
	else if (foreign_of(g)->guard == FOREIGN_CONDITION && !g->is_folder)
		g->change(g);
	else
		look(g);
}

void guarded_send(struct guarded *g)
{
	autofree char *condition = g->has_lock ? davlock_condition(&g->lock, foreign_of(g)->is_tagged) : NULL;

	if (condition)
		http_request_set(&g->req, "If", "%s", condition);
	else if (g->own)
		http_request_set(&g->req, "If", "%s", g->own);
	if (foreign_of(g)->guard == FOREIGN_CONDITION && !g->is_folder) {
		if (g->is_expected)
			http_request_set(&g->req, "If-Match", "\"%s\"", g->expected.etag);
		else
			http_request_set(&g->req, "If-None-Match", "*");
	}
	g->is_started = true;
	http_start(http_of(g), &g->req);
}
