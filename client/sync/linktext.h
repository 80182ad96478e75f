/*
 * linktext: the text that stands for a symbolic link where links are synced (`--links=text`): a mark, and the link's target as it is.
 *
 * So a link is, to the plan and to the server, a small file: whoever has not asked for links gets that file, and the history, a conflict
 * or a restored version of a path bring back what was there, link or not.  The target is never looked at, and never followed.
 */
#ifndef CLIENT_SYNC_LINKTEXT_H
#define CLIENT_SYNC_LINKTEXT_H

#include "client/local.h"
#include "common/span.h"

#define LINKTEXT_MARK "!<symlink>"

/* What a target can have at most (PATH_MAX without its NUL), and the text with it. */
enum { LINKTEXT_TARGET_BYTES = 4095, LINKTEXT_BYTES = sizeof LINKTEXT_MARK - 1 + LINKTEXT_TARGET_BYTES };

struct linktext {
	char bytes[LINKTEXT_BYTES];
	size_t len;
};

/*
 * Reads the link `name` in an open folder; `out_id`: what identifies it.  E_PRECONDITION: it is no link, or another by now.  Errors of
 * reading.
 */
enum err linktext_read(int folder, const char *name, struct linktext *out, struct local_id *out_id) must_check;

/*
 * Does the whole open file, of that size, stand for a link?  Its target then, as a string, which the caller frees; else NULL: it is a file
 * as any other.
 */
char *linktext_target(int fd, int64_t size_bytes);

#endif
