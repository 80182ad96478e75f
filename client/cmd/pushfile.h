/*
 * pushfile: one file on its way to the server, as steps that wait for answers.
 */
#ifndef CLIENT_CMD_PUSHFILE_H
#define CLIENT_CMD_PUSHFILE_H

#include "client/session.h"

/* What is sent where.  All texts are copied. */
struct push_job {
	const char *local, *path; /* local: as the user knows it, NULL standard input; path: clean, on the server */
	const char *name;         /* what the result calls it; NULL: `local` */
	const char *more;         /* said behind a result that something was saved; NULL: nothing */
	bool follow;              /* a symbolic link stands for its target */
	enum err *end; /* how it ended; a conflict is then the caller's to say more about.  NULL: not asked for */
};

/* Starts it.  Its end is a result in the session's output; http_run() brings it there. */
void pushfile_start(struct session *s, const struct push_job *job);

/* Starts making a folder, and those above it. */
void pushfile_start_folder(struct session *s, const char *local, const char *path);

#endif
