/*
 * watch [DIR]: run without end.  What changes here is noticed at once (inotify); what changes there by asking: every two seconds
 * while something happens, then less and less often, every half minute at last.
 */
#include <errno.h>
#include <poll.h>
#include <time.h>

#include "client/cmd/cmd.h"
#include "client/cmd/known.h"
#include "client/cmd/syncfolder.h"
#include "client/sync/watcher.h"
#include "common/clock.h"

enum { POLL_FEWEST_MS = 2000, POLL_MOST_MS = 30000, QUIET_MS = 200, FULL_SCAN_S = 3600 };

struct watching {
	struct syncfolder *f;
	struct watcher *watcher; /* NULL: none, so each time everything is read */
	int64_t full_scan_ns;    /* when everything was read last */
	int poll_ms;             /* until the server is asked again */
};

/* Waits for news from here, but no longer than until the server is to be asked.  True: there are some. */
static bool wait_for_news(struct watching *w)
{
	int64_t end_ns = clock_monotonic_ns() + w->poll_ms * NS_PER_MS;
	bool has_news = false;

	while (!session_interrupted) {
		int64_t left_ms = (end_ns - clock_monotonic_ns()) / NS_PER_MS;
		struct pollfd fd = { .fd = w->watcher ? watcher_fd(w->watcher) : -1, .events = POLLIN };
		enum watcher_news news;

		if (left_ms <= 0)
			return has_news;
		if (poll(&fd, 1, (int)(has_news ? MIN(left_ms, (int64_t)QUIET_MS) : left_ms)) == 0 && has_news)
			return true; /* it is quiet now */
		news = w->watcher ? watcher_take(w->watcher) : WATCHER_QUIET;
		if (news == WATCHER_NOW)
			return true;
		has_news |= news == WATCHER_SOON;
	}
	return false;
}

/* Is it worth while to try again later? */
static bool may_pass(enum err e)
{
	return e == E_NETWORK || e == E_TIMEOUT || e == E_BUSY || e == E_TOO_MANY || e == E_BAD_GATEWAY ||
	       e == E_UNKNOWN || e == E_IO || e == E_NO_SPACE || e == E_BAD_REQUEST;
}

static enum err go_round(struct watching *w, bool is_clean, bool is_first)
{
	size_t done = 0;
	enum err e;

	if (!w->watcher || !watcher_is_whole(w->watcher) ||
	    clock_monotonic_ns() - w->full_scan_ns > FULL_SCAN_S * NS_PER_S)
		is_clean = false;
	if (!is_clean)
		w->full_scan_ns = clock_monotonic_ns();
	e = syncfolder_run_again(w->f, is_clean, is_first, &done);
	w->poll_ms = done ? POLL_FEWEST_MS : MIN(2 * w->poll_ms, POLL_MOST_MS);
	return e;
}

static enum err watch(struct watching *w)
{
	bool is_clean = false, is_first = true;

	output_say(w->f->s->out, "watching; ctrl-C ends");
	output_flush(w->f->s->out);
	while (!session_interrupted) {
		enum err e = go_round(w, is_clean, is_first);

		if (e != OK && !may_pass(e) && !session_interrupted)
			return e;
		is_first = false;
		output_flush(w->f->s->out);
		/* What changed while we were at it is news, too: it waits at the watcher. */
		is_clean = !wait_for_news(w) && e == OK;
	}
	return OK;
}

enum err command_watch(struct session *s)
{
	struct syncfolder f;
	struct watching w = { .f = &f, .poll_ms = POLL_FEWEST_MS };
	enum err e = syncfolder_open(s, s->cli->operand_count ? s->cli->operands[0] : NULL, &f);

	if (e == OK && s->cli->dry_run)
		e = known_error(s, E_USAGE, NULL, "watch changes things; run -n says what would be done");
	if (e == OK) {
		f.with_time = true;
		if (watcher_new(f.linked.place.root, &w.watcher) != OK || !watcher_is_whole(w.watcher))
			output_note(s->out, f.linked.root_path,
				    "not all of it can be watched (see fs.inotify.max_user_watches): it is read again "
				    "and again");
		e = watch(&w);
		if (e == OK) { /* ctrl-C */
			session_interrupted = 0;
			output_forgive(s->out);
		}
	}
	watcher_free(w.watcher);
	syncfolder_close(&f);
	return e;
}
