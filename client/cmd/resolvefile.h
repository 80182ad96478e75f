/*
 * resolvefile: resolve outside of cloned folders: what a refused push met.
 */
#ifndef CLIENT_CMD_RESOLVEFILE_H
#define CLIENT_CMD_RESOLVEFILE_H

#include "client/session.h"

/* `resolve LOCAL [REMOTE]`, as push reads them.  Failures are said. */
enum err resolvefile(struct session *s) must_check;

#endif
