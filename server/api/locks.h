/*
 * locks: what `locks` and `unlock` do to the store, as text in and text out (server/api/fields.h), for a running server and for the
 * commands on a stopped one.  All of it blocks: on a worker or in a command.
 */
#ifndef SERVER_API_LOCKS_H
#define SERVER_API_LOCKS_H

#include "common/buf.h"
#include "server/store/store_lock.h"

enum { LOCKS_LIST_LIMIT = 16 << 20 };

/*
 * A record for each live lock: token ("urn:uuid:..."), path, user, owner (what the client said of itself, its words alone), scope
 * (exclusive or shared), depth (0 or infinity), expires (seconds since 1970).  E_TOO_LARGE.
 */
enum err locks_list(struct store *s, struct buf *out, struct note *why) must_check;

/* Removes the lock whose token `text` is, whoever made it.  E_NOT_FOUND; E_BAD_REQUEST: no such token could be. */
enum err locks_remove(struct store *s, struct span text, struct note *why) must_check;

#endif
