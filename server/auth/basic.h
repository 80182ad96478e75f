/*
 * basic: the credentials of `Authorization: Basic` (RFC 7617): base64 of USER:SECRET, UTF-8.
 */
#ifndef SERVER_AUTH_BASIC_H
#define SERVER_AUTH_BASIC_H

#include "common/arena.h"

enum { BASIC_LIMIT = 1024 }; /* bytes of base64 that are looked at */

struct basic {
	const char *user, *secret; /* in the arena */
};

/*
 * Reads a whole Authorization value of either scheme-case.  False: another scheme, broken base64, no colon, a NUL or
 * over BASIC_LIMIT bytes.  The secret is everything after the first colon.
 */
bool basic_read(struct span authorization, struct arena *arena, struct basic *out);

/*
 * Does the name somebody typed mean this user?  The case of letters and a leading `DOMAIN\` are let pass, as Windows adds
 * them.  Takes the same time wherever the names differ.
 */
bool basic_is_user(const char *typed, const char *user);

#endif
