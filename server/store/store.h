/*
 * store: the only door to names and contents.  Values and plain C; knows no HTTP and no libevent.
 *
 * Reading is a call that answers at once.  Writing is submitted and never awaited: `done` runs later on an
 * unspecified thread, and when it says OK the change is on stable storage and visible to every later reader.
 * Paths are clean (common/path.h).  One namespace, one tree in this version.
 */
#ifndef SERVER_STORE_STORE_H
#define SERVER_STORE_STORE_H

#include "common/cond.h"
#include "common/digest.h"
#include "common/err.h"

struct store;

/* ---- life ---- */

struct store_options {
	bool create;      /* make the store if DATA does not exist (serve only) */
	bool keeps_house; /* by itself, in time: lets history go, collects, scrubs (serve only: it knows the config) */
	size_t memory_budget_bytes; /* of all small bodies that wait for a commit; over it they go to temp files */
	unsigned max_queued;        /* submitted changes that may wait; over it E_BUSY */
	unsigned max_locks, max_locks_of_user; /* that have not expired; over them E_TOO_LARGE */
	unsigned max_depth;                    /* names in a path to which COPY or MOVE bring something */
	unsigned max_props;                    /* dead properties of one resource, */
	int64_t max_props_bytes;               /* and all they take; over them E_TOO_LARGE */
	int64_t reserve_bytes; /* free disk below which PUT is E_NO_SPACE; -1: min(512 MiB, 5 % of the disk) */
	/* How long history is kept (store.md, "History"): all of it, then a state a day, then one a week. */
	unsigned keep_all_s, keep_daily_s, keep_weekly_s;
	unsigned keep_versions;    /* of one file; 0: any number */
	unsigned keep_journal_s;   /* and who changed what, at least as long as history needs it */
	int64_t history_max_bytes; /* of all history; the oldest goes first; -1: half of what is free for it at start */
	int64_t scrub_bytes_per_s; /* read back and proved, all the time; 0: none */
};

extern const struct store_options STORE_DEFAULTS;

/*
 * Opens the store in the folder `data`, taking its one-server lock, sweeping what a crash left and starting the
 * committer and the checkpointer.  Blocks.  E_NOT_FOUND: no store there and not asked to create one; E_BUSY: another
 * process has it; E_CORRUPT, E_IO, E_FORBIDDEN, E_NO_SPACE; `why` says it in words for the operator.
 */
enum err store_open(const char *data, const struct store_options *options, struct store **out,
		    struct note *why) must_check;

/* Is there a store in the folder, or what a restore left ready to become one?  False also if one may not look. */
bool store_is_at(const char *data);

/* Takes what can change while it runs: all of `options` but `create`.  Any thread, one at a time. */
void store_set_options(struct store *s, const struct store_options *options);

/* Waits for what is queued, checkpoints, closes.  NULL is fine.  No call may be under way. */
void store_close(struct store *s);

bool store_is_new(const struct store *s);        /* made by this store_open() */
const char *store_folder(const struct store *s); /* the folder it was opened with, absolute */

/* Has the store stopped accepting changes (a sync failed, the database is damaged)?  Then reads may still work. */
bool store_is_read_only(const struct store *s);

/* The number of the last change every reader can see; grows with each commit.  Any thread, no lock. */
int64_t store_head(const struct store *s);

/*
 * From now on `fn` is told of each commit, on the committer's thread, after readers see it; one watcher at a time, NULL: none.  `fn` must
 * be short and not call here.  When this returns the one before is not running any more.
 */
typedef void store_watch_fn(void *arg);
void store_watch(struct store *s, store_watch_fn *fn, void *arg);

/* ---- reading; any thread; bounded, in memory or one short disk read ---- */

enum store_kind { STORE_FILE, STORE_COLLECTION };

enum { STORE_TYPE_SIZE = 128, STORE_NAME_SIZE = 256, STORE_USER_SIZE = 65 };

struct store_node {
	int64_t id;
	enum store_kind kind;
	struct digest digest;       /* of the content; of a collection: the folder hash (store.md) */
	int64_t size_bytes;         /* of a collection: live bytes below it */
	int64_t members;            /* of a collection: direct members */
	int64_t mtime_ns;           /* as the client set it, else the time of the change */
	int64_t ctime_ns;           /* server time of the last change of this node */
	int64_t created_ns;         /* server time at which the node was made */
	int64_t seq;                /* number of that change */
	bool is_executable;         /* as a client said by a property */
	bool has_props;             /* dead ones: store_props() */
	char type[STORE_TYPE_SIZE]; /* media type remembered from PUT; "": none */
	char name[STORE_NAME_SIZE]; /* as stored; "" for the root */
};

/*
 * A resource-id (RFC 5842): "urn:uuid:" and a UUID (version 8) made of the store's id and the node's, unique for all time.
 * It survives MOVE and restore.  store_resource_node(): the node of one, or -1 if it is none of this store's.
 */
enum { STORE_RESOURCE_ID_SIZE = 9 + 36 + 1 };
const char *store_resource_id(const struct store *s, int64_t node, char out[STORE_RESOURCE_ID_SIZE]);
int64_t store_resource_node(const struct store *s, struct span text);

/* Looks a path up.  E_NOT_FOUND; E_CONFLICT: not there, and neither is its parent collection (or that is a file). */
enum err store_lookup(struct store *s, struct span path, struct store_node *out) must_check;

/* Calls back for each member, in byte order of its key (NFC name); false from the callback stops. */
typedef bool store_member_fn(void *arg, const struct store_node *member);

/*
 * Lists up to `limit` members of the collection `id` whose keys come after `after` ("": from the start).  One page is
 * one read transaction; nothing is held between pages.  `after` of the next page is path_key() of the last name.
 */
enum err store_list(struct store *s, int64_t id, const char *after, unsigned limit, store_member_fn *fn,
		    void *arg) must_check;

/* The first member of `id` after `after` that is a collection.  E_NOT_FOUND: none. */
enum err store_next_collection(struct store *s, int64_t id, const char *after, struct store_node *out) must_check;

/* How many nodes lie below `id`, but no more than `limit` are counted. */
enum err store_count_below(struct store *s, int64_t id, int64_t limit, int64_t *out) must_check;

/*
 * Lists every member of the collection at `path` in byte order of the names, in one read transaction, to which `out_self`
 * (the collection, set before the first callback) belongs as well.  Takes as long as the collection is large: on a worker.
 * E_NOT_FOUND: no collection there.
 */
enum err store_list_all(struct store *s, struct span path, struct store_node *out_self, store_member_fn *fn,
			void *arg) must_check;

/* An open content: stays readable whatever is deleted, compacted or overwritten meanwhile. */
struct store_content {
	int fd;
	int64_t offset, size_bytes; /* where in `fd` its bytes are: read with pread() */
	void *handle;
};

/*
 * Opens the content of a file node, and proves it first by its digest, once a day (store_proof.h has the way for who sends it).
 * E_CORRUPT: its bytes are missing, marked bad, or not what they should be, and marked from now on; E_BUSY: the node changed since it
 * was looked up, and what it had is gone.  May block on a cold disk; what is not proved yet is read to its end: on a worker.
 */
enum err store_content_open(struct store *s, const struct store_node *node, struct store_content *out) must_check;
void store_content_close(struct store_content *c);

/*
 * Was it proved today, or is it too large to be proved before it is opened early (store_proof.h)?  Then that is short.  Any
 * thread, no lock.
 */
bool store_content_is_proved(struct store *s, const struct store_node *node);

/* What uploads may still take of the disk, in bytes: never negative. */
int64_t store_space_left(struct store *s);

/* Renewed when the store was restored from a backup: 16 hex digits. */
enum { STORE_EPOCH_SIZE = 8, STORE_EPOCH_TEXT_SIZE = 2 * STORE_EPOCH_SIZE + 1 };
const char *store_epoch(const struct store *s, char out[STORE_EPOCH_TEXT_SIZE]);

/* May a body of `size_bytes` (-1: unknown) be taken now?  E_NO_SPACE: it would eat into the disk reserve. */
enum err store_check_space(struct store *s, int64_t size_bytes) must_check;

/* ---- bodies on their way in ---- */

/*
 * An upload collects and hashes one body.  Up to 1 MiB it lives in memory (as long as the budget lasts), beyond that in a
 * temp file that becomes the object.  One thread at a time; upload_free() at any point leaves nothing behind.
 */
struct upload;

struct upload *upload_new(struct store *s, int64_t expected_bytes); /* -1: unknown */
void upload_free(struct upload *u);

/* Would adding `len` more bytes, or finishing (`len` 0), touch the disk and so have to run on a worker? */
bool upload_would_block(const struct upload *u, size_t len);

/* Adds bytes.  E_NO_SPACE, E_IO: the upload is dead; free it. */
enum err upload_add(struct upload *u, const void *bytes, size_t len) must_check;

/*
 * Instead of adding bytes: takes the file `name` ("import-" and 16 hex digits), which the store's owner put below the store's tmp/, and
 * hashes it.  Blocks.  E_BAD_REQUEST: no such name; E_NOT_FOUND; E_IO.
 */
enum err upload_take_file(struct upload *u, const char *name) must_check;

/* All bytes are there: syncs a large body and gives it its place; `out` is its digest.  E_NO_SPACE, E_IO. */
enum err upload_finish(struct upload *u, struct digest *out) must_check;

int64_t upload_size(const struct upload *u); /* bytes added so far */

#endif
