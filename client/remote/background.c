#include "client/remote/background.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/queue.h>

enum { THREADS_MAX = 8 };

struct job {
	background_fn *work, *done;
	void *arg;
	STAILQ_ENTRY(job) link;
};

STAILQ_HEAD(job_list, job);

struct background {
	pthread_mutex_t lock;
	pthread_cond_t more;
	struct job_list waiting, finished;
	pthread_t threads[THREADS_MAX];
	size_t thread_count, idle;
	bool stop;
	background_fn *wake;
	void *wake_arg;
};

static void *run(void *arg)
{
	struct background *b = arg;

	pthread_mutex_lock(&b->lock);
	for (;;) {
		struct job *job;

		b->idle++;
		while (!b->stop && STAILQ_EMPTY(&b->waiting))
			pthread_cond_wait(&b->more, &b->lock);
		b->idle--;
		if (!(job = STAILQ_FIRST(&b->waiting)))
			break; /* stopped, and nothing is left */
		STAILQ_REMOVE_HEAD(&b->waiting, link);
		pthread_mutex_unlock(&b->lock);
		job->work(job->arg);
		pthread_mutex_lock(&b->lock);
		STAILQ_INSERT_TAIL(&b->finished, job, link);
		b->wake(b->wake_arg);
	}
	pthread_mutex_unlock(&b->lock);
	return NULL;
}

struct background *background_new(background_fn *wake, void *wake_arg)
{
	struct background *b = xcalloc(1, sizeof *b);

	pthread_mutex_init(&b->lock, NULL);
	pthread_cond_init(&b->more, NULL);
	STAILQ_INIT(&b->waiting);
	STAILQ_INIT(&b->finished);
	b->wake = wake;
	b->wake_arg = wake_arg;
	return b;
}

/* Signals are for the main thread: its poll() has to see them. */
static void start_thread(struct background *b)
{
	sigset_t all, old;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	if (pthread_create(&b->threads[b->thread_count], NULL, run, b) == 0)
		b->thread_count++;
	else if (b->thread_count == 0)
		abort(); /* not even one thread: as out of memory */
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}

void background_add(struct background *b, background_fn *work, background_fn *done, void *arg)
{
	struct job *job = xmalloc(sizeof *job);

	*job = (struct job){ .work = work, .done = done, .arg = arg };
	pthread_mutex_lock(&b->lock);
	STAILQ_INSERT_TAIL(&b->waiting, job, link);
	if (b->idle == 0 && b->thread_count < THREADS_MAX)
		start_thread(b);
	pthread_cond_signal(&b->more);
	pthread_mutex_unlock(&b->lock);
}

size_t background_collect(struct background *b)
{
	struct job_list finished = STAILQ_HEAD_INITIALIZER(finished);
	struct job *job;
	size_t count = 0;

	pthread_mutex_lock(&b->lock);
	STAILQ_CONCAT(&finished, &b->finished);
	pthread_mutex_unlock(&b->lock);
	for (; (job = STAILQ_FIRST(&finished)); count++) {
		STAILQ_REMOVE_HEAD(&finished, link);
		job->done(job->arg);
		free(job);
	}
	return count;
}

void background_free(struct background *b)
{
	struct job *job;

	if (!b)
		return;
	pthread_mutex_lock(&b->lock);
	b->stop = true;
	pthread_cond_broadcast(&b->more);
	pthread_mutex_unlock(&b->lock);
	for (size_t i = 0; i < b->thread_count; i++)
		pthread_join(b->threads[i], NULL);
	while ((job = STAILQ_FIRST(&b->finished))) {
		STAILQ_REMOVE_HEAD(&b->finished, link);
		free(job);
	}
	pthread_cond_destroy(&b->more);
	pthread_mutex_destroy(&b->lock);
	free(b);
}
