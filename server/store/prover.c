#include "server/store/prover.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "common/fsio.h"
#include "common/log.h"
#include "server/store/content.h"
#include "server/store/proved.h"

enum { RUN_BYTES = 1 << 20, TURN_RUNS = 8, PROOFS_MAX = 256 };

/* A content that is being read. */
struct job {
	struct job *next;
	struct digest digest;
	struct handle *handle;
	int64_t offset, size_bytes, at;
	struct hasher *hasher;
	struct store_proof *waiters;
};

struct prover {
	struct store *store;
	pthread_t thread;
	bool started;
	char *run;
	pthread_mutex_t lock; /* of what follows, and of the jobs' waiters */
	pthread_cond_t wake;
	struct job *first, **last; /* in the order of their turns; the thread takes the first out for its turn */
	struct job *in_turn;
	unsigned count;
	bool stopping;
};

/* ---- jobs ---- */

static struct job *job_new(const struct store_content *c, const struct digest *digest)
{
	struct job *j = xcalloc(1, sizeof *j);

	j->digest = *digest;
	j->handle = c->handle;
	atomic_fetch_add(&j->handle->refs, 1);
	j->offset = c->offset;
	j->size_bytes = c->size_bytes;
	j->hasher = hasher_new();
	return j;
}

static void job_free(struct job *j)
{
	hasher_free(j->hasher);
	handle_unref(j->handle);
	free(j);
}

/* Under the lock. */
static struct job *find(struct prover *p, const struct digest *digest)
{
	if (p->in_turn && digest_equal(&p->in_turn->digest, digest))
		return p->in_turn;
	for (struct job *j = p->first; j; j = j->next)
		if (digest_equal(&j->digest, digest))
			return j;
	return NULL;
}

static void append(struct prover *p, struct job *j)
{
	j->next = NULL;
	*p->last = j;
	p->last = &j->next;
}

/* The one whose turn it is; NULL: the end. */
static struct job *take(struct prover *p)
{
	struct job *j = NULL;

	pthread_mutex_lock(&p->lock);
	while (!p->first && !p->stopping)
		pthread_cond_wait(&p->wake, &p->lock);
	if (!p->stopping) {
		j = p->in_turn = p->first;
		p->first = j->next;
		if (!p->first)
			p->last = &p->first;
	}
	pthread_mutex_unlock(&p->lock);
	return j;
}

/* ---- reading ---- */

static enum err judge(struct prover *p, struct job *j)
{
	struct place place = { .number = j->handle->number, .size_bytes = j->size_bytes };
	struct digest have = hasher_finish(j->hasher);
	char hex[DIGEST_HEX_SIZE];

	if (digest_equal(&have, &j->digest)) {
		proved_add(p->store->proved, &j->digest);
		return OK;
	}
	log_error("find damage digest=%s how=%s", digest_hex(&j->digest, hex), QUOTED("its bytes do not fit"));
	content_mark_later(p->store, &j->digest, &place);
	return E_CORRUPT;
}

/* A turn.  `out_done`: it was the last, and what is returned is the verdict. */
static enum err read_on(struct prover *p, struct job *j, bool *out_done)
{
	*out_done = true;
	for (int i = 0; i < TURN_RUNS; i++) {
		size_t len = (size_t)MIN(j->size_bytes - j->at, (int64_t)RUN_BYTES);
		enum err e;

		if (!len)
			return judge(p, j);
		if ((e = fsio_read_at(j->handle->fd, p->run, len, j->offset + j->at)) != OK)
			return e == E_CORRUPT ? E_CORRUPT : E_IO;
		hasher_add(j->hasher, p->run, len);
		j->at += (int64_t)len;
	}
	*out_done = false;
	return OK;
}

static void tell_all(struct store_proof *proof, enum err verdict)
{
	while (proof) {
		struct store_proof *next = proof->next;

		proof->done(proof->arg, verdict); /* his memory may be gone after this */
		proof = next;
	}
}

static void finish_turn(struct prover *p, struct job *j, bool is_done, enum err verdict)
{
	struct store_proof *waiters = NULL;

	pthread_mutex_lock(&p->lock);
	p->in_turn = NULL;
	if (is_done) {
		waiters = TAKE(j->waiters);
		p->count--;
	} else {
		append(p, j);
	}
	pthread_mutex_unlock(&p->lock);
	if (!is_done)
		return;
	tell_all(waiters, verdict);
	job_free(j);
}

static void *run(void *arg)
{
	struct prover *p = arg;
	struct job *j;

	while ((j = take(p)) != NULL) {
		bool is_done;
		enum err verdict = read_on(p, j, &is_done);

		finish_turn(p, j, is_done, verdict);
	}
	return NULL;
}

/* ---- who waits ---- */

void store_proof_begin(struct store *s, const struct store_content *c, const struct digest *digest,
		       struct store_proof *proof)
{
	struct prover *p = s->prover;
	struct job *j;

	proof->digest = *digest;
	pthread_mutex_lock(&p->lock);
	j = find(p, digest);
	if (!j && p->count < PROOFS_MAX && !p->stopping) {
		j = job_new(c, digest);
		append(p, j);
		p->count++;
		pthread_cond_signal(&p->wake);
	}
	if (j) {
		proof->next = j->waiters;
		j->waiters = proof;
	}
	pthread_mutex_unlock(&p->lock);
	if (!j)
		proof->done(proof->arg, E_BUSY);
}

bool store_proof_end(struct store *s, struct store_proof *proof)
{
	struct prover *p = s->prover;
	struct store_proof **at = NULL;
	struct job *j;
	bool found;

	pthread_mutex_lock(&p->lock);
	j = find(p, &proof->digest);
	if (j)
		for (at = &j->waiters; *at && *at != proof;)
			at = &(*at)->next;
	found = at && *at;
	if (found)
		*at = proof->next;
	pthread_mutex_unlock(&p->lock);
	return found;
}

/* ---- life ---- */

enum err prover_start(struct store *s, struct prover **out)
{
	struct prover *p = xcalloc(1, sizeof *p);
	sigset_t all, before;

	p->store = s;
	p->run = xmalloc(RUN_BYTES);
	p->last = &p->first;
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->wake, NULL);
	*out = p;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	p->started = pthread_create(&p->thread, NULL, run, p) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return p->started ? OK : E_BUSY;
}

void prover_free(struct prover *p)
{
	if (!p)
		return;
	pthread_mutex_lock(&p->lock);
	p->stopping = true;
	pthread_cond_signal(&p->wake);
	pthread_mutex_unlock(&p->lock);
	if (p->started)
		pthread_join(p->thread, NULL);
	while (p->first) {
		struct job *j = p->first;

		p->first = j->next;
		tell_all(j->waiters, E_BUSY);
		job_free(j);
	}
	pthread_cond_destroy(&p->wake);
	pthread_mutex_destroy(&p->lock);
	free(p->run);
	free(p);
}
