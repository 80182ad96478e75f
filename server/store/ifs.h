/*
 * ifs: the If header (RFC 4918 §10.4) against the tree as a connection sees it.
 */
#ifndef SERVER_STORE_IFS_H
#define SERVER_STORE_IFS_H

#include "server/store/lock.h"

struct store;

/* Does it hold?  Collections' digests must be folded.  Errors of the database. */
enum err ifs_evaluate(struct store *s, struct db *db, const struct store_if *ifs, const struct txn_path *paths,
		      bool *out) must_check;

#endif
