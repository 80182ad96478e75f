/*
 * readers: a small pool of reading connections; each is one thread's until it is given back.
 */
#ifndef SERVER_STORE_READERS_H
#define SERVER_STORE_READERS_H

#include "common/db.h"

struct readers;

/* Connections to the database file `path` are opened when first needed. */
struct readers *readers_new(const char *path);
void readers_free(struct readers *r);

struct reader {
	struct readers *pool;
	struct db *db; /* NULL: none taken */
};

#define autoreader __attribute__((cleanup(reader_give)))

/* Takes a connection, waiting when all are in use.  Declare it before the transaction on it: scopes end backwards. */
enum err reader_take(struct readers *r, struct reader *out) must_check;
void reader_give(struct reader *reader);

/* The one number that `sql` gives, without parameters; waits likewise. */
enum err readers_number(struct readers *r, const char *sql, int64_t *out) must_check;

/* A connection beside the pool, for what goes on for long and asks what nobody else does.  The caller closes it. */
enum err readers_open(struct readers *r, struct db **out) must_check;

#endif
