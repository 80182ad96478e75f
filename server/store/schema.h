/*
 * schema: the tables, made and migrated by number (store.md, "Schema").
 */
#ifndef SERVER_STORE_SCHEMA_H
#define SERVER_STORE_SCHEMA_H

#include "common/db.h"

/* The one namespace of this version, and the two nodes that are there from the start; other ids follow. */
enum { SCHEMA_NS = 1, NODE_ROOT = 1, NODE_TRASH = 2, NODE_FIRST = 3 };

/* Makes what is missing, in one transaction.  `out_new`: there was nothing.  E_CORRUPT: of a newer version, in `why`. */
enum err schema_prepare(struct db *db, bool *out_new, struct note *why) must_check;

#endif
