/*
 * waken: has the service manager start the system's server, which makes its store when it starts for the first time.
 */
#ifndef SERVER_WAKEN_H
#define SERVER_WAKEN_H

#include "common/err.h"

/*
 * If `folder` is the place of the system's store (/etc/syncd/syncd.conf), there is none in it yet, and no server runs: connects to
 * the service's socket (port 8443 of this machine), for which the service manager starts it, and waits until the server answers.
 * In every other case nothing is done.  E_NOT_FOUND: nobody listens, or no server came within seconds; `why` says what to type.
 * Blocks.
 */
enum err waken_service(const char *folder, struct note *why) must_check;

#endif
