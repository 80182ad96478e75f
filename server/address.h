/*
 * address: where a login link leads while no server runs that could say it.
 */
#ifndef SERVER_ADDRESS_H
#define SERVER_ADDRESS_H

#include "common/err.h"

/*
 * The address that the store in `folder` will most likely be served at: public-url or the first listen address of the site's
 * config, if that names this store, else this host's port 8443; and the pin of its certificate, unless that is somebody
 * else's to vouch for.  Both are the caller's to free; either may be NULL.  Blocks.
 */
void address_of_stopped(const char *folder, char **out_url, char **out_pin);

#endif
