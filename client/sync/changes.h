/*
 * changes: what the server says is different since the last time (sync-collection, RFC 6578), written into the base's view of the
 * remote tree.
 *
 * A report counts only as a whole: well-formed to its end, every member below the linked collection and with the properties that were
 * asked for, a token at the end.  Anything else fails the round, and nothing of it is kept: a page that a proxy cut short, an HTML
 * login page or a server without the folder never look like deletions.
 */
#ifndef CLIENT_SYNC_CHANGES_H
#define CLIENT_SYNC_CHANGES_H

#include "client/remote/http.h"
#include "client/sync/base.h"

struct changes_result {
	bool is_merge, is_new;
};

/*
 * Asks until the report is complete, and keeps it with its token.  `collection`: the linked one, clean, below the remote's root.
 * `is_merge`: the server refused the token, or there was none: both trees were forgotten first, so that nothing can be taken for
 * deleted.  `is_new`: something changed below the collection since the last time, be it by ourselves.  E_NOT_FOUND: the
 * collection is not there; E_BAD_REQUEST: no such answer; errors of the network and of statuses.  `why` says it.
 */
enum err changes_fetch(struct http *http, const char *collection, struct base *base, struct changes_result *out,
		       struct note *why) must_check;

#endif
