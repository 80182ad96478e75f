/*
 * carry_file: bytes from one open file to another, in the kernel where that can (which shares blocks where the disk can).
 */
#ifndef SERVER_CARRY_FILE_H
#define SERVER_CARRY_FILE_H

#include "common/digest.h"
#include "common/err.h"

/*
 * Copies `len` bytes from `from` at `from_at` to `to` at `to_at`.  E_CORRUPT: the source ends before; E_NO_SPACE, E_IO.  `tick` (may
 * be NULL) is called several times a second.
 */
enum err carry_bytes(int from, int64_t from_at, int to, int64_t to_at, int64_t len, void (*tick)(void *arg),
		     void *arg) must_check;

/* The digest of `len` bytes at `at`.  E_CORRUPT: the file ends before. */
enum err carry_hash(int fd, int64_t at, int64_t len, void (*tick)(void *arg), void *arg, struct digest *out) must_check;

#endif
