/*
 * Checkpoints copy pages from the WAL into the database.  Inside a commit one stalled it for 143-204 ms, so they run
 * here, PASSIVE: without waiting for anybody or making anybody wait.
 *
 * Danger: SQLite before 3.51.3 (Debian 12 has 3.40) has the WAL-reset bug: a second complete checkpoint that races a
 * commit can corrupt the database.  Therefore there is one checkpointer, and it starts only if a commit came after its
 * last complete checkpoint returned; RESTART is done only by the committer itself, between two groups, once
 * PASSIVE ones have copied (almost) everything, so that it is short.
 *
 * A PASSIVE checkpoint that the writer overtakes does not sync the database: all that it copied would be the next one's to sync, and
 * if that is the RESTART, a PUT's to wait for (64 to 90 ms for 40 MiB here).  So we sync ourselves, after each, and go on until what is
 * left is little.
 */
#include "server/store/janitor.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/fsio.h"
#include "common/log.h"

enum {
	CHECKPOINT_PAGES = 4000, /* worth a checkpoint: 16 MiB */
	RESTART_PAGES = 8000,    /* time to begin the WAL anew: 32 MiB */
	RESTART_REST = 500,      /* what the committer itself may have left to copy and sync: 2 MiB */
	RESTART_ANYWAY = 65536,  /* 256 MiB: whatever it costs */
	PASSES_MOST = 8
};

#define RESTART_PAUSE_NS (200 * NS_PER_MS) /* after one that a reader stood in the way of */

struct chore {
	struct chore *next;
	int folder, fd;
	char name[];
};

struct janitor {
	struct db *db;
	pthread_t thread;
	bool started;
	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t wake;
	struct chore *chores;
	bool stopping;
	atomic_int wal_pages;            /* as the last commit left it */
	atomic_int copied_pages;         /* of them in the database, and synced */
	atomic_bool is_due;              /* worth a checkpoint since the last commit */
	pthread_mutex_t checkpoint;      /* held while one runs */
	atomic_int_least64_t completes;  /* complete checkpoints that returned */
	atomic_int_least64_t commit_saw; /* how many had, when the last commit began; -1: none came yet */
	int64_t group_saw;               /* the committer's: the same for the group it is at */
	int64_t restart_due_ns;          /* likewise: not before */
};

/* ---- checkpoints ---- */

/* A connection that has read nothing checkpoints nothing. */
static enum err look(struct db *db)
{
	autorows struct db_rows rows = { NULL, NULL };
	enum err e = db_select_values(db, "SELECT head FROM ns", &rows, NULL, 0);

	return e != OK ? e : db_next(&rows);
}

/* Under the `checkpoint` lock.  `out_copied`: pages of the WAL that the database has now. */
static bool checkpoint(struct janitor *j, struct db *db, int mode, int *out_copied)
{
	int code, in_log = 0;

	if (fsio_fault("checkpoint"))
		return false;
	code = sqlite3_wal_checkpoint_v2(db_handle(db), NULL, mode, &in_log, out_copied);
	if (code != SQLITE_OK && code != SQLITE_BUSY && code != SQLITE_LOCKED)
		log_warning("fail checkpoint code=%d words=%s", code, QUOTED(sqlite3_errmsg(db_handle(db))));
	if (code != SQLITE_OK)
		return false;
	if (*out_copied == in_log)
		atomic_fetch_add(&j->completes, 1);
	return true;
}

static int rest(struct janitor *j)
{
	return atomic_load(&j->wal_pages) - atomic_load(&j->copied_pages);
}

static bool is_worth_it(struct janitor *j)
{
	return rest(j) >= CHECKPOINT_PAGES || (rest(j) > RESTART_REST && atomic_load(&j->wal_pages) >= RESTART_PAGES);
}

/*
 * Through SQLite's own descriptor: closing another one on the same file would let go of all locks that it has (fcntl(2)).  What fails here
 * fails again in the checkpoint that counts.
 */
static void sync_database(struct db *db)
{
	sqlite3_file *file = NULL;

	if (sqlite3_file_control(db_handle(db), "main", SQLITE_FCNTL_FILE_POINTER, &file) == SQLITE_OK && file &&
	    file->pMethods)
		file->pMethods->xSync(file, SQLITE_SYNC_NORMAL);
}

/* False: nothing was done. */
static bool checkpoint_passive(struct janitor *j)
{
	int copied = 0;
	bool done = false;

	pthread_mutex_lock(&j->checkpoint);
	/* The rule above: only if a commit came after the last complete one returned. */
	if (atomic_load(&j->commit_saw) == atomic_load(&j->completes) && look(j->db) == OK)
		done = checkpoint(j, j->db, SQLITE_CHECKPOINT_PASSIVE, &copied);
	if (done) {
		sync_database(j->db);
		atomic_store(&j->copied_pages, copied);
	}
	pthread_mutex_unlock(&j->checkpoint);
	return done;
}

/* What came during one is the next one's, which is shorter. */
static void checkpoint_all(struct janitor *j)
{
	int left = INT_MAX;

	for (int i = 0; i < PASSES_MOST && rest(j) > RESTART_REST / 2 && rest(j) < left; i++) {
		left = rest(j);
		if (!checkpoint_passive(j))
			return;
	}
}

void janitor_begins(struct janitor *j)
{
	j->group_saw = atomic_load(&j->completes);
}

void janitor_committed(struct janitor *j, int wal_pages)
{
	if (wal_pages < atomic_load(&j->copied_pages))
		atomic_store(&j->copied_pages, 0); /* the WAL began anew */
	atomic_store(&j->wal_pages, wal_pages);
	atomic_store(&j->commit_saw, j->group_saw);
	if (is_worth_it(j) && !atomic_exchange(&j->is_due, true)) {
		pthread_mutex_lock(&j->lock);
		pthread_cond_signal(&j->wake);
		pthread_mutex_unlock(&j->lock);
	}
}

void janitor_restart_wal(struct janitor *j, struct db *writer)
{
	int pages = atomic_load(&j->wal_pages), copied = 0;

	if (pages < RESTART_PAGES || (rest(j) > RESTART_REST && pages < RESTART_ANYWAY) ||
	    clock_monotonic_ns() < j->restart_due_ns || pthread_mutex_trylock(&j->checkpoint) != 0)
		return;
	sqlite3_busy_timeout(db_handle(writer), 0); /* a reader is there: then later */
	if (checkpoint(j, writer, SQLITE_CHECKPOINT_RESTART, &copied)) {
		atomic_store(&j->wal_pages, 0);
		atomic_store(&j->copied_pages, 0);
	} else {
		j->restart_due_ns = clock_monotonic_ns() + RESTART_PAUSE_NS;
	}
	sqlite3_busy_timeout(db_handle(writer), 10000);
	pthread_mutex_unlock(&j->checkpoint);
}

/* ---- chores ---- */

void janitor_unlink(struct janitor *j, int folder, const char *name, int fd)
{
	size_t size = strlen(name) + 1;
	struct chore *c = xmalloc(sizeof *c + size);

	c->folder = folder;
	c->fd = fd;
	memcpy(c->name, name, size);
	pthread_mutex_lock(&j->lock);
	c->next = j->chores;
	j->chores = c;
	pthread_cond_signal(&j->wake);
	pthread_mutex_unlock(&j->lock);
}

static void do_chores(struct chore *c)
{
	while (c) {
		struct chore *next = c->next;

		if (!fsio_fault("object-unlink") && unlinkat(c->folder, c->name, 0) < 0 && errno != ENOENT)
			log_warning("fail unlink name=%s errno=%d", QUOTED(c->name), errno);
		if (c->fd >= 0)
			close(c->fd);
		free(c);
		c = next;
	}
}

static void *run(void *arg)
{
	struct janitor *j = arg;
	bool stopping = false;

	while (!stopping) {
		struct chore *chores;

		pthread_mutex_lock(&j->lock);
		while (!j->chores && !j->stopping && !atomic_load(&j->is_due))
			pthread_cond_wait(&j->wake, &j->lock);
		chores = TAKE(j->chores);
		stopping = j->stopping;
		pthread_mutex_unlock(&j->lock);
		do_chores(chores);
		/* If readers kept it from copying much, the next commit makes it due again. */
		if (atomic_exchange(&j->is_due, false) && !stopping)
			checkpoint_all(j);
	}
	return NULL;
}

enum err janitor_start(struct db *db, struct janitor **out)
{
	struct janitor *j = xcalloc(1, sizeof *j);
	sigset_t all, before;

	j->db = db;
	atomic_init(&j->commit_saw, -1);
	pthread_mutex_init(&j->lock, NULL);
	pthread_mutex_init(&j->checkpoint, NULL);
	pthread_cond_init(&j->wake, NULL);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	j->started = pthread_create(&j->thread, NULL, run, j) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!j->started) {
		janitor_free(j);
		return E_BUSY;
	}
	*out = j;
	return OK;
}

void janitor_free(struct janitor *j)
{
	if (!j)
		return;
	if (j->started) {
		pthread_mutex_lock(&j->lock);
		j->stopping = true;
		pthread_cond_signal(&j->wake);
		pthread_mutex_unlock(&j->lock);
		pthread_join(j->thread, NULL);
	}
	do_chores(j->chores);
	pthread_cond_destroy(&j->wake);
	pthread_mutex_destroy(&j->checkpoint);
	pthread_mutex_destroy(&j->lock);
	db_close(j->db);
	free(j);
}
