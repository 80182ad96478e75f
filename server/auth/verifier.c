#include "server/auth/verifier.h"

#include "server/auth/password.h"
#include "server/auth/proof.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

enum { HASHERS_LIMIT = 4, THREADS_LIMIT = CHECKER_AT_ONCE };

/* Passwords that wait, and the threads that take one after the other. */
struct line {
	void (*work)(struct verifier *v, struct verification *job);
	struct verifier *verifier;
	pthread_mutex_t lock;
	pthread_cond_t more;
	struct verification *first, **last;
	unsigned waiting;
	bool is_stopping;
	unsigned count, wanted;
	pthread_t threads[THREADS_LIMIT];
};

struct verifier {
	struct proofs *proofs;
	struct checker *checker;
	struct line hashers, askers;
};

/* ---- lines ---- */

static void line_init(struct line *l, struct verifier *v, unsigned threads,
		      void (*work)(struct verifier *v, struct verification *job))
{
	*l = (struct line){ .work = work, .verifier = v, .wanted = threads };
	pthread_mutex_init(&l->lock, NULL);
	pthread_cond_init(&l->more, NULL);
	l->last = &l->first;
}

static void line_clear(struct line *l)
{
	pthread_mutex_lock(&l->lock);
	l->is_stopping = true;
	pthread_cond_broadcast(&l->more);
	pthread_mutex_unlock(&l->lock);
	for (unsigned i = 0; i < l->count; i++)
		pthread_join(l->threads[i], NULL);
	pthread_cond_destroy(&l->more);
	pthread_mutex_destroy(&l->lock);
}

static void *run(void *arg)
{
	struct line *l = arg;

	pthread_mutex_lock(&l->lock);
	for (;;) {
		struct verification *job = l->first;

		if (!job && l->is_stopping)
			break;
		if (!job) {
			pthread_cond_wait(&l->more, &l->lock);
			continue;
		}
		l->first = job->next;
		if (!l->first)
			l->last = &l->first;
		l->waiting--;
		pthread_mutex_unlock(&l->lock);
		l->work(l->verifier, job);
		pthread_mutex_lock(&l->lock);
	}
	pthread_mutex_unlock(&l->lock);
	return NULL;
}

static bool line_has_room(struct line *l)
{
	bool has_room;

	pthread_mutex_lock(&l->lock);
	has_room = l->waiting < VERIFIER_QUEUE_LIMIT;
	pthread_mutex_unlock(&l->lock);
	return has_room;
}

/* False: there is no thread to be had. */
static bool line_put(struct line *l, struct verification *job)
{
	bool is_taken;

	job->next = NULL;
	pthread_mutex_lock(&l->lock);
	if (l->count < l->wanted && pthread_create(&l->threads[l->count], NULL, run, l) == 0)
		l->count++;
	is_taken = l->count > 0;
	if (is_taken) {
		*l->last = job;
		l->last = &job->next;
		l->waiting++;
		pthread_cond_signal(&l->more);
	}
	pthread_mutex_unlock(&l->lock);
	return is_taken;
}

/* ---- what they do ---- */

static void answer(struct verification *job, enum err e)
{
	job->answer = e;
	req_post(job->ticket);
}

/* What a proof holds good for: the stored hash, and for who has none that PAM was asked. */
static const char *basis(const struct verifier *v, const char *hash)
{
	return hash[0] || !v->checker ? hash : "pam";
}

static void succeed(struct verifier *v, struct verification *job)
{
	proofs_add(v->proofs, job->user, job->secret, basis(v, job->hash));
	answer(job, OK);
}

static void ask_pam(struct verifier *v, struct verification *job)
{
	struct checker_question q = { job->is_nobody ? NULL : job->user, job->secret, job->address };
	enum err e = checker_ask(v->checker, &q);

	if (e == OK && !job->is_nobody)
		succeed(v, job);
	else
		answer(job, e == OK ? E_UNAUTHENTICATED : e);
}

/* A client that sends several requests at once waits for one hash. */
static void hash(struct verifier *v, struct verification *job)
{
	if (!job->is_nobody && verifier_knows(v, job->user, job->secret, job->hash))
		answer(job, OK);
	else if (password_matches(job->secret, job->hash))
		succeed(v, job);
	else if (!v->checker)
		answer(job, E_UNAUTHENTICATED);
	else if (!line_has_room(&v->askers) || !line_put(&v->askers, job))
		answer(job, E_BUSY);
}

/* ---- the whole ---- */

/* Half of the cores, so that guessing leaves the other half to those who know. */
static unsigned hashers_wanted(void)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	return (unsigned)MIN(MAX(cores / 2, 1L), (long)HASHERS_LIMIT);
}

struct verifier *verifier_new(struct checker *checker)
{
	struct verifier *v = xcalloc(1, sizeof *v);

	v->proofs = proofs_new();
	v->checker = checker;
	line_init(&v->hashers, v, hashers_wanted(), hash);
	line_init(&v->askers, v, CHECKER_AT_ONCE, ask_pam);
	return v;
}

void verifier_free(struct verifier *v)
{
	if (!v)
		return;
	line_clear(&v->hashers); /* the first: they put into the other */
	line_clear(&v->askers);
	proofs_free(v->proofs);
	free(v);
}

bool verifier_knows(struct verifier *v, const char *user, const char *secret, const char *hash)
{
	return proofs_have(v->proofs, user, secret, basis(v, hash));
}

bool verifier_has_room(struct verifier *v)
{
	return line_has_room(&v->hashers);
}

void verifier_put(struct verifier *v, struct verification *job)
{
	if (!line_put(&v->hashers, job))
		answer(job, E_BUSY);
}
