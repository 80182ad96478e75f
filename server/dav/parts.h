/*
 * parts: uploads in several requests, as Nextcloud's clients make them, below /remote.php/dav/uploads/USER/: MKCOL makes a set, PUT
 * sends its parts in any order and again as often as need be, MOVE of its ".file" joins them at the Destination, DELETE gives up.
 */
#ifndef SERVER_DAV_PARTS_H
#define SERVER_DAV_PARTS_H

#include "server/dav/call.h"

/* Is the clean path of a request-target in that place? */
bool parts_is_place(struct span path);

/* Answers a request for it; who asks is known. */
void dav_parts(struct call *c);

#endif
