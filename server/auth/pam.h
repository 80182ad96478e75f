/*
 * pam: asks Linux-PAM (pam(3)) whether a password is somebody's, and whether that account may be used at all.  Modules are other
 * people's code that may do anything, wait for a network, fork, crash: only for a process of its own (checker.h).
 */
#ifndef SERVER_AUTH_PAM_H
#define SERVER_AUTH_PAM_H

#include "common/err.h"

/* Is it in this build?  (Where libpam0g-dev was when it was made.) */
bool pam_is_built(void);

/*
 * Is `service` one that PAM would find: the name of a file in /etc/pam.d or /usr/lib/pam.d, or the absolute path of such a file anywhere?
 * E_NOT_IMPLEMENTED: no PAM in this build; E_USAGE: there is none.  Both with the reason.  Blocks on the disk.
 */
enum err pam_find_service(const char *service, struct note *why) must_check;

/*
 * OK: the password is the user's, and the account is neither locked nor expired.  E_UNAUTHENTICATED: not so; E_BUSY: PAM could not say,
 * for the reason in `why`.  `address` is where the question comes from.  Blocks for as long as a module likes.
 */
enum err pam_check(const char *service, const char *user, const char *secret, const char *address,
		   struct note *why) must_check;

#endif
