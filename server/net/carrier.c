/*
 * The technique, and the parts of libevent 2.1 it leans on (tests/wire pins them):
 *
 * - evhttp_set_bevcb() gives evhttp a filter bufferevent over a socket bufferevent that is disabled for good: evhttp sets its
 *   descriptor, enables and disables it, and never reads or writes a byte by it.  The connection's own events do.
 * - A complete head becomes `GET <path> HTTP/1.1` in the filter's input and a read trigger; evhttp parses that and calls
 *   the generic callback, all inside wire_carry().  GET, because for it evhttp never looks for a body.
 * - evhttp_send_reply_end() without a start sends nothing and completes the request: evhttp frees it and expects the
 *   next one.  After an EOF event evhttp drops the connection and cuts a request that is in hand loose; the same call frees it.
 * - A bevcb that answers NULL would make evhttp speak plain text on a TLS port: abort instead.
 * - evhttp exits if getnameinfo() fails for a peer; for numeric flags it fails for unknown address families alone.
 */
#include "server/net/carrier.h"

#include <assert.h>
#include <stdlib.h>
#include <unistd.h>

#include <event2/buffer.h>

#include "common/log.h"
#include "common/memory.h"
#include "server/net/wire_priv.h"

/* The carrier of this thread's loop: an accept error comes without our argument, evhttp put its own there. */
static _Thread_local struct carrier *current;

/* ---- a request through evhttp ---- */

static void on_request(struct evhttp_request *request, void *arg)
{
	struct carrier *c = arg;

	assert(c->carrying && !c->carrying->carried);
	c->carrying->carried = request;
}

bool wire_carry(struct wire *w, const struct head *h)
{
	struct evbuffer *in = bufferevent_get_input(w->filter);
	struct span path = h->path;

	/* "//a/b" would be authority and path to evhttp; what has no path of its own goes as "/". */
	while (path.len > 1 && path.ptr[0] == '/' && path.ptr[1] == '/')
		path.ptr++, path.len--;
	if (path.len == 0 || path.ptr[0] != '/')
		path = span_of("/");
	evbuffer_add(in, "GET ", 4);
	evbuffer_add(in, path.ptr, path.len);
	evbuffer_add(in, " HTTP/1.1\r\n\r\n", 13);
	w->carrier->carrying = w;
	bufferevent_trigger(w->filter, EV_READ, BEV_TRIG_IGNORE_WATERMARKS);
	w->carrier->carrying = NULL;
	return w->carried != NULL;
}

void wire_release(struct wire *w)
{
	struct evhttp_request *request = TAKE(w->carried);

	if (request)
		evhttp_send_reply_end(request);
}

void wire_bury(struct wire *w)
{
	/* To evhttp the client has left: it drops the connection and cuts a request in hand loose, which is ours to free. */
	bufferevent_trigger_event(w->filter, BEV_EVENT_EOF | BEV_EVENT_READING, 0);
	wire_release(w);
}

/* ---- connections ---- */

/* Not of a proxy: its clients are many, and are counted by their requests. */
bool wire_count(struct wire *w)
{
	struct carrier_budget *budget = w->carrier->budget;

	if (w->port->is_admin || !network_of(w->peer, &w->network) || cidr_has(&w->carrier->trusted, span_of(w->peer)))
		return true;
	w->is_counted = crowd_enter(budget->crowd, &w->network, atomic_load(&budget->max_per_network));
	return w->is_counted;
}

static enum bufferevent_filter_result no_input(struct evbuffer *from not_used, struct evbuffer *to not_used,
					       ev_ssize_t limit not_used, enum bufferevent_flush_mode mode not_used,
					       void *arg not_used)
{
	return BEV_NEED_MORE;
}

/* evhttp answers nothing by itself, since it never sees anything it could refuse; if it did, the words would go nowhere. */
static enum bufferevent_filter_result no_output(struct evbuffer *from, struct evbuffer *to not_used,
						ev_ssize_t limit not_used, enum bufferevent_flush_mode mode not_used,
						void *arg not_used)
{
	evbuffer_drain(from, evbuffer_get_length(from));
	return BEV_NEED_MORE;
}

/* The administrator comes in even when strangers hold all that there is, or he could do nothing about it. */
static void pause_accept(struct carrier *c, bool also_admin)
{
	c->is_accept_paused = true;
	for (struct port *p = c->ports; p; p = p->next)
		if (p->bound && (also_admin || !p->is_admin))
			evconnlistener_disable(p->listener);
}

static bool is_full(struct carrier_budget *budget)
{
	return atomic_load(&budget->open) - atomic_load(&budget->inside) >= atomic_load(&budget->max);
}

/* If there is room: after a connection has ended, and each second, since the other loops' connections count too. */
static void accept_again(struct carrier *c)
{
	if (!c->is_accept_paused || is_full(c->budget))
		return;
	c->is_accept_paused = false;
	for (struct port *p = c->ports; p; p = p->next)
		if (p->bound)
			evconnlistener_enable(p->listener);
}

/* Called last of all, when libevent frees the filter. */
static void on_freed(void *arg)
{
	struct wire *w = arg;
	struct carrier *c = w->carrier;

	assert(w->magic == WIRE_MAGIC);
	TAILQ_REMOVE(w->is_listed_fresh ? &c->fresh : &c->wires, w, next);
	event_del(&w->wake_event);
	stream_clear(&w->stream);
	wire_forget_input(w);
	if (w->is_counted)
		crowd_leave(c->budget->crowd, &w->network);
	c->loop->open--;
	if (w->port->is_admin)
		atomic_fetch_sub(&c->budget->inside, 1);
	atomic_fetch_sub(&c->budget->open, 1);
	accept_again(c);
	w->magic = 0;
	free(w);
}

static struct bufferevent *on_accepted(struct event_base *base, void *arg)
{
	struct port *p = arg;
	struct carrier *c = p->carrier;
	struct wire *w = xcalloc(1, sizeof *w);

	w->magic = WIRE_MAGIC;
	w->carrier = c;
	w->loop = c->loop;
	w->port = p;
	w->stream.fd = -1;
	wire_init(w);
	w->under = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
	if (w->under)
		w->filter = bufferevent_filter_new(w->under, no_input, no_output, BEV_OPT_CLOSE_ON_FREE, on_freed, w);
	if (!w->filter)
		abort();
	bufferevent_disable(w->under, EV_READ | EV_WRITE);
	w->is_listed_fresh = true;
	TAILQ_INSERT_TAIL(&c->fresh, w, next);
	event_active(&c->start, EV_TIMEOUT, 0); /* evhttp tells the descriptor after this */
	c->loop->open++;
	atomic_fetch_add_explicit(&c->budget->accepted, 1, memory_order_relaxed);
	atomic_fetch_add(&c->budget->open, 1);
	if (p->is_admin)
		atomic_fetch_add(&c->budget->inside, 1);
	if (is_full(c->budget))
		pause_accept(c, false);
	return w->filter;
}

static bool may_come_in(const struct wire *w)
{
	unsigned uid;

	if (!w->port->is_admin)
		return true;
	return listener_peer_uid(bufferevent_getfd(w->under), &uid) && (uid == 0 || uid == w->port->admin_uid);
}

static void on_start(evutil_socket_t fd not_used, short what not_used, void *arg)
{
	struct carrier *c = arg;
	struct wire *w;

	while ((w = TAILQ_FIRST(&c->fresh)) != NULL) {
		TAILQ_REMOVE(&c->fresh, w, next);
		TAILQ_INSERT_TAIL(&c->wires, w, next);
		w->is_listed_fresh = false;
		if (w->state != WIRE_FRESH)
			continue;
		if (bufferevent_getfd(w->under) < 0 || (memory_is_short() && !w->port->is_admin)) {
			wire_drop(w);
		} else if (!may_come_in(w)) {
			log_warning("refuse door=%s", "admin");
			wire_drop(w);
		} else {
			wire_start(w);
		}
	}
}

/* ---- doors ---- */

/* Out of descriptors, most likely: a listener that stays enabled would spin.  A closed connection or the next second resumes. */
static void on_accept_error(struct evconnlistener *listener not_used, void *arg not_used)
{
	log_warning("pause accept=\"%s\" open=%u", evutil_socket_error_to_string(EVUTIL_SOCKET_ERROR()),
		    current->loop->open);
	pause_accept(current, true);
}

enum err carrier_listen(struct carrier *c, const struct carrier_door *door)
{
	unsigned flags = LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_DISABLED | (door->owns_fd ? LEV_OPT_CLOSE_ON_FREE : 0);
	struct port *p = xcalloc(1, sizeof *p);

	p->carrier = c;
	p->tls = door->tls;
	p->is_admin = door->is_admin;
	p->is_behind_proxy = door->is_behind_proxy;
	p->admin_uid = door->admin_uid;
	p->evhttp = evhttp_new(c->loop->base);
	p->listener = evconnlistener_new(c->loop->base, NULL, NULL, flags, 0, door->fd);
	if (!p->evhttp || !p->listener)
		abort(); /* memory */
	evhttp_set_bevcb(p->evhttp, on_accepted, p);
	evhttp_set_gencb(p->evhttp, on_request, c);
	evhttp_set_allowed_methods(p->evhttp, EVHTTP_REQ_GET);
	p->bound = evhttp_bind_listener(p->evhttp, p->listener);
	evconnlistener_set_error_cb(p->listener, on_accept_error);
	evconnlistener_enable(p->listener);
	p->next = c->ports;
	c->ports = p;
	return OK;
}

const struct cidr_list *carrier_trusted(const struct carrier *c)
{
	return &c->trusted;
}

void carrier_change(struct carrier *c, const struct wire_limits *limits, const struct cidr_list *trusted,
		    struct ssl_ctx_st *tls)
{
	c->limits = *limits;
	c->trusted = *trusted;
	c->generation++;
	for (struct port *p = c->ports; p; p = p->next)
		if (p->tls && tls)
			p->tls = tls;
	accept_again(c); /* perhaps more are allowed now */
}

void carrier_stop_accepting(struct carrier *c)
{
	for (struct port *p = c->ports; p; p = p->next)
		if (p->bound)
			evhttp_del_accept_socket(p->evhttp, TAKE(p->bound));
}

/* ---- all of them ---- */

struct carrier *carrier_new(struct loop *loop, struct pool *pool, struct carrier_budget *budget,
			    const struct wire_limits *limits, const struct wire_handler *handler)
{
	struct carrier *c = xcalloc(1, sizeof *c);

	c->loop = loop;
	c->pool = pool;
	c->budget = budget;
	c->limits = *limits;
	c->handler = *handler;
	TAILQ_INIT(&c->wires);
	TAILQ_INIT(&c->fresh);
	event_assign(&c->start, loop->base, -1, 0, on_start, c);
	return c;
}

void carrier_enter(struct carrier *c)
{
	current = c;
}

/* wire_drop() frees nothing before the loop's next turn: the list stays as it is. */
void carrier_sweep(struct carrier *c)
{
	struct wire *w;

	TAILQ_FOREACH (w, &c->wires, next)
		wire_sweep(w);
	accept_again(c);
}

void carrier_close_idle(struct carrier *c)
{
	struct wire *w;

	TAILQ_FOREACH (w, &c->wires, next) {
		bool is_idle = w->state == WIRE_HEAD && w->in.at == w->in.end;
		/* One that has just come in gets a second to say what it wants. */
		bool is_new = w->state == WIRE_PROXY || w->state == WIRE_HANDSHAKE;

		if ((is_idle || is_new) && (w->has_served || w->loop->now_s - w->since_s > 1)) {
			stream_shutdown(&w->stream);
			wire_drop(w);
		}
	}
}

void carrier_abort(struct carrier *c)
{
	struct wire *w;

	TAILQ_FOREACH (w, &c->wires, next)
		wire_drop(w);
}

void carrier_free(struct carrier *c)
{
	if (!c)
		return;
	for (struct port *p = c->ports; p; p = p->next)
		evhttp_free(p->evhttp);
	loop_settle(c->loop);
	event_del(&c->start);
	while (c->ports) {
		struct port *p = c->ports;

		c->ports = p->next;
		free(p);
	}
	free(c);
}
