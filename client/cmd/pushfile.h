/*
 * pushfile: one file on its way to the server, as steps that wait for answers.
 */
#ifndef CLIENT_CMD_PUSHFILE_H
#define CLIENT_CMD_PUSHFILE_H

#include "client/session.h"

/*
 * Starts it: `local` as the user knows it (NULL: standard input), `path` clean, on the server.  `follow`: a symbolic link
 * stands for its target.  Its end is a result in the session's output; http_run() brings it there.
 */
void pushfile_start(struct session *s, const char *local, const char *path, bool follow);

/* Starts making a folder, and those above it. */
void pushfile_start_folder(struct session *s, const char *local, const char *path);

#endif
