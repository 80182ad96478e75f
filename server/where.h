/*
 * where: which folder is the store, when nobody names one (cli.md, "serve"; architecture.md, "The admin door").
 */
#ifndef SERVER_WHERE_H
#define SERVER_WHERE_H

#include "server/config.h"

extern const char WHERE_SITE_CONFIG[];

/*
 * For `serve`: `named` (may be NULL), else the config's store, else $STATE_DIRECTORY, else $XDG_DATA_HOME/syncd, else
 * ~/.local/share/syncd.  E_USAGE: none of them is set.  `out`: the caller frees it.
 */
enum err where_to_serve(const char *named, const struct config *config, char **out, struct note *why) must_check;

/*
 * For the admin commands: `named`, else the store of /etc/syncd/syncd.conf if the caller is root or that store's owner,
 * else the personal one.
 */
enum err where_to_administer(const char *named, char **out, struct note *why) must_check;

/* The site's config if it is about the store in `folder`, else all defaults.  The caller clears it. */
void where_site_config(const char *folder, struct config *out);

/*
 * If the caller is root and `folder` belongs to somebody else, becomes that owner for good: nothing in a store is ever
 * root's.  Before any thread is started.  A folder that is not there is no error.  E_FORBIDDEN.
 */
enum err where_become_owner(const char *folder, struct note *why) must_check;

#endif
