#include "server/store/sweeper.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/rand.h"
#include "server/store/readers.h"
#include "server/store/store_gc.h"

enum {
	NOTED_EACH_S = 300,
	SHORT_EACH_S = 10,
	ALL_EACH_S = 24 * 3600,
	FIRST_ALL_S = 3600,
	ROUND_EACH_S = 3600,
	IDLE_S = 1
};

struct sweeper {
	struct store *store;
	pthread_t thread;
	bool started;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool stopping; /* under the lock */
	struct scrub scrub;
	int64_t noted_due_ns, all_due_ns, scrub_due_ns;
	int64_t short_due_ns; /* when uploads are refused for want of room */
};

/* False: the store closes. */
static bool sleep_for(struct sweeper *w, int64_t seconds)
{
	struct timespec until;
	bool go_on;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += seconds;
	pthread_mutex_lock(&w->lock);
	while (!w->stopping && pthread_cond_timedwait(&w->wake, &w->lock, &until) == 0)
		;
	go_on = !w->stopping;
	pthread_mutex_unlock(&w->lock);
	return go_on;
}

static bool is_closing(const struct sweeper *w)
{
	return atomic_load(&w->store->is_closing);
}

/* ---- collecting ---- */

static void collect(struct sweeper *w, unsigned flags)
{
	struct store_gc *g = store_gc_new(w->store, flags);
	struct store_gc_totals t = { .at = "" };
	bool is_end = false;
	enum err e = OK;

	while (e == OK && !is_end && !is_closing(w))
		e = store_gc_next(g, &t, &is_end);
	store_gc_free(g);
	if (e != OK && e != E_BUSY)
		log_warning("fail gc error=%s", QUOTED(err_words(e)));
	if (t.contents + t.segments + t.strays > 0)
		log_info("gc contents=%lld segments=%lld strays=%lld freed_bytes=%lld", (long long)t.contents,
			 (long long)t.segments, (long long)t.strays, (long long)t.freed_bytes);
}

static void collect_in_time(struct sweeper *w)
{
	int64_t now = clock_monotonic_ns();

	if (now >= w->all_due_ns) {
		collect(w, 0);
		w->all_due_ns = clock_monotonic_ns() + ALL_EACH_S * NS_PER_S;
		w->noted_due_ns = clock_monotonic_ns() + NOTED_EACH_S * NS_PER_S;
	} else if (now >= w->noted_due_ns || (now >= w->short_due_ns && !store_space_left(w->store))) {
		collect(w, STORE_GC_NOTED);
		w->short_due_ns = clock_monotonic_ns() + SHORT_EACH_S * NS_PER_S;
		w->noted_due_ns = clock_monotonic_ns() + NOTED_EACH_S * NS_PER_S;
	}
}

/* ---- scrubbing ---- */

/* Anywhere, so that a server that is often started does not read the same beginning over and over. */
static void begin_anywhere(struct sweeper *w)
{
	autoreader struct reader reader = { NULL, NULL };
	autorows struct db_rows rows = { NULL, NULL };
	uint32_t dice;

	rand_bytes(&dice, sizeof dice);
	if (reader_take(w->store->readers, &reader) == OK &&
	    db_select_values(reader.db, "SELECT ifnull(max(id), 0) FROM object", &rows, NULL, 0) == OK &&
	    db_next(&rows) == OK)
		w->scrub.after = db_col_int(&rows, 0) / 1000 * (dice % 1000);
}

static void scrub(struct sweeper *w)
{
	struct scrub_counts *counts = &w->store->scrubbed;
	int64_t rate = atomic_load(&w->store->options.scrub_bytes_per_s), bytes = w->scrub.bytes,
		damages = w->scrub.damages;
	enum err e;

	if (!rate || store_is_read_only(w->store) || clock_monotonic_ns() < w->scrub_due_ns)
		return;
	e = scrub_some(w->store, &w->scrub, rate);
	counter_add(&counts->bytes, (uint64_t)(w->scrub.bytes - bytes));
	counter_add(&counts->damages, (uint64_t)(w->scrub.damages - damages));
	if (e != OK && e != E_BUSY)
		log_warning("fail scrub error=%s", QUOTED(err_words(e)));
	if (e != OK || w->scrub.is_end) /* small stores are not read without end */
		w->scrub_due_ns = clock_monotonic_ns() + ROUND_EACH_S * NS_PER_S;
	if (w->scrub.is_end) {
		atomic_store(&counts->round_bytes, w->scrub.bytes);
		atomic_store(&counts->round_ended_s, clock_now_s());
		log_info("scrub bytes=%lld damaged=%lld", (long long)w->scrub.bytes, (long long)w->scrub.damages);
		w->scrub.bytes = w->scrub.damages = 0;
	}
}

/* ---- the thread ---- */

static void *run(void *arg)
{
	struct sweeper *w = arg;
	bool is_waiting;

	begin_anywhere(w);
	do {
		collect_in_time(w);
		scrub(w);
		is_waiting =
		    clock_monotonic_ns() < w->scrub_due_ns || !atomic_load(&w->store->options.scrub_bytes_per_s);
	} while (is_waiting ? sleep_for(w, IDLE_S) : !is_closing(w));
	return NULL;
}

enum err sweeper_start(struct store *s, struct sweeper **out)
{
	struct sweeper *w = xcalloc(1, sizeof *w);
	int64_t now = clock_monotonic_ns();
	pthread_condattr_t attr;
	sigset_t all, before;

	w->store = s;
	w->noted_due_ns = now + NOTED_EACH_S * NS_PER_S;
	w->all_due_ns = now + FIRST_ALL_S * NS_PER_S;
	pthread_mutex_init(&w->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&w->wake, &attr);
	pthread_condattr_destroy(&attr);
	*out = w;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	w->started = pthread_create(&w->thread, NULL, run, w) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return w->started ? OK : E_BUSY;
}

void sweeper_free(struct sweeper *w)
{
	if (!w)
		return;
	pthread_mutex_lock(&w->lock);
	w->stopping = true;
	pthread_cond_broadcast(&w->wake);
	pthread_mutex_unlock(&w->lock);
	if (w->started)
		pthread_join(w->thread, NULL);
	pthread_cond_destroy(&w->wake);
	pthread_mutex_destroy(&w->lock);
	free(w);
}
