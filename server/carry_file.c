#include "server/carry_file.h"

#include "common/fsio.h"

#include <errno.h>
#include <stdlib.h>
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

enum err carry_bytes(int from, int64_t from_at, int to, int64_t to_at, int64_t len, void (*tick)(void *arg), void *arg)
{
	bool by_hand = false;
	int fault = fsio_fault("carry-copy");

	if (fault)
		return err_from_errno(fault);
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
