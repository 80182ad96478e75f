/*
 * hint: the line below an error that says what can be done about it.
 */
#ifndef CLIENT_HINT_H
#define CLIENT_HINT_H

#include "client/session.h"

/* What helps against `e` in general; nothing for most.  `path`: on the server, what it is about; NULL: no single one. */
void hint_error(struct session *s, enum err e, const char *path);

/* After a refused push or pull: what the server has, and the two ways on.  `etag` is the field's value, or NULL. */
void hint_push_conflict(struct session *s, const char *local, const char *remote, const char *etag);
void hint_pull_conflict(struct session *s, const char *local, const char *remote, const char *etag);

#endif
