/*
 * access: what users.c and access.c share.
 */
#ifndef SERVER_STORE_ACCESS_H
#define SERVER_STORE_ACCESS_H

#include "server/store/commit.h"
#include "server/store/store_access.h"

/*
 * Runs a change of users, rights, tokens or codes, and makes the new version known before it returns: who looked something
 * up before the change keeps it under an older one.  Blocks.
 */
enum err access_change(struct store *s, txn_call_fn *call, void *arg) must_check;

/* The user of exactly that name.  E_NOT_FOUND. */
enum err access_find_user(struct db *db, const char *name, int64_t *out) must_check;

/* The rows (prefix, write) of a query that was started. */
enum err access_read_rights(struct db_rows *rows, struct store_right *out, unsigned *out_count) must_check;
void access_rights_clear(struct store_right *rights, unsigned *count);

#endif
