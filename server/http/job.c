/* Work of a request elsewhere, and later: workers, tickets, timers (req.h).  Each keeps the request alive until it is back. */
#include <stdlib.h>

#include "server/http/req_priv.h"

/* What goes out for a request and comes back to its loop. */
struct errand {
	struct job job;
	struct event timer;
	struct req *req;
	void (*work)(void *arg);
	void (*done)(void *arg);
	void *arg;
};

struct req_ticket {
	struct errand errand;
};

static struct errand *errand_new(struct req *r, void (*done)(void *arg), void *arg)
{
	struct errand *e = xcalloc(1, sizeof *e);

	e->req = r;
	e->done = done;
	e->arg = arg;
	r->out++;
	return e;
}

/* Back on the loop.  The request outlives `done` even if that replies: its arena holds `arg`. */
static void come_back(struct errand *e)
{
	struct req *r = e->req;

	e->done(e->arg);
	free(e);
	r->out--;
	req_settle(r);
}

static void on_task(struct task *t)
{
	come_back(container_of(t, struct errand, job.task));
}

static void on_worker(struct job *j)
{
	struct errand *e = container_of(j, struct errand, job);

	e->work(e->arg);
}

void req_work(struct req *r, void (*work)(void *arg), void (*done)(void *arg), void *arg)
{
	struct errand *e = errand_new(r, done, arg);

	e->work = work;
	e->job = (struct job){ .task.run = on_task, .home = r->home->loop, .work = on_worker };
	pool_put(r->pool, &e->job);
}

struct req_ticket *req_hold(struct req *r, void (*done)(void *arg), void *arg)
{
	struct errand *e = errand_new(r, done, arg);

	e->job.task.run = on_task;
	e->job.home = r->home->loop;
	return container_of(e, struct req_ticket, errand);
}

void req_post(struct req_ticket *t)
{
	loop_post(t->errand.job.home, &t->errand.job.task);
}

static void on_time(evutil_socket_t fd not_used, short what not_used, void *arg)
{
	come_back(arg);
}

void req_after(struct req *r, unsigned ms, void (*fn)(void *arg), void *arg)
{
	struct timeval delay = { ms / 1000, (ms % 1000) * 1000L };
	struct errand *e = errand_new(r, fn, arg);

	event_assign(&e->timer, r->home->loop->base, -1, 0, on_time, e);
	event_add(&e->timer, &delay);
}
