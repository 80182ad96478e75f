/*
 * Where the next body goes: at the end that the file had when it was opened, and on from there.  Ahead of it the file is
 * extended by zeros, half a megabyte at a time: a sync of bytes that overwrite costs half of one that makes the file
 * longer (95 against 165-220 us here), which is what a lone small PUT waits for.  A crash leaves the rest of the zeros
 * behind, since the next run starts at the end of the file; closing cuts them off.  So a place is never written twice
 * once a row may have named it.
 */
#include "server/store/segment.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "common/fsio.h"
#include "common/log.h"

enum { OPEN_MAX_KEPT = 64, TAIL_BYTES = 512 << 10 };

#define SEGMENT_BYTES (INT64_C(256) << 20)

struct segments {
	int folder;
	/* the committer's */
	int fd; /* -1: none open */
	int64_t number;
	int64_t position;   /* where the next body goes */
	int64_t size_bytes; /* of the file; beyond `position` it is zeros */
	/* everybody's */
	atomic_int_least64_t spare; /* those zeros */
	atomic_bool is_sealed;      /* the newest takes no more */
	pthread_mutex_t lock;
	struct handle *handles; /* that are open */
	struct kept {
		int64_t number; /* 0: free */
		uint64_t used;  /* when it was last asked for */
		struct handle *handle;
	} kept[OPEN_MAX_KEPT];
	uint64_t clock;
};

struct segments *segments_new(int folder)
{
	struct segments *s = xcalloc(1, sizeof *s);

	s->folder = folder;
	s->fd = -1;
	pthread_mutex_init(&s->lock, NULL);
	return s;
}

/* The open segment is full, or the store closes: what was prepared goes. */
static void close_open(struct segments *s)
{
	if (s->fd < 0)
		return;
	if (s->size_bytes > s->position && ftruncate(s->fd, s->position) < 0)
		log_warning("fail truncate segment=%" PRId64 " errno=%d", s->number, errno);
	close(TAKE_FD(s->fd));
}

void segments_free(struct segments *s)
{
	if (!s)
		return;
	close_open(s);
	for (size_t i = 0; i < OPEN_MAX_KEPT; i++)
		handle_unref(s->kept[i].handle);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

void segments_name(int64_t number, char out[SEGMENT_NAME_SIZE])
{
	snprintf(out, SEGMENT_NAME_SIZE, "%06" PRId64, number);
}

/* ---- appending ---- */

static enum err read_next_number(struct db *db, int64_t *out)
{
	autorows struct db_rows rows = { NULL, NULL };
	enum err e = db_select_values(db, "SELECT next_segment FROM meta", &rows, NULL, 0);

	if (e != OK || (e = db_next(&rows)) != OK)
		return e;
	*out = db_col_int(&rows, 0);
	return OK;
}

/* The segment that the last run appended to, if it is there and has room.  E_NOT_FOUND: a new one is due. */
static enum err reopen_newest(struct segments *s, int64_t number)
{
	char name[SEGMENT_NAME_SIZE];
	struct stat st;
	int fd;

	segments_name(number, name);
	fd = openat(s->folder, name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return err_from_errno(errno);
	if (fstat(fd, &st) < 0 || st.st_size >= SEGMENT_BYTES) {
		close(fd);
		return E_NOT_FOUND;
	}
	s->fd = fd;
	s->number = number;
	s->size_bytes = s->position = st.st_size;
	return OK;
}

static enum err create_file(struct segments *s, int64_t number)
{
	char name[SEGMENT_NAME_SIZE];
	int fault = fsio_fault("segment-create"), fd;
	enum err e;

	if (fault)
		return err_from_errno(fault);
	segments_name(number, name);
	fd = openat(s->folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_from_errno(errno);
	if ((e = fsio_sync_folder("segment-folder-sync", s->folder)) != OK) {
		close(fd);
		return e == E_IO ? E_UNKNOWN : e; /* a failed sync is final */
	}
	s->fd = fd;
	s->number = number;
	s->size_bytes = s->position = 0;
	return OK;
}

bool segments_are_ready(const struct segments *s)
{
	return s->fd >= 0 && s->position < SEGMENT_BYTES && !atomic_load(&s->is_sealed);
}

void segments_seal(struct segments *s)
{
	atomic_store(&s->is_sealed, true);
}

enum err segments_ready(struct segments *s, struct db *db)
{
	autotx struct tx tx = { NULL };
	bool is_sealed;
	int64_t next;
	enum err e;

	if (segments_are_ready(s))
		return OK;
	is_sealed = atomic_exchange(&s->is_sealed, false);
	if ((e = read_next_number(db, &next)) != OK)
		return e;
	if (!is_sealed && s->fd < 0 && next > 1 && (e = reopen_newest(s, next - 1)) != E_NOT_FOUND)
		return e;
	close_open(s);
	if ((e = db_begin(db, &tx)) != OK ||
	    (e = db_run(db, "UPDATE meta SET next_segment = ?1", DB_INT(next + 1))) != OK || (e = tx_commit(&tx)) != OK)
		return e;
	return create_file(s, next);
}

/* Makes room behind what was just written, unless the disk is too full to: then the next append makes its own. */
static void extend(struct segments *s)
{
	static const char zeros[TAIL_BYTES];
	ssize_t n = pwrite(s->fd, zeros, sizeof zeros, s->position);

	s->size_bytes = s->position + MAX(n, 0);
}

enum err segments_append(struct segments *s, struct iovec *pieces, size_t count, int64_t *out_number,
			 int64_t *out_offset)
{
	int64_t start = s->position, end;
	enum err e;

	if (lseek(s->fd, start, SEEK_SET) < 0)
		return err_from_errno(errno);
	if ((e = fsio_write_pieces("segment-append", s->fd, pieces, count)) != OK) {
		if (lseek(s->fd, 0, SEEK_CUR) > s->size_bytes && ftruncate(s->fd, s->size_bytes) < 0)
			log_warning("fail truncate segment=%" PRId64 " errno=%d", s->number, errno);
		return e;
	}
	end = lseek(s->fd, 0, SEEK_CUR);
	s->position = end;
	if (end > s->size_bytes && end - start < TAIL_BYTES)
		extend(s);
	s->size_bytes = MAX(s->size_bytes, end);
	atomic_store_explicit(&s->spare, s->size_bytes - end, memory_order_relaxed);
	*out_number = s->number;
	*out_offset = start;
	return OK;
}

int64_t segments_spare(const struct segments *s)
{
	return atomic_load_explicit(&s->spare, memory_order_relaxed);
}

enum err segments_sync(struct segments *s)
{
	return fsio_sync("segment-sync", s->fd);
}

/* ---- reading ---- */

struct handle *handle_new(int fd, int64_t size_bytes)
{
	struct handle *h = xcalloc(1, sizeof *h);

	h->fd = fd;
	atomic_init(&h->refs, 1);
	atomic_init(&h->size_bytes, size_bytes);
	return h;
}

/* Under the lock. */
static void unlink_handle(struct handle *h)
{
	struct handle **at = &h->segments->handles;

	while (*at != h)
		at = &(*at)->next;
	*at = h->next;
}

void handle_unref(struct handle *h)
{
	if (!h || atomic_fetch_sub(&h->refs, 1) != 1)
		return;
	if (h->segments) {
		pthread_mutex_lock(&h->segments->lock);
		unlink_handle(h);
		pthread_mutex_unlock(&h->segments->lock);
	}
	close(h->fd);
	free(h);
}

static struct handle *find_kept(struct segments *s, int64_t number)
{
	for (size_t i = 0; i < OPEN_MAX_KEPT; i++) {
		struct kept *k = &s->kept[i];

		if (k->number == number) {
			k->used = ++s->clock;
			atomic_fetch_add(&k->handle->refs, 1);
			return k->handle;
		}
	}
	return NULL;
}

/* Keeps a reference of its own, in place of the one that was not asked for the longest. */
static struct handle *keep(struct segments *s, int64_t number, struct handle *handle)
{
	struct kept *oldest = &s->kept[0];
	struct handle *out;

	for (size_t i = 1; i < OPEN_MAX_KEPT; i++)
		if (s->kept[i].used < oldest->used)
			oldest = &s->kept[i];
	out = oldest->handle;
	*oldest = (struct kept){ number, ++s->clock, handle };
	atomic_fetch_add(&handle->refs, 1);
	return out;
}

enum err segments_open(struct segments *s, int64_t number, struct handle **out)
{
	struct handle *evicted = NULL;
	char name[SEGMENT_NAME_SIZE];
	int fd;

	pthread_mutex_lock(&s->lock);
	*out = find_kept(s, number);
	pthread_mutex_unlock(&s->lock);
	if (*out)
		return OK;
	segments_name(number, name);
	fd = openat(s->folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return err_from_errno(errno);
	*out = handle_new(fd, 0);
	(*out)->segments = s;
	(*out)->number = number;
	pthread_mutex_lock(&s->lock);
	(*out)->next = s->handles;
	s->handles = *out;
	evicted = keep(s, number, *out); /* another thread may have kept one as well: the older will fall out */
	pthread_mutex_unlock(&s->lock);
	handle_unref(evicted);
	return OK;
}

/* ---- giving up ---- */

bool segments_are_idle(struct segments *s, int64_t number)
{
	int refs = 0;

	pthread_mutex_lock(&s->lock);
	for (struct handle *h = s->handles; h; h = h->next)
		if (h->number == number)
			refs += atomic_load(&h->refs);
	for (size_t i = 0; i < OPEN_MAX_KEPT; i++)
		refs -= s->kept[i].number == number;
	pthread_mutex_unlock(&s->lock);
	return refs <= 0;
}

void segments_forget(struct segments *s, int64_t number)
{
	for (size_t i = 0; i < OPEN_MAX_KEPT; i++) {
		struct handle *handle = NULL;

		pthread_mutex_lock(&s->lock);
		if (s->kept[i].number == number) {
			handle = s->kept[i].handle;
			s->kept[i] = (struct kept){ 0, 0, NULL };
		}
		pthread_mutex_unlock(&s->lock);
		handle_unref(handle);
	}
}
