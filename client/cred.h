/*
 * cred: secrets: the `credentials` file beside the config, commands that print a token, files that hold one.
 */
#ifndef CLIENT_CRED_H
#define CLIENT_CRED_H

#include "client/settings.h"

enum { CRED_SECRET_LIMIT = 255 };

/*
 * The token of a remote from the credentials file.  E_NOT_FOUND: it has none; E_USAGE: the file is malformed, not ours,
 * or others may read it (anything wider than 0600 is refused).  The caller frees `out` with cred_free().
 */
enum err cred_get(const struct settings *c, const char *remote, char **out, struct note *why) must_check;

/* Sets it, or removes it with NULL; the file is made 0600. */
enum err cred_set(const struct settings *c, const char *remote, const char *secret, struct note *why) must_check;

/* The first line of a file ("-": stdin).  E_USAGE: it cannot be read or is no secret. */
enum err cred_from_file(const char *path, char **out, struct note *why) must_check;

/* The first line that `sh -c COMMAND` prints.  E_USAGE: it failed or printed none. */
enum err cred_from_command(const char *command, char **out, struct note *why) must_check;

/* Is there a file with a key, and for our eyes only?  As of the credentials.  E_USAGE: no; `why` says what to do. */
enum err cred_check_key(const char *path, struct note *why) must_check;

/* One to CRED_SECRET_LIMIT bytes, none of them a control. */
bool cred_is_secret(const char *text);

/* Overwrites and frees; NULL is fine. */
void cred_free(char *secret);

#endif
