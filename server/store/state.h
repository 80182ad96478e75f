/*
 * state: what struct store holds, for the files of this folder alone.
 *
 * Threads: any (reading, uploads, submitting), the committer (the only one that writes to the database and to the open
 * segment), the janitor (checkpoints, unlinking).  Locks are leaves: none is taken while another is held, but for the
 * checkpoint lock, under which SQLite's own are taken, and the watch's, under which the watcher (store_watch()) takes its own.
 */
#ifndef SERVER_STORE_STATE_H
#define SERVER_STORE_STATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "common/counter.h"
#include "common/db.h"
#include "server/store/store.h"

enum { OBJECT_FOLDERS = 256, STORE_ID_SIZE = 16 };

/* Free space, asked of the system at most every SPACE_PAUSE_NS. */
struct space {
	atomic_int_least64_t asked_ns, free_bytes, reserve_bytes;
};

/* What the committer has to do and has done; written under its locks. */
struct commit_counts {
	atomic_uint queued;              /* changes that wait */
	struct counter commits, changes; /* that have succeeded */
	struct histogram took;           /* a group, from when it was taken to the end of its commit */
};

/* What the sweeper has read back and proved, which alone writes it. */
struct scrub_counts {
	struct counter bytes, damages; /* read, and found, since the start */
	atomic_int_least64_t round_ended_s,
	    round_bytes; /* when it last came round, and what it had read then; 0: not yet */
};

struct store {
	char *folder; /* absolute */
	int data_fd, lock_fd, tmp_fd, seg_fd, obj_fd;
	bool is_new, was_killed;
	bool creates, keeps_house;
	struct {
		atomic_size_t memory_budget_bytes;
		atomic_uint max_queued, max_locks, max_locks_of_user, max_depth, max_props;
		atomic_int_least64_t max_props_bytes;
		atomic_int_least64_t reserve_bytes;
		atomic_uint keep_all_s, keep_daily_s, keep_weekly_s, keep_versions, keep_journal_s;
		atomic_int_least64_t history_max_bytes, scrub_bytes_per_s;
	} options;                             /* store.h */
	unsigned char id[STORE_ID_SIZE];       /* made once; survives restore */
	unsigned char epoch[STORE_EPOCH_SIZE]; /* renewed by restore */

	atomic_int_least64_t head;
	atomic_int_least64_t
	    paths_head; /* head; -1 from when a commit can be seen in the database until it is published */
	atomic_uint_least64_t access_version;
	atomic_int_least64_t places_changed; /* how often without a number (content.h) */
	pthread_mutex_t giving_up; /* held while something is (gc.h); the one lock under which others are taken */
	atomic_int_least64_t held_until_ns; /* monotonic: nothing is before (store_hold()) */
	atomic_bool is_closing;             /* what takes long and nobody waits for ends */
	atomic_bool is_read_only;
	atomic_bool has_quotas;    /* the same */
	atomic_bool has_locks;     /* any: else nobody looks for them */
	atomic_size_t memory_used; /* by bodies that wait in memory */

	struct {
		pthread_mutex_t lock;
		store_watch_fn *fn;
		void *arg;
	} watch;
	struct commit_counts counts;
	struct scrub_counts scrubbed;
	struct space space;
	struct readers *readers;
	struct cache *paths;  /* path to struct store_node, at a head */
	struct cache *places; /* digest to struct place */
	struct proved *proved;
	struct prover *prover;
	struct segments *segments;
	struct ids *ids;
	struct janitor *janitor;
	struct keeper *keeper;
	struct sweeper *sweeper;
	struct committer *committer;
};

/* From now on every reader sees the changes up to `head`; who watches is told.  On the committer's thread, or before it is there. */
void store_publish(struct store *s, int64_t head);

/* A sync failed or the database is damaged: no change is accepted from here on.  Logs `why` once. */
void store_stop(struct store *s, const char *why);

#endif
