#include "server/http/server.h"

#include <malloc.h>
#include <semaphore.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "server/http/req_priv.h"
#include "server/net/listener.h"

enum { LOOPS_MAX = 64, DOORS_MAX = 32, FILES_PER_CONNECTION = 2, FILES_SPARE = 256 };

const struct server_limits SERVER_LIMITS_DEFAULT = {
	.handshake_head_s = 20,
	.idle_s = 75,
	.stall_s = 30,
	.linger_s = 5,
	.drain_s = 30,
	.max_connections = 10000,
	.max_connections_per_address = 1000,
	.requests_per_address = 2000,
	.workers = 8,
};

struct server {
	struct server_limits limits;
	struct ssl_ctx_st *tls;
	server_handler_fn *handler;
	void *arg;
	struct pool *pool;
	struct carrier_budget budget;
	struct server_loop loops[LOOPS_MAX];
	unsigned loop_count;
	int doors[DOORS_MAX]; /* descriptors that all loops share: ours to close */
	unsigned door_count;
	atomic_uint stops;
};

/* ---- requests ---- */

void server_handle(struct req *r)
{
	struct server *s = r->home->server;

	r->pool = s->pool;
	s->handler(r, s->arg);
}

void server_forget(struct req *r)
{
	r->home->requests--;
}

/* ---- stopping ---- */

static void look_whether_done(struct server_loop *l)
{
	static const struct timeval soon = { 0, 50000 };
	int64_t waited_ns = clock_monotonic_ns() - l->drain_began_ns;

	if (waited_ns > (int64_t)l->server->limits.drain_s * NS_PER_S || atomic_load(&l->server->stops) > 1) {
		l->has_aborted |= l->requests > 0;
		carrier_abort(l->carrier);
	}
	if (l->loop->open == 0 && l->requests == 0 && l->loop->working == 0)
		loop_end(l->loop);
	else
		event_add(&l->drain, &soon);
}

static void on_drain(evutil_socket_t fd not_used, short what not_used, void *arg)
{
	struct server_loop *l = arg;

	/* A turn later than the stop: what was in the backlog then has been accepted meanwhile. */
	carrier_stop_accepting(l->carrier);
	carrier_close_idle(l->carrier);
	look_whether_done(l);
}

static void on_stop(struct task *t)
{
	static const struct timeval soon = { 0, 10000 };
	struct server_loop *l = container_of(t, struct server_loop, stop);

	l->loop->is_closing = true;
	l->drain_began_ns = clock_monotonic_ns();
	event_add(&l->drain, &soon);
}

static void on_abort(struct task *t)
{
	static const struct timeval now = { 0, 0 };
	struct server_loop *l = container_of(t, struct server_loop, abort);

	event_add(&l->drain, &now);
}

void server_stop(struct server *s)
{
	unsigned before = atomic_fetch_add(&s->stops, 1);

	for (unsigned i = 0; i < s->loop_count && before < 2; i++) {
		struct server_loop *l = &s->loops[i];

		loop_post(l->loop, before == 0 ? &l->stop : &l->abort);
	}
}

/* ---- making ---- */

static void on_second(void *arg)
{
	struct server_loop *l = arg;

	carrier_sweep(l->carrier);
}

static struct wire_limits wire_limits_of(const struct server_limits *l)
{
	return (struct wire_limits){ l->handshake_head_s, l->idle_s, l->stall_s, l->linger_s };
}

static void init_loop(struct server *s, struct server_loop *l)
{
	struct wire_limits limits = wire_limits_of(&s->limits);
	struct wire_handler handler = { req_begin, req_on_gone, req_on_sent, req_may_go_on, l };

	if (loop_new(s->loop_count, &l->loop) != OK)
		abort(); /* not even an epoll descriptor at start */
	l->server = s;
	l->carrier = carrier_new(l->loop, s->pool, &s->budget, &limits, &handler);
	l->loop->on_second = on_second;
	l->loop->on_second_arg = l;
	l->stop.run = on_stop;
	l->abort.run = on_abort;
	event_assign(&l->drain, l->loop->base, -1, 0, on_drain, l);
	s->loop_count++;
}

/* Connections need descriptors: as many as we may have, and no more connections than that allows. */
static unsigned fit_to_descriptors(unsigned wanted)
{
	struct rlimit files;
	rlim_t allowed;

	if (getrlimit(RLIMIT_NOFILE, &files) != 0)
		return wanted;
	files.rlim_cur = files.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &files) != 0 && getrlimit(RLIMIT_NOFILE, &files) != 0)
		return wanted;
	if (files.rlim_cur == RLIM_INFINITY)
		return wanted;
	allowed =
	    files.rlim_cur > 2 * FILES_SPARE ? (files.rlim_cur - FILES_SPARE) / FILES_PER_CONNECTION : FILES_SPARE;
	return (unsigned)MIN((rlim_t)wanted, allowed);
}

static unsigned loops_wanted(unsigned configured)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned wanted = configured ? configured : (unsigned)MAX(cores, 1L);

	return MIN(wanted, (unsigned)LOOPS_MAX);
}

struct server *server_new(const struct server_limits *limits, struct tls *tls, server_handler_fn *handler, void *arg)
{
	struct server *s = xcalloc(1, sizeof *s);

	/* Windows and buffers up to 256 KiB come and go: not by mmap() each time, and not trimmed at once. */
	mallopt(M_MMAP_THRESHOLD, 1 << 20);
	mallopt(M_TRIM_THRESHOLD, 4 << 20);
	s->limits = *limits;
	s->tls = tls ? tls_context(tls) : NULL;
	s->handler = handler;
	s->arg = arg;
	s->budget.crowd = crowd_new();
	atomic_init(&s->budget.max_per_network, limits->max_connections_per_address);
	atomic_init(&s->budget.max, fit_to_descriptors(MAX(limits->max_connections, 1u)));
	if (pool_new(limits->workers, &s->pool) != OK)
		abort(); /* not even one thread at start */
	for (unsigned n = loops_wanted(limits->loops); s->loop_count < n;)
		init_loop(s, &s->loops[s->loop_count]);
	return s;
}

/* ---- changing ---- */

struct change_task {
	struct task task;
	struct server_loop *loop;
	const struct server_change *change;
	sem_t *done;
};

static void change_loop(struct server_loop *l, const struct server_change *change)
{
	struct wire_limits limits = wire_limits_of(change->limits);

	carrier_change(l->carrier, &limits, change->proxies, change->tls ? tls_context(change->tls) : NULL);
}

static void on_change(struct task *t)
{
	struct change_task *c = container_of(t, struct change_task, task);

	change_loop(c->loop, c->change);
	sem_post(c->done);
}

/* A loop that has not begun to turn would never take the task. */
static void change_running(struct server *s, const struct server_change *change)
{
	struct change_task tasks[LOOPS_MAX];
	unsigned posted = 0;
	sem_t done;

	sem_init(&done, 0, 0);
	for (unsigned i = 0; i < s->loop_count; i++) {
		struct change_task *c = &tasks[posted];

		if (!s->loops[i].is_running) {
			change_loop(&s->loops[i], change);
			continue;
		}
		*c = (struct change_task){ { NULL, on_change }, &s->loops[i], change, &done };
		loop_post(s->loops[i].loop, &c->task);
		posted++;
	}
	while (posted > 0)
		if (sem_wait(&done) == 0) /* or EINTR */
			posted--;
	sem_destroy(&done);
}

void server_apply(struct server *s, const struct server_change *change)
{
	s->limits.drain_s = change->limits->drain_s; /* nobody reads it before server_stop() */
	atomic_store(&s->budget.max_per_network, change->limits->max_connections_per_address);
	atomic_store(&s->budget.max, fit_to_descriptors(MAX(change->limits->max_connections, 1u)));
	if (change->tls)
		s->tls = tls_context(change->tls);
	change_running(s, change);
}

/* ---- listening ---- */

static struct carrier_door door_of(const struct server *s, const struct server_listen *where, int fd, bool owns_fd)
{
	return (struct carrier_door){ .fd = fd,
				      .owns_fd = owns_fd,
				      .is_admin = where->is_admin,
				      .is_behind_proxy = where->is_behind_proxy,
				      .admin_uid = where->admin_uid,
				      .tls = where->is_tls ? s->tls : NULL };
}

/* One descriptor for all loops, or for the first alone: an admin socket has little to do. */
static enum err listen_shared(struct server *s, const struct server_listen *where, int fd)
{
	struct carrier_door door = door_of(s, where, fd, false);
	unsigned count = where->is_admin ? 1 : s->loop_count;
	enum err e = OK;

	if (s->door_count == DOORS_MAX) {
		close(fd);
		return E_BUSY;
	}
	s->doors[s->door_count++] = fd;
	listener_tune(fd);
	evutil_make_socket_nonblocking(fd);
	for (unsigned i = 0; i < count && e == OK; i++)
		e = carrier_listen(s->loops[i].carrier, &door);
	return e;
}

static enum err listen_each(struct server *s, const struct server_listen *where, struct listener_address *a,
			    int *out_fd, struct note *why)
{
	for (unsigned i = 0; i < s->loop_count; i++) {
		struct carrier_door door;
		int fd;
		enum err e = listener_bind(a, i == 0, 0, &fd, why);

		if (e != OK)
			return e;
		/* Port 0 has become a real one: the other loops take the same. */
		a->len = sizeof a->addr;
		if (getsockname(fd, &a->addr.any, &a->len) < 0)
			abort();
		*out_fd = fd;
		door = door_of(s, where, fd, true);
		if ((e = carrier_listen(s->loops[i].carrier, &door)) != OK)
			return e;
	}
	return OK;
}

enum err server_listen(struct server *s, const struct server_listen *where, char **out_bound, struct note *why)
{
	struct listener_address a;
	int fd = where->fd;
	enum err e;

	if (where->is_tls && !s->tls)
		return note_set(why, E_BAD_REQUEST, "no certificate for a TLS address");
	if (where->address) {
		if ((e = listener_parse(where->address, &a, why)) != OK)
			return e;
		if (a.addr.any.sa_family == AF_UNIX) {
			if ((e = listener_bind(&a, true, where->is_admin ? 0600 : 0660, &fd, why)) == OK)
				e = listen_shared(s, where, fd);
		} else {
			e = listen_each(s, where, &a, &fd, why);
		}
	} else {
		e = listen_shared(s, where, fd);
	}
	if (e == OK && out_bound)
		*out_bound = listener_bound(fd);
	return e;
}

/* ---- running ---- */

static void *run(void *arg)
{
	struct server_loop *l = arg;

	carrier_enter(l->carrier);
	loop_run(l->loop);
	atomic_store(&l->is_turning, false);
	event_del(&l->drain);
	l->loop->on_second = NULL; /* freeing lets the loop turn a few times more, and a second may pass in them */
	carrier_free(TAKE(l->carrier));
	return NULL;
}

enum err server_start(struct server *s)
{
	for (unsigned i = 0; i < s->loop_count; i++) {
		atomic_store(&s->loops[i].is_turning, true);
		if (pthread_create(&s->loops[i].thread, NULL, run, &s->loops[i]) != 0)
			return E_BUSY;
		s->loops[i].is_running = true;
	}
	return OK;
}

bool server_wait(struct server *s)
{
	bool all_ended = true;

	for (unsigned i = 0; i < s->loop_count; i++) {
		struct server_loop *l = &s->loops[i];

		if (!l->is_running)
			continue;
		pthread_join(l->thread, NULL);
		l->is_running = false;
		all_ended &= !l->has_aborted;
	}
	return all_ended;
}

void server_free(struct server *s)
{
	if (!s)
		return;
	for (unsigned i = 0; i < s->loop_count; i++)
		if (s->loops[i].is_running) { /* a start that failed half-way: nobody else stops these */
			server_stop(s);
			server_stop(s);
			server_wait(s);
			break;
		}
	for (unsigned i = 0; i < s->loop_count; i++) {
		carrier_free(s->loops[i].carrier);
		loop_free(s->loops[i].loop);
	}
	pool_free(s->pool);
	crowd_free(s->budget.crowd);
	for (unsigned i = 0; i < s->door_count; i++)
		close(s->doors[i]);
	free(s);
}

int64_t server_lag_ms(const struct server *s)
{
	int64_t now_ns = clock_monotonic_ns(), oldest_ns = now_ns;

	for (unsigned i = 0; i < s->loop_count; i++)
		if (atomic_load(&s->loops[i].is_turning))
			oldest_ns = MIN(oldest_ns, loop_turned_ns(s->loops[i].loop));
	return (now_ns - oldest_ns) / NS_PER_MS;
}

void server_stats(const struct server *s, struct server_stats *out)
{
	*out = (struct server_stats){ .connections = atomic_load(&s->budget.open),
				      .max_connections = atomic_load(&s->budget.max),
				      .loops = s->loop_count,
				      .accepted = atomic_load(&s->budget.accepted) };
	for (unsigned i = 0; i < s->loop_count; i++)
		stats_sum(&s->loops[i].stats, out);
}
