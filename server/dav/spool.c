#include "server/dav/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

struct spool {
	char *folder;
	struct buf memory; /* everything, or what the file has not got yet */
	int fd;            /* -1: all is in memory */
	int64_t written;
};

struct spool *spool_new(const char *folder)
{
	struct spool *s = xcalloc(1, sizeof *s);

	s->folder = xstrdup(folder);
	s->memory = buf_new(SPOOL_MEMORY_MAX);
	s->fd = -1;
	return s;
}

void spool_free(struct spool *s)
{
	if (!s)
		return;
	if (s->fd >= 0)
		close(s->fd);
	buf_clear(&s->memory);
	free(s->folder);
	free(s);
}

/* Moves what is in memory to the end of the file. */
static enum err flush(struct spool *s)
{
	const char *bytes = s->memory.data;
	size_t len = s->memory.len;

	if (s->fd < 0)
		s->fd = open(s->folder, O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);
	if (s->fd < 0)
		return err_from_errno(errno);
	while (len) {
		ssize_t n = write(s->fd, bytes, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_from_errno(errno);
		bytes += n;
		len -= (size_t)n;
		s->written += n;
	}
	buf_reset(&s->memory);
	return OK;
}

enum err spool_add(struct spool *s, const void *bytes, size_t len)
{
	enum err e;

	if (buf_add(&s->memory, bytes, len) == OK)
		return OK;
	if ((e = flush(s)) != OK)
		return e;
	return buf_add(&s->memory, bytes, len);
}

enum err spool_finish(struct spool *s)
{
	return s->fd >= 0 ? flush(s) : OK;
}

struct req_piece spool_piece(const struct spool *s)
{
	if (s->fd < 0)
		return (struct req_piece){ .bytes = s->memory.data, .fd = -1, .len = (int64_t)s->memory.len };
	return (struct req_piece){ .fd = s->fd, .len = s->written };
}
