/*
 * watch [DIR]: run without end.  What changes here is noticed at once (inotify), what changes there by the server's events; without
 * these by asking, every two seconds while something happens, then less and less often, every half minute at last.
 */
#include <stdlib.h>
#include <string.h>

#include "client/cmd/cmd.h"
#include "client/cmd/known.h"
#include "client/cmd/syncfolder.h"
#include "client/sync/watcher.h"
#include "common/clock.h"

enum { POLL_FEWEST_MS = 2000, POLL_MOST_MS = 30000, QUIET_MS = 200, RESTLESS_MS = 2000, FULL_SCAN_S = 3600 };

struct watching {
	struct syncfolder *f;
	struct watcher *watcher; /* NULL: none, so each time everything is read */
	struct engine_view view; /* what changed here since it was read */
	bool is_whole;           /* everything is watched, or that it is not was said */
	int64_t full_scan_ns;    /* when everything was read last */
	int poll_ms;             /* until the server is asked again */
	struct http_request req; /* for events, aside */
	bool is_listening, has_event, is_refused;
};

/* ---- the server's events ---- */

/* Some of the stream.  What has changed, and where, the report tells; a comment is no news. */
static enum err take_events(struct http_request *req, const void *bytes, size_t len)
{
	struct watching *w = req->arg;

	w->has_event |= memmem(bytes, len, "data:", 5) != NULL;
	return OK;
}

/* The stream has ended: begun again, unless it was refused, then after the next round. */
static void events_ended(struct http_request *req)
{
	struct watching *w = req->arg;

	w->is_listening = false;
	w->is_refused = req->answer.err != OK || req->answer.status != 200;
	w->has_event |= !w->is_refused; /* who knows what was not heard */
}

static void listen_to_events(struct watching *w)
{
	if (w->is_listening || w->is_refused || !session_has(w->f->s, "events"))
		return;
	http_request_clear(&w->req);
	http_request_init(&w->req, "GET", xstrdup(".sync/events"));
	w->req.is_at_origin = w->req.is_aside = w->req.is_once = true;
	w->req.body = take_events;
	w->req.done = events_ended;
	w->req.arg = w;
	w->is_listening = true;
	http_start(w->f->s->http, &w->req);
}

/* ---- waiting ---- */

/* Waits for news, but no longer than until the server is to be asked.  A file that somebody writes is looked at often. */
static void wait_for_news(struct watching *w)
{
	int poll_ms = w->f->patience.count ? POLL_FEWEST_MS : w->poll_ms;
	int64_t end_ns = clock_monotonic_ns() + poll_ms * NS_PER_MS, quiet_ns = 0, restless_ns = 0;
	int fd = w->watcher ? watcher_fd(w->watcher) : -1;

	while (!session_interrupted && !w->has_event) {
		int64_t until_ns = quiet_ns ? MIN(end_ns, quiet_ns) : end_ns;
		int64_t left_ms = (until_ns - clock_monotonic_ns()) / NS_PER_MS;
		enum watcher_news news;

		if (left_ms <= 0)
			return;
		listen_to_events(w);
		http_wait(w->f->s->http, fd, (int)left_ms, &w->has_event);
		news = w->watcher ? watcher_take(w->watcher, w->view.dirty) : WATCHER_QUIET;
		if (news == WATCHER_NOW)
			return;
		if (news == WATCHER_SOON && !restless_ns)
			restless_ns = clock_monotonic_ns() + RESTLESS_MS * NS_PER_MS;
		if (news == WATCHER_SOON)
			quiet_ns = MIN(clock_monotonic_ns() + QUIET_MS * NS_PER_MS, restless_ns);
	}
}

/* Said once, when from now on not everything is watched. */
static void say_if_not_whole(struct watching *w)
{
	if (!w->is_whole || (w->watcher && watcher_is_whole(w->watcher)))
		return;
	w->is_whole = false;
	output_note(w->f->s->out, w->f->linked.root_path,
		    "not all of it can be watched (see fs.inotify.max_user_watches): it is read again and again");
}

/* Is it worth while to try again later? */
static bool may_pass(enum err e)
{
	return e == E_NETWORK || e == E_TIMEOUT || e == E_BUSY || e == E_TOO_MANY || e == E_BAD_GATEWAY ||
	       e == E_UNKNOWN || e == E_IO || e == E_NO_SPACE || e == E_BAD_REQUEST;
}

static enum err go_round(struct watching *w, bool is_first)
{
	size_t done = 0;
	enum err e;

	say_if_not_whole(w);
	if (!w->is_whole || clock_monotonic_ns() - w->full_scan_ns > FULL_SCAN_S * NS_PER_S)
		dirty_add_all(w->view.dirty);
	if (dirty_is_all(w->view.dirty))
		w->full_scan_ns = clock_monotonic_ns();
	e = syncfolder_run_again(w->f, is_first, &done);
	w->poll_ms = done ? POLL_FEWEST_MS : MIN(2 * w->poll_ms, POLL_MOST_MS);
	if (w->is_listening) /* it tells by itself */
		w->poll_ms = POLL_MOST_MS;
	w->is_refused = false;
	return e;
}

static enum err watch(struct watching *w)
{
	bool is_first = true;

	output_say(w->f->s->out, "watching; ctrl-C ends");
	output_flush(w->f->s->out);
	while (!session_interrupted) {
		enum err e;

		w->has_event = false; /* what comes from here on may be news to this round */
		e = go_round(w, is_first);

		if (e != OK && !may_pass(e) && !session_interrupted)
			return e;
		is_first = false;
		output_flush(w->f->s->out);
		/* What changed while we were at it is news, too: it waits at the watcher. */
		wait_for_news(w);
	}
	return OK;
}

enum err command_watch(struct session *s)
{
	struct syncfolder f;
	struct watching w = { .f = &f, .poll_ms = POLL_FEWEST_MS, .is_whole = true };
	enum err e = syncfolder_open(s, s->cli->operand_count ? s->cli->operands[0] : NULL, &f);

	if (e == OK && s->cli->dry_run)
		e = known_error(s, E_USAGE, NULL, "watch changes things; run -n says what would be done");
	if (e == OK) {
		signal(SIGIO, SIG_IGN); /* of leases, by which a scan knows who writes */
		f.with_time = true;
		f.view = &w.view;
		w.view.dirty = dirty_new();
		(void)!watcher_new(f.linked.place.root, &w.watcher); /* without one: see say_if_not_whole() */
		e = watch(&w);
		if (e == OK) { /* ctrl-C */
			session_interrupted = 0;
			output_forgive(s->out);
		}
	}
	watcher_free(w.watcher);
	dirty_free(w.view.dirty);
	ignore_free(w.view.ignore);
	syncfolder_close(&f);
	if (w.is_listening)
		http_give_up(s->http, &w.req);
	http_request_clear(&w.req);
	return e;
}
