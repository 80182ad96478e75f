/*
 * confine: from some moment on the process writes nowhere but below a few folders, whatever becomes of it (Landlock, landlock(7)).
 */
#ifndef SERVER_CONFINE_H
#define SERVER_CONFINE_H

#include "server/config.h"

/*
 * Takes from the calling thread, and from all that it starts later, the right to start programs, and to make, change or remove a file
 * outside of the store's `folder`, which is made if it is not there, and of those that the config's unix: sockets are in.  Reading stays:
 * certificates and config are read again when told to.  Before any other thread.  E_NOT_IMPLEMENTED for SANDBOX_YES where the kernel has
 * no Landlock; SANDBOX_AUTO logs that and goes on; SANDBOX_NO: nothing.
 */
enum err confine(const struct config *config, const char *folder, struct note *why) must_check;

#endif
