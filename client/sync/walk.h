/*
 * walk: what a foreign server has, found by asking folder after folder (PROPFIND Depth 1), written into the base's view of the remote tree
 * where it differs from the last time.
 *
 * A walk counts only as a whole: every folder's answer complete, each member with its kind and a 200; else the round fails and nothing of it
 * is kept.  Only what is missing in a complete answer about the folder that it was in is gone: a login page, a 403 in the middle, a 404 for
 * the folder itself, a body that a proxy cut off never look like deletions.
 */
#ifndef CLIENT_SYNC_WALK_H
#define CLIENT_SYNC_WALK_H

#include "client/remote/http.h"
#include "client/sync/changes.h"

/*
 * Asks for everything below `collection` (clean, below the remote's root), and keeps it.  A file whose content is not known gets a digest
 * that no content has (tag.h).  E_NOT_FOUND: the collection is not there; E_BAD_REQUEST: no complete answer; errors of the network and of
 * statuses.  `why` says it.
 */
enum err walk_fetch(struct http *http, const char *collection, struct base *base, struct changes_result *out,
		    struct note *why) must_check;

#endif
