/*
 * contents: the digest of a file on a server whose ETag does not say it: by reading it.
 */
#ifndef CLIENT_REMOTE_CONTENTS_H
#define CLIENT_REMOTE_CONTENTS_H

#include "client/remote/http.h"

/* `path`: clean, below the remote's root.  Reads all of it, and waits.  Errors of the network and of the status; `why`. */
enum err contents_digest(struct http *h, const char *path, struct digest *out, struct note *why) must_check;

#endif
