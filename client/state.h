/*
 * state: what this client last saw of each remote file: $XDG_STATE_HOME/sync/state.db.  It is what makes If-Match work;
 * losing it costs a look-up, never data.
 *
 * A row belongs to (remote, path, local file).  The row with local "" is the newest thing seen by anybody of this user;
 * the row of a local file says which version that very file is based on, so that two copies of one remote file on one
 * machine cannot overwrite each other unseen.
 */
#ifndef CLIENT_STATE_H
#define CLIENT_STATE_H

#include "client/local.h"

struct state;

struct seen {
	char *etag;     /* the field value, quotes and all; "" if the server gave none */
	char *modified; /* Last-Modified as sent, or "" */
	bool has_digest;
	struct digest digest; /* of the content that went with the tag, as we hashed it */
	int64_t size_bytes;   /* -1: not known */
	bool has_id;
	struct local_id id; /* of the local file when it had that content */
	int64_t taken_ns;   /* when `id` was taken */
	int64_t written_s;  /* our own PUT: the server's Date, for servers without tags; 0: not ours */
};

/*
 * Opens it, making it and its folders if need be.  When it cannot be opened (`why`) the client can still work: E_IO,
 * E_CORRUPT, E_FORBIDDEN; the caller then has no state and looks before it writes.
 */
enum err state_open(const char *path, struct state **out, struct note *why) must_check;
void state_close(struct state *s);

/* The row.  E_NOT_FOUND: never seen.  seen_clear() frees what it holds. */
enum err state_get(struct state *s, const char *remote, const char *path, const char *local,
		   struct seen *out) must_check;
void seen_clear(struct seen *seen);

/* Writes the rows of `local` and of "". */
enum err state_put(struct state *s, const char *remote, const char *path, const char *local,
		   const struct seen *seen) must_check;

/* Forgets every row of the path and, for a folder, of everything below it; "" is all of the remote. */
enum err state_forget(struct state *s, const char *remote, const char *path) must_check;

/* What was moved on the server is known by its new name, with everything below it. */
enum err state_move(struct state *s, const char *remote, const char *from, const char *to) must_check;

/* Locks that this client holds there: their tokens by path. */
enum err state_lock_put(struct state *s, const char *remote, const char *path, const char *token) must_check;
enum err state_lock_forget(struct state *s, const char *remote, const char *path) must_check;

/* What was there is gone, and its locks with it. */
enum err state_locks_forget_below(struct state *s, const char *remote, const char *path) must_check;

/* Calls back for those that a change of `path` may meet: on itself, above it, below it. */
typedef void state_lock_fn(void *arg, const char *path, const char *token);
enum err state_locks(struct state *s, const char *remote, const char *path, state_lock_fn *fn, void *arg) must_check;

/* An unfinished download: the temporary beside the target, and the version it is of.  E_NOT_FOUND.  Caller frees both. */
enum err state_partial_get(struct state *s, const char *remote, const char *path, const char *local, char **temp,
			   char **etag) must_check;
enum err state_partial_put(struct state *s, const char *remote, const char *path, const char *local, const char *temp,
			   const char *etag) must_check;
enum err state_partial_forget(struct state *s, const char *remote, const char *path, const char *local) must_check;

/*
 * What is known of a server: what it announced in Sync-Features ("" nothing; NULL: not asked yet), and whether it wants
 * Basic.  E_NOT_FOUND: nothing.  The caller frees `features`.
 */
enum err state_remote_get(struct state *s, const char *remote, char **features, bool *is_basic) must_check;
enum err state_remote_put(struct state *s, const char *remote, const char *features, bool is_basic) must_check;
enum err state_remote_forget(struct state *s, const char *remote) must_check;

#endif
