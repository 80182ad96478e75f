#include "server/store/bigfile.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "common/fsio.h"

enum { RUN_BYTES = 1 << 20, ALIGNMENT = 4096 /* what the strictest disks ask of address, offset and length */ };

#define DIRECT_FROM (INT64_C(16) << 20) /* files that become larger */
#define FLUSH_BYTES (INT64_C(8) << 20)  /* of the cache, written back early, so that the sync at the end is short */

void bigfile_init(struct bigfile *f, int fd, int64_t expected, atomic_size_t *memory_used, size_t memory_budget)
{
	*f = (struct bigfile){ .fd = fd, .expected = expected, .memory_used = memory_used };
	if (atomic_fetch_add(memory_used, RUN_BYTES) + RUN_BYTES <= memory_budget)
		f->run = aligned_alloc(ALIGNMENT, RUN_BYTES);
	if (!f->run)
		atomic_fetch_sub(memory_used, RUN_BYTES);
}

void bigfile_clear(struct bigfile *f)
{
	if (f->run)
		atomic_fetch_sub(f->memory_used, RUN_BYTES);
	free(TAKE(f->run));
}

/* Whole runs of a large file; they begin where a run may. */
static void choose_way(struct bigfile *f, size_t len)
{
	bool wants = f->run && len == RUN_BYTES && !f->is_refused && MAX(f->expected, f->written) >= DIRECT_FROM;

	if (wants == f->is_direct)
		return;
	if (fsio_set_direct(f->fd, wants))
		f->is_direct = wants;
	else
		f->is_refused = true;
}

static enum err write_some(struct bigfile *f, const void *bytes, size_t len)
{
	enum err e;

	choose_way(f, len);
	if ((e = fsio_write("object-write", f->fd, bytes, len)) != OK)
		return e;
	f->written += (int64_t)len;
	if (!f->is_direct && f->written - f->flushed >= FLUSH_BYTES) {
		(void)sync_file_range(f->fd, f->flushed, f->written - f->flushed, SYNC_FILE_RANGE_WRITE);
		f->flushed = f->written;
	}
	return OK;
}

static enum err write_run(struct bigfile *f)
{
	size_t len = f->filled;

	f->filled = 0;
	return len ? write_some(f, f->run, len) : OK;
}

enum err bigfile_add(struct bigfile *f, const void *bytes, size_t len)
{
	const char *next = bytes;
	enum err e = OK;

	if (!f->run)
		return write_some(f, bytes, len);
	while (len && e == OK) {
		size_t n = MIN(len, RUN_BYTES - f->filled);

		memcpy(f->run + f->filled, next, n);
		f->filled += n;
		next += n;
		len -= n;
		if (f->filled == RUN_BYTES)
			e = write_run(f);
	}
	return e;
}

enum err bigfile_finish(struct bigfile *f)
{
	enum err e = write_run(f);

	choose_way(f, 0); /* who reads through this descriptor wants nothing aligned */
	return e == OK ? fsio_sync("object-sync", f->fd) : e;
}
