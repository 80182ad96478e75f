/*
 * bigfile: writes a long file from start to end, so that it is soon on stable storage.
 *
 * The bytes are gathered in runs of 1 MiB.  Once the file is large, runs go past the page cache (O_DIRECT): copying a body into it, only
 * to have it written back when the file is synced, took six times the processor time and more than twice the time (1 GiB on a virtual disk:
 * 2.4 s and 2.0 s in the kernel; direct 0.95 s and 0.3 s).  Smaller files stay cached: they are often read again at once.
 */
#ifndef SERVER_STORE_BIGFILE_H
#define SERVER_STORE_BIGFILE_H

#include <stdatomic.h>

#include "common/err.h"

struct bigfile {
	int fd;
	char *run; /* NULL: no memory to spare, bytes are written as they come */
	size_t filled;
	int64_t expected, written, flushed; /* bytes; expected -1: unknown */
	bool is_direct, is_refused;         /* past the page cache; the file system has no such thing */
	atomic_size_t *memory_used;         /* where the run is charged */
};

/*
 * `fd`: new and empty, opened for writing; borrowed.  A run's memory is taken if `memory_used` then stays within `memory_budget`.
 * bigfile_clear() frees it.
 */
void bigfile_init(struct bigfile *f, int fd, int64_t expected, atomic_size_t *memory_used, size_t memory_budget);
void bigfile_clear(struct bigfile *f);

/* The next bytes.  E_NO_SPACE, E_IO: the file is not whole any more. */
enum err bigfile_add(struct bigfile *f, const void *bytes, size_t len) must_check;

/* The end: all of it is on stable storage.  E_NO_SPACE, E_IO. */
enum err bigfile_finish(struct bigfile *f) must_check;

#endif
