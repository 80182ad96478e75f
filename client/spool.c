#include "client/spool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/local.h"
#include "client/session.h"
#include "common/fsio.h"

enum { BLOCK = 64 << 10 };

enum err spool_stdin(int *out, struct stat *st, struct note *why)
{
	autoclose int fd = local_temporary();
	autofree char *block = xmalloc(BLOCK);
	ssize_t n;

	if (fd < 0)
		return note_set(why, E_IO, "no room for standard input: %s", strerror(errno));
	while ((n = read(STDIN_FILENO, block, BLOCK)) != 0) {
		enum err e = OK;

		if (session_interrupted)
			return note_set(why, E_INTERRUPTED, "interrupted");
		if (n < 0 && errno != EINTR)
			return note_set(why, E_IO, "standard input: %s", strerror(errno));
		if (n > 0 && (e = fsio_write("spool", fd, block, (size_t)n)) != OK)
			return note_set(why, E_IO, "no room for standard input: %s", err_words(e));
	}
	if (fstat(fd, st) != 0)
		return note_set(why, E_IO, "%s", strerror(errno));
	*out = TAKE_FD(fd);
	return OK;
}
