/*
 * here: what stands at the local place of a remote file, and how it relates to what was last seen.
 */
#ifndef CLIENT_HERE_H
#define CLIENT_HERE_H

#include <sys/types.h>

#include "client/decide.h"
#include "client/session.h"

/*
 * Looks at `name` in an open folder.  `key`: its absolute path.  A file that stands as it did when it was last seen is not
 * read.  E_IO: it is no regular file, or cannot be read.  here_clear() frees what it holds.
 */
enum err here_look(struct session *s, const char *path, const char *key, int folder, const char *name, struct here *out,
		   struct note *why) must_check;
void here_clear(struct here *h);

#endif
