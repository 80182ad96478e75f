/* pam.h for a build without libpam (Makefile, PAM). */
#include "server/auth/pam.h"

bool pam_is_built(void)
{
	return false;
}

enum err pam_find_service(const char *service, struct note *why)
{
	(void)service;
	return note_set(why, E_NOT_IMPLEMENTED, "this syncd was built without PAM (libpam0g-dev)");
}

enum err pam_check(const char *service, const char *user, const char *secret, const char *address, struct note *why)
{
	(void)user, (void)secret, (void)address;
	return pam_find_service(service, why);
}
