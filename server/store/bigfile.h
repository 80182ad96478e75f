/*
 * bigfile: writes a long file from start to end, so that it is soon on stable storage.
 *
 * The bytes are gathered in runs of 1 MiB.  Once the file is large, runs go past the page cache (O_DIRECT), and are not first copied into
 * it only to be written back when the file is synced.  A PUT of 1 GiB took 1.66 s of processor time instead of 3.7 s here, and went 1.17
 * times as fast as nginx's instead of 0.6 times; of that much is the price of memory that a virtual machine has never touched: where the
 * cache has room that was used before, a bare write of both kinds takes the same time.  The other side: the first GET of such a file is
 * cold.  Smaller files stay cached: they are often read again at once.
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
