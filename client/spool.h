/*
 * spool: standard input as a file, since what is sent may have to be sent again.
 */
#ifndef CLIENT_SPOOL_H
#define CLIENT_SPOOL_H

#include <sys/stat.h>

#include "common/err.h"

/* All of stdin in a file without a name in $TMPDIR.  Blocks until its end.  E_IO: also no room for it; E_INTERRUPTED. */
enum err spool_stdin(int *out, struct stat *st, struct note *why) must_check;

#endif
