/*
 * A stream waits with a ticket back to its loop.  After a commit a thread posts the tickets of all who wait, at once for the first one
 * and then no more than ten times a second.  Back on its loop each stream compares the folder hashes of the places that its client may
 * read: of others' changes nothing is sent there.  When nothing was for 25 seconds a comment is, so that proxies keep the connection.
 */
#include "server/api/events.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <time.h>

#include "common/clock.h"

enum {
	STREAMS_LIMIT = 4000,
	STREAMS_OF_USER = 64,
	COALESCE_MS = 100,
	QUIET_S = 25,
	LOOK_S = 5, /* whether it has been quiet for so long */
	TEXT_MAX = 1 << 20
};

struct place {
	struct span path;
	struct digest seen;
};

struct stream {
	struct events *events;
	struct req *req;
	const struct access *access;
	struct req_feed *feed;
	struct place *places;
	size_t place_count;
	int64_t sent_ns;                    /* when something was last */
	bool is_begun, is_over, is_waiting; /* is_waiting: under the lock, in `waiting` */
	struct req_ticket *ticket;
	LIST_ENTRY(stream) link, all;
};

struct events {
	struct store *store;
	struct auth *auth;
	pthread_t thread;
	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t wake;
	LIST_HEAD(, stream) waiting, streams;
	unsigned count;
	bool has_news, is_stopping, is_ending;
};

/* ---- the thread ---- */

static struct timespec after_ms(int64_t ms)
{
	int64_t ns = clock_monotonic_ns() + ms * NS_PER_MS;

	return (struct timespec){ .tv_sec = ns / NS_PER_S, .tv_nsec = ns % NS_PER_S };
}

/* Under the lock. */
static void post_all(struct events *e)
{
	struct stream *s;

	while ((s = LIST_FIRST(&e->waiting))) {
		LIST_REMOVE(s, link);
		s->is_waiting = false;
		req_post(s->ticket);
	}
}

/* Under the lock: until something happens, or the time is over. */
static void wait_for_news(struct events *e)
{
	struct timespec end = after_ms(LOOK_S * 1000);

	while (!e->has_news && !e->is_ending)
		if (pthread_cond_timedwait(&e->wake, &e->lock, &end) == ETIMEDOUT)
			return;
}

static void *run(void *arg)
{
	static const struct timespec pause = { .tv_nsec = COALESCE_MS * 1000000L };
	struct events *e = arg;

	pthread_mutex_lock(&e->lock);
	while (!e->is_ending) {
		wait_for_news(e);
		e->has_news = false;
		post_all(e);
		if (e->is_ending)
			break;
		pthread_mutex_unlock(&e->lock);
		nanosleep(&pause, NULL);
		pthread_mutex_lock(&e->lock);
	}
	pthread_mutex_unlock(&e->lock);
	return NULL;
}

static void on_commit(void *arg)
{
	struct events *e = arg;

	pthread_mutex_lock(&e->lock);
	e->has_news = true;
	pthread_cond_signal(&e->wake);
	pthread_mutex_unlock(&e->lock);
}

struct events *events_new(struct store *store, struct auth *auth)
{
	struct events *e = xcalloc(1, sizeof *e);
	pthread_condattr_t attr;
	sigset_t all, before;

	e->store = store;
	e->auth = auth;
	pthread_mutex_init(&e->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&e->wake, &attr);
	pthread_condattr_destroy(&attr);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	if (pthread_create(&e->thread, NULL, run, e) != 0)
		abort(); /* at the start, like an allocation that fails */
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	store_watch(store, on_commit, e);
	return e;
}

void events_free(struct events *e)
{
	if (!e)
		return;
	store_watch(e->store, NULL, NULL);
	pthread_mutex_lock(&e->lock);
	e->is_ending = true;
	pthread_cond_signal(&e->wake);
	pthread_mutex_unlock(&e->lock);
	pthread_join(e->thread, NULL);
	pthread_cond_destroy(&e->wake);
	pthread_mutex_destroy(&e->lock);
	free(e);
}

void events_stop(struct events *e)
{
	pthread_mutex_lock(&e->lock);
	e->is_stopping = true;
	post_all(e);
	pthread_mutex_unlock(&e->lock);
}

/* ---- a stream, on its loop ---- */

/* Adds an event for each place whose hash is another than it was. */
static enum err look(struct stream *s, struct buf *out)
{
	int64_t head = store_head(s->events->store);
	enum err e = OK;

	for (size_t i = 0; i < s->place_count && e == OK; i++) {
		struct place *p = &s->places[i];
		struct digest now = { { 0 } };
		struct store_node node;

		if (store_lookup(s->events->store, p->path, &node) == OK)
			now = node.digest;
		if (digest_equal(&now, &p->seen))
			continue;
		p->seen = now;
		e = buf_addf(out, "id: %" PRId64 "\ndata: %.*s%s\n\n", head, (int)p->path.len, p->path.ptr,
			     p->path.len > 1 && node.kind == STORE_COLLECTION ? "/" : "");
	}
	return e;
}

/* Who may read other places now is not told of the ones before; the client asks anew. */
static bool has_ended(struct stream *s)
{
	const struct access *now;
	bool is_stopping;

	pthread_mutex_lock(&s->events->lock);
	is_stopping = s->events->is_stopping;
	pthread_mutex_unlock(&s->events->lock);
	return is_stopping || auth_renew(s->events->auth, s->access, &now) != OK || !access_sees_same(s->access, now);
}

static void come_back(void *arg);

static void wait_in_line(struct stream *s)
{
	struct events *e = s->events;

	s->ticket = req_hold(s->req, come_back, s);
	pthread_mutex_lock(&e->lock);
	if (e->is_stopping) {
		req_post(s->ticket);
	} else {
		s->is_waiting = true;
		LIST_INSERT_HEAD(&e->waiting, s, link);
	}
	pthread_mutex_unlock(&e->lock);
}

static void send(struct stream *s, struct span text, bool is_end)
{
	s->sent_ns = clock_monotonic_ns();
	req_feed(s->feed, text, is_end);
}

static void come_back(void *arg)
{
	struct stream *s = arg;
	autobuf struct buf text = buf_new(TEXT_MAX);
	bool is_quiet = clock_monotonic_ns() - s->sent_ns > QUIET_S * NS_PER_S;

	if (s->is_over)
		return;
	if (has_ended(s))
		send(s, span_of(":\n\n"), true);
	else if (look(s, &text) == OK && text.len)
		send(s, buf_span(&text), false);
	else if (is_quiet || !s->is_begun)
		send(s, span_of(":\n\n"), false);
	else
		wait_in_line(s);
	s->is_begun = true;
}

/* What it has been sent has gone.  The first time something is said at once, so that the client knows it is heard. */
static void want(void *arg)
{
	struct stream *s = arg;

	if (!s->is_begun)
		req_after(s->req, 0, come_back, s);
	else
		wait_in_line(s);
}

static void release(void *arg)
{
	struct stream *s = arg;
	struct events *e = s->events;

	s->is_over = true;
	pthread_mutex_lock(&e->lock);
	if (s->is_waiting) {
		LIST_REMOVE(s, link);
		s->is_waiting = false;
		req_post(s->ticket);
	}
	LIST_REMOVE(s, all);
	e->count--;
	pthread_mutex_unlock(&e->lock);
}

/* ---- the request ---- */

static bool has_room(struct stream *s)
{
	struct events *e = s->events;
	const struct stream *other;
	unsigned own = 0;
	bool has;

	pthread_mutex_lock(&e->lock);
	LIST_FOREACH (other, &e->streams, all)
		own += strcmp(access_user(other->access), access_user(s->access)) == 0;
	has = own < STREAMS_OF_USER && e->count < STREAMS_LIMIT;
	if (has) {
		LIST_INSERT_HEAD(&e->streams, s, all);
		e->count++;
	}
	pthread_mutex_unlock(&e->lock);
	return has;
}

/* The hashes as they are now; who has seen an older state (Last-Event-ID) is told of all at once. */
static void learn(struct stream *s)
{
	struct span paths[ACCESS_PLACES_MAX], last = req_header(s->req, "Last-Event-ID");
	int64_t seen;
	bool is_behind = last.ptr && (!span_to_int64(last, &seen) || seen != store_head(s->events->store));

	s->place_count = access_places(s->access, paths, ARRAY_LEN(paths));
	s->places = arena_zalloc(req_arena(s->req), s->place_count * sizeof *s->places);
	for (size_t i = 0; i < s->place_count; i++) {
		struct store_node node;

		s->places[i].path = paths[i];
		if (!is_behind && store_lookup(s->events->store, paths[i], &node) == OK)
			s->places[i].seen = node.digest;
	}
}

static void identified(void *arg, enum err error, const struct access *access)
{
	struct stream *s = arg;
	struct req *r = s->req;

	s->access = access;
	if (error == E_UNAUTHENTICATED) {
		auth_challenge(r, NULL);
	} else if (error != OK || !has_room(s)) {
		error = error == OK ? E_TOO_MANY : error;
		if (error == E_BUSY || error == E_TOO_MANY)
			req_set_header(r, "Retry-After", "30");
		req_reply_error(r, error, NULL);
	} else {
		learn(s);
		req_set_header(r, "Cache-Control", "no-store");
		s->feed = req_reply_feed(r, 200, "text/event-stream", want, release, s);
	}
}

void events_answer(struct events *e, struct req *r)
{
	struct stream *s = arena_zalloc(req_arena(r), sizeof *s);

	s->events = e;
	s->req = r;
	auth_identify(e->auth, r, identified, s);
}
