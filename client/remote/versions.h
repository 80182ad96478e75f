/*
 * versions: what the server keeps of a path: its versions (RFC 3253 §3.7), its state at a time, and what was deleted there.
 *
 * The server is not trusted: what has no number or no usable URL below /.sync/ fails the whole.
 */
#ifndef CLIENT_REMOTE_VERSIONS_H
#define CLIENT_REMOTE_VERSIONS_H

#include "client/remote/http.h"

enum { VERSIONS_LIMIT = 20000 };

/* What happened in a folder; texts are borrowed for the call. */
struct change {
	int64_t number, made_s;
	const char *what;            /* the server's word: put, mkcol, delete, copy, move, proppatch, restore */
	const char *path, *from;     /* on the remote; from: "": not moved, or not told */
	const char *etag;            /* without its quotes; "" */
	const char *author, *client; /* "": not told */
	bool is_folder;
};

/*
 * Calls back for what happened in the folder `path`, the last change first; false: enough.  E_NOT_FOUND; E_BAD_REQUEST, E_FORBIDDEN: the
 * server does not tell; errors of the network and of the status.  `why` says it.
 */
typedef bool change_fn(void *arg, const struct change *change);
enum err versions_ask_changes(struct http *h, const char *path, change_fn *fn, void *arg, struct note *why) must_check;

/* A path of the server's on the remote, whose root may lie lower; NULL: outside of it. */
const char *versions_on_remote(struct http *h, const char *path);

/* The tag without its quotes; "" for a weak or odd one.  The caller frees it. */
char *versions_bare_tag(const char *etag);

struct version {
	char *url;      /* path at the server's root, decoded: what it can be had by */
	char *etag;     /* without its quotes */
	int64_t number; /* of the change that made it */
	int64_t made_s, size_bytes;
	char *author, *client; /* "": not told */
};

struct versions {
	struct version *list; /* the newest first */
	size_t count, room;
};

void versions_clear(struct versions *v);

/*
 * Every version of the file that is, or was, at `path`.  E_NOT_FOUND: none; E_BAD_REQUEST, E_FORBIDDEN: the server keeps none; errors of
 * the network and of the status.  `why` says it; versions_clear() frees, whatever came.
 */
enum err versions_ask(struct http *h, const char *path, struct versions *out, struct note *why) must_check;

/*
 * What was at `path` at `at`: a number, or a time of the server's.  `out_url` (the caller frees it): what that state can be had by.
 * Errors likewise.
 */
enum err versions_ask_at(struct http *h, const char *path, const char *at, bool *out_is_folder, char **out_url,
			 struct note *why) must_check;

/*
 * The URL of what was deleted last at `path`; with `etag` (no quotes) of that very content.  The caller frees it.  E_NOT_FOUND: nothing.
 */
enum err versions_ask_trash(struct http *h, const char *path, const char *etag, bool *out_is_folder, char **out_url,
			    struct note *why) must_check;

#endif
