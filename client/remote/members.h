/*
 * members: a PROPFIND of Depth 0 or 1: the resource that was asked for, and what it has in it.
 *
 * The server is not trusted: a complete answer holds the resource itself and nothing but its members, each once and with status 200;
 * all else fails as a whole, so that what is missing is never taken for absent.
 */
#ifndef CLIENT_REMOTE_MEMBERS_H
#define CLIENT_REMOTE_MEMBERS_H

#include "client/remote/davanswer.h"
#include "client/remote/http.h"
#include "client/remote/listing.h"

enum { MEMBERS_LIMIT = 256 << 20 }; /* bytes that a listing may take here */

struct members {
	bool is_found, is_folder; /* the resource itself */
	struct listing_entry self;
	bool is_locked;
	char *lock_token, *lock_owner; /* NULL: not told; texts of the server */
	int64_t lock_timeout_s;        /* -1: endless, or not told */
	struct listing list;           /* by the bytes of the names */
};

void members_clear(struct members *m);

/* The end of a question; `m` is taken with what came (members_clear()), `why` says an error. */
typedef void members_done_fn(void *arg, enum err e, const struct note *why, struct members *m);

/* What members_ask() asks, without waiting: `done` comes from http_run(). */
void members_start(struct http *h, const char *path, bool is_folder, bool is_deep, members_done_fn *done, void *arg);

/*
 * Asks for `path` (clean, below the remote's root) and waits for the end.  `is_folder`: the URL gets a slash at its end; without one
 * a server that wants it is asked again.  `is_deep`: with the members, else the resource alone, and its locks.  E_NOT_FOUND;
 * E_BAD_REQUEST: no such answer, or the server has no PROPFIND; errors of the network and of the status.  `why` says it; members_clear()
 * frees, whatever came.
 */
enum err members_ask(struct http *h, const char *path, bool is_folder, bool is_deep, struct members *out,
		     struct note *why) must_check;

/* The same of a folder with its members, as it was at `at` (versions.h); NULL: as it is. */
enum err members_ask_at(struct http *h, const char *path, const char *at, struct members *out,
			struct note *why) must_check;

#endif
