/* When history is let go: the thread, one pass, and what status tells of it. */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "common/clock.h"
#include "common/log.h"
#include "server/store/retain.h"
#include "server/store/space.h"

enum { LIMIT_S = 1, FIRST_PASS_S = 60, PAUSE_S = 3600 };

struct keeper {
	struct store *store;
	pthread_t thread;
	bool started;
	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t wake;
	bool is_running; /* a pass */
	struct store_retained last;
	int64_t last_ns;
	atomic_bool stopping;
	atomic_int_least64_t bytes_max; /* what -1 stands for; -1: not known yet */
};

bool pass_is_stopped(const struct pass *p)
{
	return atomic_load(&p->store->keeper->stopping) || store_is_read_only(p->store);
}

/* ---- the rule ---- */

/* Half of what history has and could have: what it takes of the disk must not make the limit smaller with every start. */
static enum err find_limit(struct keeper *k, int64_t *out)
{
	int64_t size = 0;
	enum err e = OK;

	*out = atomic_load(&k->store->options.history_max_bytes);
	if (*out >= 0)
		return OK;
	*out = atomic_load(&k->bytes_max);
	if (*out >= 0)
		return OK;
	if ((e = pass_size(k->store, &size)) != OK)
		return e;
	*out = (size + store_space_left(k->store)) / 2;
	atomic_store(&k->bytes_max, *out);
	return OK;
}

static enum err make_rule(struct keeper *k, struct keep_rule *out)
{
	struct store *s = k->store;

	*out = (struct keep_rule){
		.all_s = atomic_load(&s->options.keep_all_s),
		.daily_s = atomic_load(&s->options.keep_daily_s),
		.weekly_s = atomic_load(&s->options.keep_weekly_s),
		.versions_max = atomic_load(&s->options.keep_versions),
		.journal_s = atomic_load(&s->options.keep_journal_s),
	};
	return find_limit(k, &out->bytes_max);
}

/* ---- a pass ---- */

static bool begin(struct keeper *k)
{
	bool may;

	pthread_mutex_lock(&k->lock);
	may = !k->is_running && !atomic_load(&k->stopping);
	k->is_running |= may;
	pthread_mutex_unlock(&k->lock);
	return may;
}

static void finish(struct keeper *k, const struct pass *p, bool is_done)
{
	pthread_mutex_lock(&k->lock);
	k->is_running = false;
	if (is_done && !p->is_rehearsal) {
		k->last = p->done;
		k->last_ns = clock_now_ns();
	}
	pthread_cond_broadcast(&k->wake);
	pthread_mutex_unlock(&k->lock);
}

enum err store_retain(struct store *s, int64_t now_ns, bool is_rehearsal, struct store_retained *out)
{
	struct keeper *k = s->keeper;
	struct pass p = { .store = s, .now_ns = now_ns, .is_rehearsal = is_rehearsal };
	enum err e;

	*out = (struct store_retained){ .versions = 0 };
	if (!begin(k))
		return E_BUSY;
	if ((e = make_rule(k, &p.rule)) == OK && (e = pass_by_age(&p)) == OK && (e = pass_by_count(&p)) == OK &&
	    !is_rehearsal)
		e = pass_by_size(&p);
	if (e == OK)
		e = pass_journal(&p);
	finish(k, &p, e == OK);
	*out = p.done;
	if (!is_rehearsal && p.done.versions + p.done.trashed + p.done.changes > 0)
		log_info("retain removed_versions=%lld removed_trashed=%lld bytes=%lld removed_changes=%lld",
			 (long long)p.done.versions, (long long)p.done.trashed, (long long)p.done.bytes,
			 (long long)p.done.changes);
	return e;
}

void store_retention(struct store *s, struct store_retention *out)
{
	struct keeper *k = s->keeper;
	int64_t limit = atomic_load(&s->options.history_max_bytes);

	*out = (struct store_retention){
		.all_s = atomic_load(&s->options.keep_all_s),
		.daily_s = atomic_load(&s->options.keep_daily_s),
		.weekly_s = atomic_load(&s->options.keep_weekly_s),
		.versions_max = atomic_load(&s->options.keep_versions),
		.bytes_max = limit >= 0 ? limit : atomic_load(&k->bytes_max),
		.journal_s = atomic_load(&s->options.keep_journal_s),
	};
	pthread_mutex_lock(&k->lock);
	out->last_ns = k->last_ns;
	out->last = k->last;
	pthread_mutex_unlock(&k->lock);
}

/* ---- the thread ---- */

/* False: the store closes. */
static bool sleep_for(struct keeper *k, int64_t seconds)
{
	struct timespec until;
	bool go_on;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += seconds;
	pthread_mutex_lock(&k->lock);
	while (!atomic_load(&k->stopping) && pthread_cond_timedwait(&k->wake, &k->lock, &until) == 0)
		;
	go_on = !atomic_load(&k->stopping);
	pthread_mutex_unlock(&k->lock);
	return go_on;
}

static void *run(void *arg)
{
	struct keeper *k = arg;
	struct store_retained done;
	int64_t pause_s = FIRST_PASS_S, limit;

	/* A store that is only opened for a command of the administrator's is closed before. */
	if (sleep_for(k, LIMIT_S) && find_limit(k, &limit) != OK)
		log_warning("fail retain what=limit");
	while (sleep_for(k, pause_s)) {
		enum err e = store_retain(k->store, clock_now_ns(), false, &done);

		if (e != OK && e != E_BUSY)
			log_warning("fail retain error=%s", QUOTED(err_words(e)));
		pause_s = PAUSE_S;
	}
	return NULL;
}

enum err keeper_start(struct store *s, struct keeper **out)
{
	struct keeper *k = xcalloc(1, sizeof *k);
	pthread_condattr_t attr;
	sigset_t all, before;

	k->store = s;
	atomic_init(&k->bytes_max, -1);
	pthread_mutex_init(&k->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&k->wake, &attr);
	pthread_condattr_destroy(&attr);
	*out = k;
	if (!s->keeps_house) /* somebody works on a stopped store, and does not know its rule */
		return OK;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	k->started = pthread_create(&k->thread, NULL, run, k) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return k->started ? OK : E_BUSY;
}

void keeper_free(struct keeper *k)
{
	if (!k)
		return;
	pthread_mutex_lock(&k->lock);
	atomic_store(&k->stopping, true);
	pthread_cond_broadcast(&k->wake);
	while (k->is_running)
		pthread_cond_wait(&k->wake, &k->lock);
	pthread_mutex_unlock(&k->lock);
	if (k->started)
		pthread_join(k->thread, NULL);
	pthread_cond_destroy(&k->wake);
	pthread_mutex_destroy(&k->lock);
	free(k);
}
