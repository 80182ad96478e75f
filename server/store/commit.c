#include "server/store/commit.h"

#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

#include "common/clock.h"
#include "common/fsio.h"
#include "common/log.h"
#include "server/store/group.h"
#include "server/store/ids.h"
#include "server/store/janitor.h"
#include "server/store/lock.h"
#include "server/store/quota.h"
#include "server/store/schema.h"
#include "server/store/segment.h"
#include "server/store/stage.h"
#include "server/store/steps.h"
#include "server/store/upload.h"

/*
 * A group passes two stages: its bodies are appended and synced, then it is committed.  Two threads do the same, one
 * stage apart: while one waits for the sync of a COMMIT, the other's bodies are on their way.  Each goes hand over hand
 * (the second stage is entered before the first is left), so groups never overtake each other.
 */
enum { WORKERS = 2, GROUP_MAX = 1024, PIECES_MAX = 1024 };

struct worker {
	struct committer *committer;
	pthread_t thread;
	bool started;
	struct store_txn *batch[GROUP_MAX], *answered[GROUP_MAX]; /* of the group; those that are through already */
	size_t count, answered_count;
};

struct committer {
	struct store *store;
	struct worker workers[WORKERS];

	pthread_mutex_t lock; /* of the queue */
	pthread_cond_t wake;
	struct store_txn *first, *last;
	bool stopping, woken;

	pthread_mutex_t bodies; /* the first stage: the open segment, and: */
	struct iovec pieces[PIECES_MAX];
	struct txn_step *owners[PIECES_MAX];
	size_t piece_count;

	pthread_mutex_t rows; /* the second: the database, and: */
	struct db *db;
	struct group group;
	int64_t head, next_id; /* as committed */
	struct digest chain;
	int wal_pages;
	bool may_go_on; /* the last failure of unknown outcome was no sync's, but for want of memory */
};

/* ---- the queue ---- */

static void enqueue(struct committer *c, struct store_txn *t)
{
	pthread_mutex_lock(&c->lock);
	if (t->refused == OK && atomic_load(&c->store->counts.queued) >= atomic_load(&c->store->options.max_queued))
		t->refused = E_BUSY;
	atomic_fetch_add(&c->store->counts.queued, 1);
	if (c->last)
		c->last->next = t;
	else
		c->first = t;
	c->last = t;
	pthread_cond_signal(&c->wake);
	pthread_mutex_unlock(&c->lock);
}

void store_submit(struct store *s, struct store_txn *t, store_done_fn *done, void *arg)
{
	t->done = done;
	t->done_arg = arg;
	t->refused = store_is_read_only(s) ? E_IO : OK;
	enqueue(s->committer, t);
}

void commit_wake(struct committer *c)
{
	pthread_mutex_lock(&c->lock);
	c->woken = true;
	pthread_cond_signal(&c->wake);
	pthread_mutex_unlock(&c->lock);
}

/* What waits now, in order, up to a group; nothing, when woken for something else.  False: the end. */
static bool take(struct committer *c, struct worker *w)
{
	bool go_on;

	w->count = w->answered_count = 0;
	pthread_mutex_lock(&c->lock);
	while (!c->first && !c->stopping && !c->woken)
		pthread_cond_wait(&c->wake, &c->lock);
	while (c->first && w->count < GROUP_MAX) {
		w->batch[w->count++] = c->first;
		c->first = c->first->next;
	}
	if (!c->first)
		c->last = NULL;
	atomic_fetch_sub(&c->store->counts.queued, (unsigned)w->count);
	go_on = w->count > 0 || !c->stopping;
	c->woken = false;
	pthread_mutex_unlock(&c->lock);
	return go_on;
}

/* Those whose answer is known already leave the batch; the others move up, in order. */
static void set_aside(struct worker *w, enum err (*answer_of)(struct committer *c, struct store_txn *t))
{
	size_t kept = 0;

	for (size_t i = 0; i < w->count; i++) {
		enum err e = answer_of(w->committer, w->batch[i]);

		if (e == OK) {
			w->batch[kept++] = w->batch[i];
			continue;
		}
		w->batch[i]->result = (struct store_result){ .error = e };
		w->answered[w->answered_count++] = w->batch[i];
	}
	w->count = kept;
}

static enum err refusal(struct committer *c, struct store_txn *t)
{
	return t->refused == OK && store_is_read_only(c->store) ? E_IO : t->refused;
}

/* ---- bodies ---- */

static enum err flush_pieces(struct committer *c)
{
	int64_t number, offset;
	enum err e;

	if (!c->piece_count)
		return OK;
	if ((e = segments_append(c->store->segments, c->pieces, c->piece_count, &number, &offset)) != OK)
		return e;
	for (size_t i = 0; i < c->piece_count; i++) {
		struct place *place = &c->owners[i]->place;

		place->segment = number;
		place->number = offset;
		offset += place->size_bytes;
	}
	c->piece_count = 0;
	return OK;
}

static enum err append_step(struct committer *c, struct txn_step *step)
{
	const void *bytes = step->upload ? upload_bytes(step->upload) : NULL;
	enum err e = OK;

	if (!bytes)
		return OK;
	if (c->piece_count == PIECES_MAX && (e = flush_pieces(c)) != OK)
		return e;
	c->pieces[c->piece_count] = (struct iovec){ (void *)(uintptr_t)bytes, (size_t)upload_size(step->upload) };
	c->owners[c->piece_count++] = step;
	return OK;
}

static enum err append_all(struct committer *c, struct store_txn *const *batch, size_t count)
{
	enum err e;

	c->piece_count = 0;
	for (size_t i = 0; i < count; i++)
		for (struct txn_step *step = batch[i]->first; step; step = step->next)
			if ((e = append_step(c, step)) != OK)
				return e;
	return flush_pieces(c);
}

static enum err append_one(struct committer *c, struct store_txn *t)
{
	return append_all(c, &t, 1);
}

static bool has_bodies(const struct worker *w)
{
	for (size_t i = 0; i < w->count; i++)
		for (const struct txn_step *step = w->batch[i]->first; step; step = step->next)
			if (step->upload && upload_bytes(step->upload))
				return true;
	return false;
}

/* A new segment needs the database, which the other thread may be at: it comes second, as always. */
static enum err make_segment_ready(struct committer *c)
{
	enum err e;

	if (segments_are_ready(c->store->segments))
		return OK;
	pthread_mutex_lock(&c->rows);
	e = segments_ready(c->store->segments, c->db);
	pthread_mutex_unlock(&c->rows);
	return e;
}

/* The small bodies of the group: in the segment and on stable storage before any row names them. */
static enum err store_bodies(struct committer *c, struct worker *w)
{
	enum err e;

	if (!has_bodies(w))
		return OK;
	if ((e = make_segment_ready(c)) != OK)
		return e;
	if (append_all(c, w->batch, w->count) != OK)
		set_aside(w, append_one); /* a full disk may still have room for some: each on its own */
	/* The kernel may have dropped what it could not write: this sync is never repeated as if it had worked. */
	return segments_sync(c->store->segments) == OK ? OK : E_UNKNOWN;
}

/* ---- one transaction among others ---- */

/* These undo the group; every other code is the transaction's own affair. */
static bool is_hard(enum err e)
{
	return e == E_IO || e == E_CORRUPT || e == E_NO_SPACE || e == E_BUSY || e == E_UNKNOWN;
}

/* Several steps, or a call: undone together.  What the group knows of the tree is in the rows before and read anew after. */
static enum err run_guarded(struct committer *c, struct store_txn *t)
{
	struct group *g = &c->group;
	int64_t head = g->head;
	struct digest chain = g->chain;
	enum err e;

	if ((e = group_fold(g)) != OK || (e = db_exec(c->db, "SAVEPOINT txn")) != OK)
		return e;
	if (t->call) {
		if ((e = group_save(g)) != OK)
			return e;
		t->result = (struct store_result){ .error = t->call(c->db, t->call_arg) };
		e = is_hard(t->result.error) ? t->result.error : group_load_ids(g);
	} else {
		e = steps_run(g, t);
	}
	if (e != OK)
		return e;
	if (t->call || t->result.error != OK || t->is_rehearsal)
		group_forget(g); /* a call may change what it knows of collections */
	if (t->result.error == OK && !t->is_rehearsal)
		return db_exec(c->db, "RELEASE txn");
	g->head = head;
	g->chain = chain;
	return db_exec(c->db, "ROLLBACK TO txn; RELEASE txn");
}

static enum err run_one(struct committer *c, struct store_txn *t)
{
	t->base = c->group.head;
	return t->call || t->step_count != 1 || t->is_rehearsal ? run_guarded(c, t) : steps_run(&c->group, t);
}

/* ---- the group ---- */

static void publish(struct committer *c)
{
	struct store *s = c->store;

	counter_add(&s->counts.commits, 1);
	counter_add(&s->counts.changes, (uint64_t)(c->group.head - c->head));
	c->head = c->group.head;
	c->next_id = c->group.next_id;
	c->chain = c->group.chain;
	store_publish(s, c->head);
}

/* Is there anything to commit?  A group that was refused as a whole costs no sync. */
static enum err finish(struct committer *c, struct tx *tx, bool has_calls, int64_t ids_limit)
{
	bool has_locks = false;
	int fault;
	enum err e;

	if (c->group.head == c->head && !has_calls && !ids_limit && !c->group.has_lock_changes)
		return OK;
	if (c->group.has_lock_changes && (e = lock_sweep(c->db, &has_locks)) != OK)
		return e;
	if ((e = group_finish(&c->group)) != OK)
		return e;
	if ((fault = fsio_fault("commit-apply")) != 0)
		return err_from_errno(fault);
	/* E_UNKNOWN from here: the commit record may have reached the disk before the error did. */
	if (fsio_fault("commit-sync") != 0)
		return E_UNKNOWN;
	/*
	 * Who asks the database sees the change before we publish it; who then asks the cache must not see the state before it.
	 * If the commit fails nobody uses the cache until the next one.
	 */
	atomic_store(&c->store->paths_head, -1);
	if ((e = tx_commit(tx)) != OK) {
		c->may_go_on = tx->may_go_on;
		return e;
	}
	janitor_committed(c->store->janitor, c->wal_pages);
	fsio_fault("commit-done");
	publish(c);
	if (c->group.has_lock_changes)
		atomic_store(&c->store->has_locks, has_locks);
	if (ids_limit)
		ids_raised(c->store->ids, ids_limit);
	return OK;
}

/* All of the batch in one commit.  OK: every result is set.  Else nothing of it happened (E_UNKNOWN: perhaps). */
static enum err try_group(struct committer *c, struct store_txn *const *batch, size_t count)
{
	autotx struct tx tx = { NULL };
	int64_t ids_limit = 0;
	bool has_calls = false;
	int fault;
	enum err e;

	if ((fault = fsio_fault("commit-begin")) != 0)
		return err_from_errno(fault);
	janitor_begins(c->store->janitor);
	if ((e = db_begin(c->db, &tx)) != OK)
		return e;
	group_begin(&c->group, c->head, c->next_id, &c->chain);
	if (ids_are_low(c->store->ids) && (e = ids_raise(c->db, &ids_limit)) != OK)
		return e;
	for (size_t i = 0; i < count; i++) {
		if ((e = run_one(c, batch[i])) != OK)
			return e;
		has_calls |= batch[i]->call && batch[i]->result.error == OK;
	}
	return finish(c, &tx, has_calls, ids_limit);
}

static void fail_all(struct store_txn *const *batch, size_t count, enum err e)
{
	for (size_t i = 0; i < count; i++)
		batch[i]->result = (struct store_result){ .error = e };
}

static void note_failure(struct committer *c, enum err e)
{
	if (e == E_UNKNOWN && c->may_go_on)
		log_warning("leave changes=unknown reason=\"memory is short\" store=%s", QUOTED(c->store->folder));
	else if (e == E_UNKNOWN)
		store_stop(c->store, "a sync to the disk failed");
	else if (e == E_CORRUPT)
		store_stop(c->store, "the database is damaged");
}

static void commit_group(struct committer *c, struct store_txn *const *batch, size_t count)
{
	enum err e;

	c->may_go_on = false;
	e = store_is_read_only(c->store) ? E_IO : try_group(c, batch, count);
	if (e == OK)
		return;
	if (e == E_UNKNOWN || count <= 1)
		note_failure(c, e);
	if (count <= 1 || e == E_UNKNOWN || store_is_read_only(c->store)) {
		fail_all(batch, count, e);
		return;
	}
	/* Nothing of the group happened: each on its own, so that one never touches its neighbours. */
	for (size_t i = 0; i < count; i++)
		commit_group(c, batch + i, 1);
}

static void answer(struct store_txn *const *batch, size_t count)
{
	struct store_txn *done = NULL;

	for (size_t i = 0; i < count; i++) {
		struct store_txn *t = batch[i];

		for (struct txn_step *step = t->first; step; step = step->next)
			if (t->result.error == OK && step->adopted)
				upload_adopted(step->upload);
		if (!t->call) { /* a caller that waits owns its own */
			t->next = done;
			done = t;
		}
		t->done(t->done_arg, &t->result);
	}
	while (done) {
		struct store_txn *next = done->next;

		store_txn_free(done);
		done = next;
	}
}

/* Both stages for one group.  False: the end. */
static bool run_group(struct committer *c, struct worker *w)
{
	struct commit_counts *counts = &c->store->counts;
	uint64_t commits;
	int64_t began_ns = 0;
	bool go_on;
	enum err e = OK;

	pthread_mutex_lock(&c->bodies);
	if ((go_on = take(c, w))) {
		began_ns = clock_monotonic_ns();
		set_aside(w, refusal);
		e = store_bodies(c, w);
	}
	pthread_mutex_lock(&c->rows);
	pthread_mutex_unlock(&c->bodies);
	commits = counter_read(&counts->commits);
	if (e != OK) {
		c->may_go_on = false;
		note_failure(c, e);
		fail_all(w->batch, w->count, e);
	} else if (go_on) {
		commit_group(c, w->batch, w->count);
		if (counter_read(&counts->commits) != commits)
			histogram_add(&counts->took, clock_monotonic_ns() - began_ns);
		janitor_restart_wal(c->store->janitor, c->db);
	}
	pthread_mutex_unlock(&c->rows);
	return go_on;
}

static void *run(void *arg)
{
	struct worker *w = arg;

	while (run_group(w->committer, w)) {
		fsio_fault("commit-answer");
		answer(w->answered, w->answered_count);
		answer(w->batch, w->count);
	}
	return NULL;
}

/* ---- calls ---- */

static void wake_caller(void *arg, const struct store_result *result)
{
	(void)result;
	sem_post(arg);
}

enum err commit_call(struct store *s, txn_call_fn *call, void *arg)
{
	struct store_txn t = { .call = call, .call_arg = arg };
	sem_t answered;

	sem_init(&answered, 0, 0);
	store_submit(s, &t, wake_caller, &answered);
	while (sem_wait(&answered) < 0)
		; /* EINTR */
	sem_destroy(&answered);
	return t.result.error;
}

/* ---- life ---- */

static int note_wal(void *arg, sqlite3 *db, const char *name, int pages)
{
	struct committer *c = arg;

	(void)db, (void)name;
	c->wal_pages = pages;
	return SQLITE_OK;
}

static enum err read_state(struct committer *c)
{
	autorows struct db_rows rows = { NULL, NULL };
	enum err e =
	    db_select(c->db, "SELECT head, next_id, store_id, epoch FROM ns WHERE id = ?1", &rows, DB_INT(SCHEMA_NS));
	struct span id, epoch;

	if (e != OK || (e = db_next(&rows)) != OK)
		return e == E_NOT_FOUND ? E_CORRUPT : e;
	c->head = db_col_int(&rows, 0);
	c->next_id = db_col_int(&rows, 1);
	id = db_col_blob(&rows, 2);
	epoch = db_col_blob(&rows, 3);
	if (id.len != STORE_ID_SIZE || epoch.len != STORE_EPOCH_SIZE)
		return E_CORRUPT;
	memcpy(c->store->id, id.ptr, STORE_ID_SIZE);
	memcpy(c->store->epoch, epoch.ptr, STORE_EPOCH_SIZE);
	return journal_last_chain(c->db, &c->chain);
}

/* The first block of ids, before anybody can ask. */
static enum err first_ids(struct committer *c)
{
	autotx struct tx tx = { NULL };
	int64_t limit;
	enum err e;

	if ((e = db_begin(c->db, &tx)) != OK || (e = ids_raise(c->db, &limit)) != OK || (e = tx_commit(&tx)) != OK)
		return e;
	ids_raised(c->store->ids, limit);
	return OK;
}

/* Locks outlive the server, but not those whose time ran out meanwhile; and what a crash left half built goes. */
static enum err sweep(struct committer *c)
{
	autotx struct tx tx = { NULL };
	bool any;
	enum err e;

	if ((e = stage_sweep(c->db)) != OK || (e = db_begin(c->db, &tx)) != OK || (e = lock_sweep(c->db, &any)) != OK ||
	    (e = quota_look(c->store, c->db)) != OK || (e = tx_commit(&tx)) != OK)
		return e;
	atomic_store(&c->store->has_locks, any);
	return OK;
}

static enum err start_workers(struct committer *c)
{
	sigset_t all, before;
	bool started = true;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	for (size_t i = 0; i < WORKERS && started; i++) {
		struct worker *w = &c->workers[i];

		w->committer = c;
		w->started = started = pthread_create(&w->thread, NULL, run, w) == 0;
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return started ? OK : E_BUSY;
}

enum err commit_start(struct store *s, struct db *db, struct committer **out)
{
	struct committer *c = xcalloc(1, sizeof *c);
	enum err e;

	c->store = s;
	c->db = db;
	pthread_mutex_init(&c->lock, NULL);
	pthread_mutex_init(&c->bodies, NULL);
	pthread_mutex_init(&c->rows, NULL);
	pthread_cond_init(&c->wake, NULL);
	group_init(&c->group, s, db);
	sqlite3_wal_hook(db_handle(db), note_wal, c);
	if ((e = read_state(c)) != OK || (e = first_ids(c)) != OK || (e = sweep(c)) != OK)
		goto fail;
	store_publish(s, c->head);
	if ((e = start_workers(c)) != OK)
		goto fail;
	*out = c;
	return OK;
fail:
	commit_stop(c);
	return e;
}

void commit_stop(struct committer *c)
{
	if (!c)
		return;
	pthread_mutex_lock(&c->lock);
	c->stopping = true;
	pthread_cond_broadcast(&c->wake);
	pthread_mutex_unlock(&c->lock);
	for (size_t i = 0; i < WORKERS; i++)
		if (c->workers[i].started)
			pthread_join(c->workers[i].thread, NULL);
	group_clear(&c->group);
	pthread_cond_destroy(&c->wake);
	pthread_mutex_destroy(&c->rows);
	pthread_mutex_destroy(&c->bodies);
	pthread_mutex_destroy(&c->lock);
	db_close(c->db);
	free(c);
}
