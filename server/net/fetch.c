#include "server/net/fetch.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

enum { STEP = 131072, SMALLEST_PAGE = 4096 };

struct fetch {
	struct job job;
	struct loop *loop;
	int fd;
	off_t offset;
	size_t len;
	bool ok;
	void (*done)(void *arg, bool ok); /* NULL: cancelled */
	void *arg;
};

ssize_t fetch_now(int fd, void *out, size_t len, off_t offset)
{
	struct iovec v = { out, len };
	ssize_t n;

	do
		n = preadv2(fd, &v, 1, offset, RWF_NOWAIT);
	while (n < 0 && errno == EINTR);
	if (n >= 0)
		return n;
	/* EOPNOTSUPP: a file system that cannot tell is taken for cold. */
	return errno == EAGAIN || errno == EOPNOTSUPP ? FETCH_COLD : FETCH_FAILED;
}

ssize_t fetch_warm(int fd, void *out, size_t len, off_t offset)
{
	ssize_t n;

	do
		n = pread(fd, out, len, offset);
	while (n < 0 && errno == EINTR);
	return n < 0 ? FETCH_FAILED : n;
}

bool fetch_is_warm(int fd, off_t offset, size_t len)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), into = (size_t)offset % page, size = into + len;
	/* Never read: the mapping names the pages to mincore(). */
	void *map = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, offset - (off_t)into);
	unsigned char resident[FETCH_WARM_MAX / SMALLEST_PAGE + 1];
	bool is_warm;

	assert(len <= FETCH_WARM_MAX);
	if (map == MAP_FAILED)
		return false;
	is_warm = mincore(map, size, resident) == 0;
	for (size_t i = 0; i * page < size && is_warm; i++)
		is_warm = resident[i] & 1;
	munmap(map, size);
	return is_warm;
}

/* On a worker. */
static void work(struct job *j)
{
	struct fetch *f = container_of(j, struct fetch, job);
	autofree char *buf = xmalloc(STEP);
	ssize_t n = 1;

	posix_fadvise(f->fd, f->offset, (off_t)f->len, POSIX_FADV_WILLNEED);
	for (size_t at = 0; at < f->len && n > 0; at += (size_t)n)
		n = fetch_warm(f->fd, buf, MIN(f->len - at, (size_t)STEP), f->offset + (off_t)at);
	f->ok = n >= 0; /* the end of the file is found by who reads it */
}

static void finish(struct task *t)
{
	struct fetch *f = container_of(t, struct fetch, job.task);

	f->loop->working--;
	close(f->fd);
	if (f->done)
		f->done(f->arg, f->ok);
	free(f);
}

struct fetch *fetch_start(struct loop *loop, struct pool *pool, int fd, off_t offset, size_t len,
			  void (*done)(void *arg, bool ok), void *arg)
{
	int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	struct fetch *f;

	if (own < 0)
		return NULL;
	f = xcalloc(1, sizeof *f);
	f->job = (struct job){ .task.run = finish, .home = loop, .work = work };
	f->loop = loop;
	f->fd = own;
	f->offset = offset;
	f->len = len;
	f->done = done;
	f->arg = arg;
	loop->working++;
	pool_put(pool, &f->job);
	return f;
}

void fetch_cancel(struct fetch *f)
{
	f->done = NULL;
}
