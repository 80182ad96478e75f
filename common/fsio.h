/*
 * fsio: whole writes, syncs and reads, relative to open folders; and the fault hook.
 *
 * Every step that must survive a crash passes a named point.  SYNCD_FAULT makes points fail, for tests:
 *
 *     SYNCD_FAULT=segment-sync:3:EIO,commit-done:1:kill
 *
 * is a list of point:N:action; the N-th pass through the point acts ("N+": that one and all later ones).  An action is
 * the name of an error (EIO, ENOSPC, EDQUOT, EACCES, EMFILE), `short` (a write that stores half of its bytes, then
 * ENOSPC), `kill` (SIGKILL to ourselves, before the step), `stop` (SIGSTOP likewise), or `sleepMS` (a slow disk).
 * The variable is read once; unset, a point costs one load and one branch.  It is honoured in every build, and never in
 * a program that gained privileges by being executed (secure_getenv).
 *
 * All functions block, any thread.  Errors are those of err_from_errno(); they are not logged here.
 */
#ifndef COMMON_FSIO_H
#define COMMON_FSIO_H

#include <sys/types.h>

#include "common/buf.h"

struct iovec;

/* What a write is told by `short`. */
enum { FSIO_SHORT = 10000 };

/* What the fault hook says of `point`: 0, go on; else the errno that the step fails with (or FSIO_SHORT, writes only). */
int fsio_fault(const char *point);

/* For tests: replaces what SYNCD_FAULT said; NULL or "": no faults.  Not while other threads pass points. */
void fsio_fault_set(const char *spec);

/* Writes all of it at the descriptor's position (or its end, O_APPEND). */
enum err fsio_write(const char *point, int fd, const void *bytes, size_t len) must_check;

/* The same for `count` pieces; `pieces` is used up. */
enum err fsio_write_pieces(const char *point, int fd, struct iovec *pieces, size_t count) must_check;

/* Reads exactly `len` bytes at `offset`.  E_CORRUPT: the file ends before. */
enum err fsio_read_at(int fd, void *out, size_t len, int64_t offset) must_check;

/*
 * From now on writes to `fd` go past the page cache, or no longer (O_DIRECT); each then has to begin and end at a block of the disk, in
 * memory and in the file.  Where fsio_write() stops short of that, or the file system will not have it, it goes on through the cache.
 * False: the file system knows no such thing.
 */
bool fsio_set_direct(int fd, bool is_direct);

/* fdatasync(): content and size.  A failure is final: what was written before may be lost, whatever a retry says. */
enum err fsio_sync(const char *point, int fd) must_check;

/* fsync() of an open folder: the names in it are on stable storage. */
enum err fsio_sync_folder(const char *point, int fd) must_check;

/* Opens folder `name` below `folder` (AT_FDCWD: a path), never through a link at its end.  The caller closes `out`. */
enum err fsio_open_folder(int folder, const char *name, int *out) must_check;

/* Makes folder `name`, 0700, unless it is there. */
enum err fsio_make_folder(int folder, const char *name) must_check;

/* Makes the folder at `path` and what is missing above it, 0700, each name synced, unless it is there. */
enum err fsio_make_path(const char *path) must_check;

/* The whole of a regular file.  E_TOO_LARGE: over the buffer's maximum. */
enum err fsio_read_file(int folder, const char *name, struct buf *out) must_check;

/* Replaces `name` by a file of these bytes as one step: a temporary beside it, synced, renamed, folder synced. */
enum err fsio_write_file(int folder, const char *name, mode_t mode, struct span bytes) must_check;

/* Calls back for each entry of the open folder but "." and "..", in no order; an error from the callback ends it. */
typedef enum err fsio_entry_fn(void *arg, const char *name);
enum err fsio_list(int folder, fsio_entry_fn *fn, void *arg) must_check;

#endif
