/*
 * A body on its way in.  Small ones grow in memory, charged to one budget of all connections; over the budget, or over 1
 * MiB, they go to a file in tmp/, which upload_finish() syncs and renames to its place in obj/.  A content without a
 * row is an orphan: upload_free() unlinks it, after a crash the sweep at the next start does.
 */
#include "server/store/upload.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/fsio.h"
#include "common/log.h"
#include "common/memory.h"
#include "common/rand.h"
#include "server/store/bigfile.h"
#include "server/store/commit.h"
#include "server/store/ids.h"
#include "server/store/janitor.h"
#include "server/store/state.h"

enum {
	FIRST_BYTES = 4096,
	TAKE_BYTES = 256 << 10,
	/* Loops that all saw room at the same instant may pass the budget by this much; nobody touches the disk for it. */
	BUDGET_SLACK = 4 << 20
};

struct upload {
	struct store *store;
	struct hasher *hasher;
	int64_t expected, size;
	char *bytes; /* in memory */
	size_t capacity;
	int fd; /* in a file; -1: in memory */
	struct bigfile file;
	int folder;                  /* where the file is now: tmp/ or obj/ */
	char name[OBJECT_NAME_SIZE]; /* "": no file */
	int64_t number;
	struct digest digest;
	bool finished;
};

struct upload *upload_new(struct store *s, int64_t expected_bytes)
{
	struct upload *u = xcalloc(1, sizeof *u);

	u->store = s;
	u->expected = expected_bytes;
	u->hasher = hasher_new();
	u->fd = -1;
	return u;
}

static void release_memory(struct upload *u)
{
	free(TAKE(u->bytes));
	atomic_fetch_sub(&u->store->memory_used, u->capacity);
	u->capacity = 0;
}

void upload_free(struct upload *u)
{
	if (!u)
		return;
	release_memory(u);
	bigfile_clear(&u->file);
	hasher_free(u->hasher);
	/* Freeing the blocks of a large file takes its time: not here, this may be a loop. */
	if (u->name[0])
		janitor_unlink(u->store->janitor, u->folder, u->name, u->fd);
	else if (u->fd >= 0)
		close(u->fd);
	free(u);
}

/* The memory that holding `size` bytes takes: doubled, but no more than what was announced. */
static size_t capacity_for(const struct upload *u, size_t size)
{
	size_t capacity = MAX(u->capacity, (size_t)FIRST_BYTES);

	while (capacity < size)
		capacity *= 2;
	if (u->expected >= (int64_t)size && (size_t)u->expected < capacity)
		capacity = (size_t)u->expected;
	return MIN(capacity, (size_t)UPLOAD_SMALL_BYTES);
}

static bool fits_memory(const struct upload *u, size_t len, size_t slack)
{
	size_t size = (size_t)u->size + len, need;

	if (u->expected > UPLOAD_SMALL_BYTES || len > UPLOAD_SMALL_BYTES || size > UPLOAD_SMALL_BYTES)
		return false;
	if (size <= u->capacity)
		return true;
	need = capacity_for(u, size) - u->capacity;
	return atomic_load(&u->store->memory_used) + need <=
	       atomic_load(&u->store->options.memory_budget_bytes) + slack;
}

bool upload_would_block(const struct upload *u, size_t len)
{
	return u->fd >= 0 || !fits_memory(u, len, 0);
}

/* ---- a file of its own ---- */

static enum err open_file(struct upload *u)
{
	char unique[33];
	int fault = fsio_fault("object-create");

	if (fault)
		return err_from_errno(fault);
	rand_hex(unique, 16);
	snprintf(u->name, sizeof u->name, "up-%s", unique);
	u->folder = u->store->tmp_fd;
	u->fd = openat(u->folder, u->name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (u->fd >= 0) {
		bigfile_init(&u->file, u->fd, u->expected, &u->store->memory_used,
			     atomic_load(&u->store->options.memory_budget_bytes) / 2); /* the rest is for small ones */
		return OK;
	}
	u->name[0] = '\0';
	return log_warning("fail create folder=tmp errno=%d", errno), err_from_errno(errno);
}

/* From memory to a file. */
static enum err spill(struct upload *u)
{
	enum err e = open_file(u);

	if (e == OK && u->size)
		e = bigfile_add(&u->file, u->bytes, (size_t)u->size);
	if (e == OK)
		release_memory(u);
	return e;
}

/* E_BUSY: memory is short. */
static enum err grow(struct upload *u, size_t size)
{
	size_t capacity;
	void *bytes;

	if (size <= u->capacity)
		return OK;
	capacity = capacity_for(u, size);
	if (!(bytes = memory_grow(u->bytes, capacity)))
		return E_BUSY;
	u->bytes = bytes;
	atomic_fetch_add(&u->store->memory_used, capacity - u->capacity);
	u->capacity = capacity;
	return OK;
}

enum err upload_add(struct upload *u, const void *bytes, size_t len)
{
	enum err e;

	assert(!u->finished);
	if (u->fd < 0 && !fits_memory(u, len, BUDGET_SLACK) && (e = spill(u)) != OK)
		return e;
	if (u->fd >= 0) {
		if ((e = bigfile_add(&u->file, bytes, len)) != OK)
			return e;
	} else if (len) {
		if ((e = grow(u, (size_t)u->size + len)) != OK)
			return e;
		memcpy(u->bytes + u->size, bytes, len);
	}
	hasher_add(u->hasher, bytes, len);
	u->size += (int64_t)len;
	return OK;
}

/* "import-" and 16 hex digits: a name in tmp/, never a path. */
static bool is_staged_name(const char *name)
{
	static const char prefix[] = "import-";

	return strncmp(name, prefix, sizeof prefix - 1) == 0 && strlen(name) == sizeof prefix - 1 + 16 &&
	       strspn(name + sizeof prefix - 1, "0123456789abcdef") == 16;
}

enum err upload_take_file(struct upload *u, const char *name)
{
	autofree char *run = xmalloc(TAKE_BYTES);
	ssize_t n;

	assert(!u->finished && !u->size && u->fd < 0);
	if (!is_staged_name(name))
		return E_BAD_REQUEST;
	u->fd = openat(u->store->tmp_fd, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (u->fd < 0)
		return err_from_errno(errno);
	bigfile_init(&u->file, u->fd, -1, &u->store->memory_used, 0); /* nothing is written: only synced */
	u->folder = u->store->tmp_fd;
	snprintf(u->name, sizeof u->name, "%s", name);
	while ((n = read(u->fd, run, TAKE_BYTES)) > 0) {
		hasher_add(u->hasher, run, (size_t)n);
		u->size += n;
	}
	return n < 0 ? err_from_errno(errno) : OK;
}

static void raise_ids(void *arg)
{
	commit_wake(arg);
}

/* From tmp/ to its place: the name is never used again, so nothing can be in the way. */
static enum err link_object(struct upload *u)
{
	struct store *s = u->store;
	char name[OBJECT_NAME_SIZE], folder_name[3];
	autoclose int folder = -1;
	int fault = fsio_fault("object-link");
	enum err e;

	if (fault)
		return err_from_errno(fault);
	if ((e = ids_take(s->ids, raise_ids, s->committer, &u->number)) != OK)
		return e;
	object_name(&u->digest, u->number, name);
	snprintf(folder_name, sizeof folder_name, "%.2s", name);
	if ((e = fsio_open_folder(s->obj_fd, folder_name, &folder)) != OK)
		return e;
	if (renameat(s->tmp_fd, u->name, s->obj_fd, name) < 0)
		return err_from_errno(errno);
	memcpy(u->name, name, sizeof name);
	u->folder = s->obj_fd;
	return fsio_sync_folder("object-folder-sync", folder);
}

enum err upload_finish(struct upload *u, struct digest *out)
{
	enum err e;

	u->digest = *out = hasher_finish(u->hasher);
	if (u->fd >= 0 && ((e = bigfile_finish(&u->file)) != OK || (e = link_object(u)) != OK)) {
		log_error("fail upload error=%s", QUOTED(err_words(e)));
		return e;
	}
	if (u->fd >= 0) {
		bigfile_clear(&u->file);
		close(TAKE_FD(u->fd));
	}
	u->finished = true;
	return OK;
}

enum err upload_move(struct upload *u, int folder, const char *name)
{
	assert(u->finished);
	if (!u->name[0])
		return fsio_write_file(folder, name, 0600, (struct span){ upload_bytes(u), (size_t)u->size });
	if (renameat(u->folder, u->name, folder, name) < 0)
		return err_from_errno(errno);
	u->name[0] = '\0';
	return fsio_sync_folder("parts-folder-sync", folder);
}

int64_t upload_size(const struct upload *u)
{
	return u->size;
}

const void *upload_bytes(const struct upload *u)
{
	if (u->name[0])
		return NULL;
	return u->bytes ? u->bytes : "";
}

struct place upload_place(const struct upload *u)
{
	return (struct place){ .segment = 0, .number = u->number, .size_bytes = u->size };
}

struct digest upload_digest(const struct upload *u)
{
	assert(u->finished);
	return u->digest;
}

void upload_adopted(struct upload *u)
{
	u->name[0] = '\0';
}
