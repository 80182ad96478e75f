/*
 * pullfile: one file on its way here, as steps that wait for answers.
 */
#ifndef CLIENT_CMD_PULLFILE_H
#define CLIENT_CMD_PULLFILE_H

#include "client/session.h"

struct pullfile_place {
	int root;           /* an open folder, or AT_FDCWD; stays open until the end */
	const char *folder; /* below it; "" itself */
	const char *name;
	const char *shown; /* the whole path, as the user knows it */
	bool is_tree;      /* named by the server: no component may be a symbolic link */
};

/*
 * Starts fetching `path` (clean, on the server) to `place`, which is copied.  `listed`: the digest that a listing told,
 * or NULL.  Its end is a result in the session's output; http_run() brings it there.
 */
void pullfile_start(struct session *s, const char *path, const struct pullfile_place *place,
		    const struct digest *listed);

#endif
