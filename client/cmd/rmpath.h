/*
 * rmpath: one file or folder being removed, as steps that wait for answers.
 */
#ifndef CLIENT_CMD_RMPATH_H
#define CLIENT_CMD_RMPATH_H

#include "client/session.h"

/* Starts it.  Its end is a result in the session's output; http_run() brings it there. */
void rmpath_start(struct session *s, const char *path, bool is_folder_named);

#endif
