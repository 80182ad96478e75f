/*
 * store_lock: locks (RFC 4918 §6, §7) and the If header (§10.4) as values.  Made, refreshed and removed by steps
 * (store_change.h).
 */
#ifndef SERVER_STORE_STORE_LOCK_H
#define SERVER_STORE_STORE_LOCK_H

#include "server/store/store.h"

enum {
	STORE_LOCK_TOKEN_SIZE = 16,
	STORE_LOCK_OWNER_LIMIT = 4096,
	STORE_LOCKS_OF_RESOURCE = 64 /* on one resource (shared ones); for the rest see struct store_options */
};

struct store_lock {
	unsigned char token[STORE_LOCK_TOKEN_SIZE]; /* a UUID: "urn:uuid:..." on the wire */
	bool is_shared, is_infinite;                /* scope; depth */
	int64_t expires_s;                          /* seconds since 1970 */
	char principal[STORE_USER_SIZE];            /* the user who made it */
	struct span owner; /* what he said of himself: XML, at most STORE_LOCK_OWNER_LIMIT bytes */
	struct span root;  /* path of the resource it was made on */
	bool root_is_collection;
};

/* Is there any lock in the store?  Never blocks; any thread: what makes the usual case free. */
bool store_has_locks(const struct store *s);

/* The live locks whose scope covers `path`: on itself, or of infinite depth on something above.  Spans are borrowed for the call. */
typedef bool store_lock_fn(void *arg, const struct store_lock *lock);
enum err store_locks_at(struct store *s, struct span path, store_lock_fn *fn, void *arg) must_check;

/* All live locks, for the administrator. */
enum err store_locks_list(struct store *s, store_lock_fn *fn, void *arg) must_check;

/* Removes one, whoever made it.  Blocks until it is on stable storage.  E_NOT_FOUND. */
enum err store_lock_remove(struct store *s, const unsigned char token[STORE_LOCK_TOKEN_SIZE]) must_check;

/* ---- the If header ---- */

enum store_if_kind {
	STORE_IF_TAG,  /* an entity tag as written: "..." or W/"..." */
	STORE_IF_TOKEN /* a state token's URI without its brackets: a lock's, a resource-id, a sync-token */
};

struct store_if_term {
	enum store_if_kind kind;
	bool is_not;
	struct span text;
};

/* One parenthesised list: holds if all of its terms do. */
struct store_if_list {
	struct span path; /* the resource it is about */
	bool is_nowhere;  /* its tag names nothing on this server: no tag or token matches there */
	const struct store_if_term *terms;
	unsigned term_count;
};

/*
 * Holds if one of its lists does (RFC 4918 §10.4.3).  A lock's token counts as submitted if it stands, without Not, in a list
 * about a resource that the lock covers.
 */
struct store_if {
	const struct store_if_list *lists;
	unsigned list_count;
};

/* Does it hold now?  What the committer asks again at the moment of the change. */
enum err store_if_evaluate(struct store *s, const struct store_if *ifs, bool *out) must_check;

/*
 * Would a change of `path` by `user` be stopped by a lock?  `scope` says what of it is changed.  E_LOCKED: yes, by the one on
 * `out_culprit` (in `arena`).  What is asked before a body is read; the committer asks again.
 */
enum store_lock_scope {
	STORE_LOCK_SELF = 1,   /* the resource itself: its content or properties */
	STORE_LOCK_PARENT = 2, /* the collection it is in: a member comes or goes */
	STORE_LOCK_BELOW = 4   /* everything under it */
};
struct arena;
enum err store_lock_check(struct store *s, struct span path, unsigned scope, const char *user,
			  const struct store_if *ifs, struct arena *arena, struct span *out_culprit) must_check;

#endif
