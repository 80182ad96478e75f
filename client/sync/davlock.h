/*
 * davlock: an exclusive write lock around one change on a foreign server (RFC 4918 §9.10): taken, submitted with what changes, given up.
 *
 * It lasts as long as was asked for and no longer, so that one that a killed client left behind goes away by itself; where the server tells
 * whose a lock is, the next client of the same folder takes it off at once.
 */
#ifndef CLIENT_SYNC_DAVLOCK_H
#define CLIENT_SYNC_DAVLOCK_H

#include "client/remote/members.h"

struct davlock;
typedef void davlock_fn(void *arg);

struct davlock {
	struct http *http;
	struct http_request req;
	char *path; /* clean, below the remote's root */
	bool is_folder;
	int64_t timeout_s;
	char *body;
	char *token;  /* NULL: not held */
	bool is_lost; /* the server knew nothing of it when it was given up */
	bool is_made; /* nothing was there: the lock made an empty file (§7.3) */
	enum err err; /* why it is not held; E_LOCKED: somebody else holds one */
	struct note why;
	davlock_fn *done;
	void *arg;
};

/*
 * Asks for it; davlock_then() says who is told, from http_run(), when the answer has come.  A folder's is of infinite depth.
 * `owner`: words without "<>&\"".  davlock_clear() frees, when nothing of it is under way.
 */
void davlock_start(struct davlock *l, struct http *http, const char *path, bool is_folder, const char *owner,
		   int64_t timeout_s);
void davlock_then(struct davlock *l, davlock_fn *fn, void *arg);
void davlock_clear(struct davlock *l);

bool davlock_is_held(const struct davlock *l);

/*
 * Does what the server tells of the resource (members_ask() without members) bear out that the lock is ours?  Apache grants one to two at
 * the same moment, and keeps the later.  A server that tells of no locks is believed.
 */
bool davlock_is_borne_out(const struct davlock *l, const struct members *m);

/* The value of If that submits it, `is_tagged` with the resource's URL before it.  The caller frees it. */
char *davlock_condition(const struct davlock *l, bool is_tagged);

/* UNLOCK; then `fn` (NULL is fine).  Whatever the answer is, it is not held any more. */
void davlock_release(struct davlock *l, davlock_fn *fn, void *arg);

/* The same, waiting; nothing if it is not held. */
void davlock_give_up(struct davlock *l);

#endif
