/*
 * theirs: the server's version of a file that was refused, in a temporary here: what a conflict is settled with.
 */
#ifndef CLIENT_CMD_THEIRS_H
#define CLIENT_CMD_THEIRS_H

#include "client/remote/getfile.h"
#include "client/session.h"

struct theirs {
	int fd; /* -1: not open */
	struct getfile_end got;
	char *who; /* "bea@desk"; NULL: not known */
};

/*
 * Fetches it.  `limit_bytes` 0: however large.  Errors of getfile(); E_NOT_FOUND: there is none any more.  theirs_clear() frees,
 * whatever came.
 */
enum err theirs_fetch(struct session *s, const char *path, int64_t limit_bytes, struct theirs *out,
		      struct note *why) must_check;
void theirs_clear(struct theirs *t);

/* From now on the local file `key` is based on it. */
void theirs_accept(struct session *s, const char *path, const char *key, const struct theirs *t);

/* "(theirs stays in the history as 7c8e376e)"; NULL: the server keeps none.  The caller frees it. */
char *theirs_kept(const struct theirs *t);

/* What `key` is based on, from the history, for a merge.  -1: not to be had.  The caller closes it. */
int theirs_ancestor(struct session *s, const char *path, const char *key);

#endif
