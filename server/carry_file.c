#include "server/carry_file.h"

#include "common/fsio.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { RUN_BYTES = 1 << 20, SHARED_RUN_BYTES = 64 << 20 };

static enum err copy_by_hand(int from, int64_t from_at, int to, int64_t to_at, int64_t len)
{
	autofree char *run = xmalloc(RUN_BYTES);

	while (len > 0) {
		size_t n = (size_t)MIN(len, (int64_t)RUN_BYTES);
		enum err e = fsio_read_at(from, run, n, from_at);

		if (e != OK)
			return e;
		if (lseek(to, to_at, SEEK_SET) < 0)
			return err_from_errno(errno);
		if ((e = fsio_write("carry-write", to, run, n)) != OK)
			return e;
		from_at += (int64_t)n;
		to_at += (int64_t)n;
		len -= (int64_t)n;
	}
	return OK;
}

/* What copy_file_range(2) cannot do between these two files is done by hand. */
static bool cannot(int error_number)
{
	return error_number == EXDEV || error_number == EINVAL || error_number == EOPNOTSUPP ||
	       error_number == ENOSYS || error_number == EPERM || error_number == EBADF || error_number == ETXTBSY;
}

static enum err copy_data(int from, int64_t from_at, int to, int64_t to_at, int64_t len, void (*tick)(void *arg),
			  void *arg)
{
	bool by_hand = false;

	while (len > 0) {
		int64_t run = MIN(len, (int64_t)(by_hand ? RUN_BYTES : SHARED_RUN_BYTES));
		off_t in = from_at, out = to_at;
		ssize_t n = by_hand ? -1 : copy_file_range(from, &in, to, &out, (size_t)run, 0);
		enum err e;

		if (tick)
			tick(arg);
		if (n == 0)
			return E_CORRUPT;
		if (n < 0 && !by_hand && errno != EINTR && !cannot(errno))
			return err_from_errno(errno);
		if (n < 0 && (by_hand || errno != EINTR)) {
			by_hand = true;
			n = (ssize_t)MIN(run, (int64_t)RUN_BYTES);
			if ((e = copy_by_hand(from, from_at, to, to_at, n)) != OK)
				return e;
		}
		n = MAX(n, 0);
		from_at += n;
		to_at += n;
		len -= n;
	}
	return OK;
}

/* ---- holes ---- */

/* Zeros that take no room.  What stood there goes. */
static enum err make_hole(int to, int64_t at, int64_t len)
{
	struct stat st;

	if (fstat(to, &st) < 0)
		return err_from_errno(errno);
	if (at < st.st_size &&
	    fallocate(to, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, at, MIN(len, st.st_size - at)) < 0)
		return err_from_errno(errno);
	if (at + len > st.st_size && ftruncate(to, at + len) < 0)
		return err_from_errno(errno);
	return OK;
}

/* Where the next hole or the next data begins, at most `end`.  A file system that knows of no holes has data alone. */
static int64_t next(int fd, int64_t at, int64_t end, int whence)
{
	off_t found = lseek(fd, at, whence);

	return found < 0 ? end : MIN((int64_t)found, end);
}

/* Does the file reach so far?  (copy_file_range() would stop in silence, and a hole would be made.) */
static enum err check_end(int fd, int64_t end)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_from_errno(errno);
	return S_ISREG(st.st_mode) && st.st_size < end ? E_CORRUPT : OK;
}

enum err carry_bytes(int from, int64_t from_at, int to, int64_t to_at, int64_t len, void (*tick)(void *arg), void *arg)
{
	int64_t end = from_at + len, shift = to_at - from_at;
	int fault = fsio_fault("carry-copy");
	enum err e = fault ? err_from_errno(fault) : check_end(from, end);

	while (from_at < end && e == OK) {
		int64_t until = next(from, from_at, end, SEEK_HOLE);
		bool is_hole = until == from_at;

		if (is_hole)
			until = next(from, from_at, end, SEEK_DATA);
		if (!is_hole || make_hole(to, from_at + shift, until - from_at) != OK)
			e = copy_data(from, from_at, to, from_at + shift, until - from_at, tick, arg);
		from_at = until;
	}
	return e;
}

enum err carry_hash(int fd, int64_t at, int64_t len, void (*tick)(void *arg), void *arg, struct digest *out)
{
	autofree char *run = xmalloc(RUN_BYTES);
	struct hasher *h = hasher_new();
	enum err e = OK;

	for (int64_t end = at + len; at < end && e == OK; at += RUN_BYTES) {
		size_t n = (size_t)MIN(end - at, (int64_t)RUN_BYTES);

		if (tick)
			tick(arg);
		if ((e = fsio_read_at(fd, run, n, at)) == OK)
			hasher_add(h, run, n);
	}
	*out = hasher_finish(h);
	hasher_free(h);
	return e;
}
