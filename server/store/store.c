/*
 * Opening and closing: folders, the one-server lock, the database, what a crash left, the threads.
 */
#include "server/store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/fsio.h"
#include "common/log.h"
#include "common/path.h"
#include "server/store/cache.h"
#include "server/store/commit.h"
#include "server/store/ids.h"
#include "server/store/janitor.h"
#include "server/store/object.h"
#include "server/store/proved.h"
#include "server/store/prover.h"
#include "server/store/readers.h"
#include "server/store/restore.h"
#include "server/store/retain.h"
#include "server/store/schema.h"
#include "server/store/segment.h"
#include "server/store/space.h"
#include "server/store/state.h"
#include "server/store/sweeper.h"

enum { PATHS_CACHED = 2048, PLACES_CACHED = 2048, WRITER_CACHE_BYTES = 8 << 20 };

const struct store_options STORE_DEFAULTS = {
	.create = false,
	.memory_budget_bytes = (size_t)32 << 20,
	.max_queued = 4096,
	.max_locks = 10000,
	.max_locks_of_user = 1000,
	.max_depth = PATH_SEGMENTS_LIMIT,
	.max_props = 1000,
	.max_props_bytes = 256 << 10,
	.reserve_bytes = -1,
	.keep_all_s = 24 * 3600,
	.keep_daily_s = 30 * 86400,
	.keep_weekly_s = 365 * 86400,
	.keep_journal_s = 365 * 86400,
	.history_max_bytes = -1,
	.scrub_bytes_per_s = 8 << 20,
};

void store_watch(struct store *s, store_watch_fn *fn, void *arg)
{
	pthread_mutex_lock(&s->watch.lock);
	s->watch.fn = fn;
	s->watch.arg = arg;
	pthread_mutex_unlock(&s->watch.lock);
}

void store_publish(struct store *s, int64_t head)
{
	atomic_store(&s->head, head);
	atomic_store(&s->paths_head, head);
	pthread_mutex_lock(&s->watch.lock);
	if (s->watch.fn)
		s->watch.fn(s->watch.arg);
	pthread_mutex_unlock(&s->watch.lock);
}

void store_set_options(struct store *s, const struct store_options *options)
{
	atomic_store(&s->options.memory_budget_bytes, options->memory_budget_bytes);
	atomic_store(&s->options.max_queued, options->max_queued);
	atomic_store(&s->options.max_locks, options->max_locks);
	atomic_store(&s->options.max_locks_of_user, options->max_locks_of_user);
	atomic_store(&s->options.max_depth, options->max_depth);
	atomic_store(&s->options.max_props, options->max_props);
	atomic_store(&s->options.max_props_bytes, options->max_props_bytes);
	atomic_store(&s->options.reserve_bytes, options->reserve_bytes);
	atomic_store(&s->options.keep_all_s, options->keep_all_s);
	atomic_store(&s->options.keep_daily_s, options->keep_daily_s);
	atomic_store(&s->options.keep_weekly_s, options->keep_weekly_s);
	atomic_store(&s->options.keep_versions, options->keep_versions);
	atomic_store(&s->options.keep_journal_s, options->keep_journal_s);
	atomic_store(&s->options.history_max_bytes, options->history_max_bytes);
	atomic_store(&s->options.scrub_bytes_per_s, options->scrub_bytes_per_s);
}

bool store_is_new(const struct store *s)
{
	return s->is_new;
}

const char *store_folder(const struct store *s)
{
	return s->folder;
}

bool store_is_read_only(const struct store *s)
{
	return atomic_load(&s->is_read_only);
}

int64_t store_head(const struct store *s)
{
	return atomic_load(&s->head);
}

void store_stop(struct store *s, const char *why)
{
	if (!atomic_exchange(&s->is_read_only, true))
		log_error("stop accepting changes why=%s store=%s", QUOTED(why), QUOTED(s->folder));
	ids_stop(s->ids);
}

/* ---- folders ---- */

static enum err open_data(struct store *s, const char *data, struct note *why)
{
	struct stat st;
	enum err e;

	if (s->creates && (e = fsio_make_path(data)) != OK)
		return note_set(why, e, "%s cannot be made: %s", data, err_words(e));
	s->folder = realpath(data, NULL);
	s->data_fd = s->folder ? open(s->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	if (s->data_fd < 0 || fstat(s->data_fd, &st) < 0) {
		e = err_from_errno(errno);
		return note_set(why, e, "%s cannot be opened: %s", data, err_words(e));
	}
	/* Root may work on it as its owner, by this thread's file system identity: geteuid() would tell of root alone. */
	if (st.st_uid != (uid_t)setfsuid((uid_t)-1))
		return note_set(why, E_FORBIDDEN, "%s belongs to another user (uid %u)", s->folder, st.st_uid);
	return OK;
}

static bool is_there(const struct store *s, const char *name)
{
	struct stat st;

	return fstatat(s->data_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static bool is_empty_file(const struct store *s, const char *name)
{
	struct stat st;

	return fstatat(s->data_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_size == 0;
}

static bool has_database(const struct store *s)
{
	return is_there(s, "db") && !is_empty_file(s, "db");
}

bool store_is_at(const char *data)
{
	autoclose int fd = open(data, O_PATH | O_DIRECTORY | O_CLOEXEC);
	const struct store there = { .data_fd = fd };

	return fd >= 0 && (has_database(&there) || restore_is_ready(fd));
}

static enum err take_lock(struct store *s, struct note *why)
{
	if (!s->creates && !has_database(s) && !restore_is_ready(s->data_fd))
		return note_set(why, E_NOT_FOUND, "there is no store in %s", s->folder);
	s->lock_fd = openat(s->data_fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (s->lock_fd < 0)
		return note_set(why, err_from_errno(errno), "%s/lock cannot be opened: %s", s->folder, strerror(errno));
	if (flock(s->lock_fd, LOCK_EX | LOCK_NB) < 0)
		return note_set(why, errno == EWOULDBLOCK ? E_BUSY : err_from_errno(errno),
				"%s is in use by another process", s->folder);
	return OK;
}

/* DATA is the owner's alone, and every name that a row will stand on is on stable storage before its first use. */
static enum err make_folders(struct store *s)
{
	static const char *const names[] = { "tmp", "seg", "obj", "sig" };
	autoclose int obj = -1;
	enum err e;

	if (fchmod(s->data_fd, 0700) < 0)
		return err_from_errno(errno);
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if ((e = fsio_make_folder(s->data_fd, names[i])) != OK)
			return e;
	if ((e = fsio_open_folder(s->data_fd, "obj", &obj)) != OK || (e = object_make_folders(obj)) != OK)
		return e;
	return fsio_sync_folder("folder-sync", s->data_fd);
}

/* Made owner only before SQLite opens it; the WAL and its index take their mode from it. */
static enum err make_database_file(struct store *s)
{
	autoclose int fd = openat(s->data_fd, "db", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return err_from_errno(errno);
	return fsio_sync_folder("folder-sync", s->data_fd);
}

static enum err make_store(struct store *s, struct note *why)
{
	enum err e;

	if ((e = restore_finish(s->data_fd)) != OK)
		return note_set(why, e, "the restore in %s/" RESTORE_FOLDER " cannot be finished: %s", s->folder,
				err_words(e));
	if (has_database(s))
		return OK;
	/* Contents without the database that names them: somebody lost it, and a new one would hide that. */
	if (is_there(s, "seg/000001") && !is_empty_file(s, "seg/000001"))
		return note_set(why, E_CORRUPT, "%s has contents but no database: restore `db` from a backup",
				s->folder);
	if ((e = make_folders(s)) != OK || (e = make_database_file(s)) != OK)
		return note_set(why, e, "the store in %s cannot be made: %s", s->folder, err_words(e));
	return OK;
}

static enum err open_folders(struct store *s, struct note *why)
{
	const struct {
		const char *name;
		int *fd;
	} folders[] = { { "tmp", &s->tmp_fd }, { "seg", &s->seg_fd }, { "obj", &s->obj_fd } };

	for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
		enum err e = fsio_open_folder(s->data_fd, folders[i].name, folders[i].fd);

		if (e != OK)
			return note_set(why, e == E_NOT_FOUND ? E_CORRUPT : e, "%s/%s cannot be opened: %s", s->folder,
					folders[i].name, err_words(e));
	}
	return OK;
}

static enum err sweep_entry(void *arg, const char *name)
{
	const struct store *s = arg;

	return unlinkat(s->tmp_fd, name, 0) == 0 || errno == EISDIR ? OK : err_from_errno(errno);
}

/* ---- life ---- */

static char *database_path(const struct store *s)
{
	return xasprintf("%s/db", s->folder);
}

static enum err open_database(struct store *s, struct db **out, struct note *why)
{
	autofree char *path = database_path(s);
	enum err e;

	s->was_killed = is_there(s, "db-wal"); /* the last connection to close removes it */
	if ((e = db_open(path, DB_WRITE, out)) != OK)
		return note_set(why, e, "%s cannot be opened: %s", path, err_words(e));
	if ((e = db_set_cache(*out, WRITER_CACHE_BYTES)) != OK || (e = schema_prepare(*out, &s->is_new, why)) != OK) {
		db_close(TAKE(*out));
		return why && why->text[0] ? e : note_set(why, e, "%s: %s", path, err_words(e));
	}
	return OK;
}

static enum err start(struct store *s, struct note *why)
{
	autofree char *path = database_path(s);
	struct db *writer = NULL, *checkpointer = NULL;
	enum err e;

	if ((e = open_database(s, &writer, why)) != OK)
		return e;
	s->readers = readers_new(path);
	s->segments = segments_new(s->seg_fd);
	s->ids = ids_new();
	s->paths = cache_new(PATHS_CACHED, sizeof(struct store_node));
	s->places = cache_new(PLACES_CACHED, sizeof(struct place));
	s->proved = proved_new();
	atomic_store(&s->access_version, 1);
	space_init(s);
	if ((e = db_open(path, DB_WRITE, &checkpointer)) != OK) {
		db_close(writer);
		return e;
	}
	if ((e = janitor_start(checkpointer, &s->janitor)) != OK) {
		db_close(writer);
		return e;
	}
	if ((e = commit_start(s, writer, &s->committer)) != OK)
		return e;
	if ((e = keeper_start(s, &s->keeper)) != OK || (e = prover_start(s, &s->prover)) != OK)
		return e;
	return s->keeps_house ? sweeper_start(s, &s->sweeper) : OK;
}

/* What a crash left: uploads in flight, and large contents whose row never came. */
static enum err sweep(struct store *s)
{
	autoreader struct reader reader = { NULL, NULL };
	enum err e;

	if ((e = fsio_list(s->tmp_fd, sweep_entry, s)) != OK || !s->was_killed)
		return e;
	log_info("recover store=%s", QUOTED(s->folder));
	if ((e = reader_take(s->readers, &reader)) != OK)
		return e;
	return object_sweep(s->obj_fd, reader.db, ids_first(s->ids));
}

enum err store_open(const char *data, const struct store_options *options, struct store **out, struct note *why)
{
	struct store *s = xcalloc(1, sizeof *s);
	enum err e;

	pthread_mutex_init(&s->watch.lock, NULL);
	s->creates = options->create;
	s->keeps_house = options->keeps_house;
	pthread_mutex_init(&s->giving_up, NULL);
	store_set_options(s, options);
	s->data_fd = s->lock_fd = s->tmp_fd = s->seg_fd = s->obj_fd = -1;
	if (why)
		why->text[0] = '\0';
	if ((e = open_data(s, data, why)) != OK || (e = take_lock(s, why)) != OK || (e = make_store(s, why)) != OK ||
	    (e = open_folders(s, why)) != OK || (e = start(s, why)) != OK || (e = sweep(s)) != OK)
		goto fail;
	*out = s;
	return OK;
fail:
	if (why && !why->text[0])
		note_set(why, e, "%s: %s", data, err_words(e));
	store_close(s);
	return e;
}

void store_close(struct store *s)
{
	if (!s)
		return;
	atomic_store(&s->is_closing, true);
	sweeper_free(s->sweeper);
	keeper_free(s->keeper);
	prover_free(s->prover);
	commit_stop(s->committer); /* answers first: a completion may still read */
	readers_free(s->readers);
	janitor_free(s->janitor); /* the last connection to close: it checkpoints and removes the WAL */
	segments_free(s->segments);
	ids_free(s->ids);
	cache_free(s->paths);
	cache_free(s->places);
	proved_free(s->proved);
	for (size_t i = 0; i < 5; i++) {
		int fd = (const int[]){ s->tmp_fd, s->seg_fd, s->obj_fd, s->lock_fd, s->data_fd }[i];

		if (fd >= 0)
			close(fd);
	}
	pthread_mutex_destroy(&s->giving_up);
	pthread_mutex_destroy(&s->watch.lock);
	free(s->folder);
	free(s);
}
