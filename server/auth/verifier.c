#include "server/auth/verifier.h"

#include "server/auth/password.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

enum { THREADS_LIMIT = 4 };

struct verifier {
	struct proofs *proofs;
	pthread_mutex_t lock;
	pthread_cond_t more;
	struct verification *first, **last;
	unsigned waiting;
	bool is_stopping;
	unsigned count, wanted;
	pthread_t threads[THREADS_LIMIT];
};

/* Half of the cores, so that guessing leaves the other half to those who know. */
static unsigned threads_wanted(void)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	return (unsigned)MIN(MAX(cores / 2, 1L), (long)THREADS_LIMIT);
}

struct verifier *verifier_new(struct proofs *proofs)
{
	struct verifier *v = xcalloc(1, sizeof *v);

	v->proofs = proofs;
	pthread_mutex_init(&v->lock, NULL);
	pthread_cond_init(&v->more, NULL);
	v->last = &v->first;
	v->wanted = threads_wanted();
	return v;
}

void verifier_free(struct verifier *v)
{
	if (!v)
		return;
	pthread_mutex_lock(&v->lock);
	v->is_stopping = true;
	pthread_cond_broadcast(&v->more);
	pthread_mutex_unlock(&v->lock);
	for (unsigned i = 0; i < v->count; i++)
		pthread_join(v->threads[i], NULL);
	pthread_cond_destroy(&v->more);
	pthread_mutex_destroy(&v->lock);
	free(v);
}

static void answer(struct verification *job, bool matches)
{
	job->matches = matches;
	req_post(job->ticket);
}

/* A client that sends several requests at once waits for one hash. */
static bool check(struct verifier *v, const struct verification *job)
{
	if (proofs_have(v->proofs, job->user, job->secret, job->hash))
		return true;
	if (!password_matches(job->secret, job->hash))
		return false;
	proofs_add(v->proofs, job->user, job->secret, job->hash);
	return true;
}

static void *run(void *arg)
{
	struct verifier *v = arg;

	pthread_mutex_lock(&v->lock);
	for (;;) {
		struct verification *job = v->first;

		if (!job && v->is_stopping)
			break;
		if (!job) {
			pthread_cond_wait(&v->more, &v->lock);
			continue;
		}
		v->first = job->next;
		if (!v->first)
			v->last = &v->first;
		v->waiting--;
		pthread_mutex_unlock(&v->lock);
		answer(job, check(v, job));
		pthread_mutex_lock(&v->lock);
	}
	pthread_mutex_unlock(&v->lock);
	return NULL;
}

bool verifier_has_room(struct verifier *v)
{
	bool has_room;

	pthread_mutex_lock(&v->lock);
	has_room = v->waiting < VERIFIER_QUEUE_LIMIT;
	pthread_mutex_unlock(&v->lock);
	return has_room;
}

void verifier_put(struct verifier *v, struct verification *job)
{
	bool is_taken;

	job->next = NULL;
	pthread_mutex_lock(&v->lock);
	if (v->count < v->wanted && pthread_create(&v->threads[v->count], NULL, run, v) == 0)
		v->count++;
	is_taken = v->count > 0;
	if (is_taken) {
		*v->last = job;
		v->last = &job->next;
		v->waiting++;
		pthread_cond_signal(&v->more);
	}
	pthread_mutex_unlock(&v->lock);
	if (!is_taken)
		answer(job, false);
}
