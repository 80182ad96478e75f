/*
 * davanswer: the answer to PROPFIND, and a 207 to anything else (RFC 4918 §13), read as it arrives: one call a resource.
 *
 * The server is not trusted: every text is bounded, a document type is refused, and an href that is no clean path fails the whole.
 */
#ifndef CLIENT_REMOTE_DAVANSWER_H
#define CLIENT_REMOTE_DAVANSWER_H

#include "common/buf.h"
#include "common/err.h"

enum { DAVANSWER_TEXT_LIMIT = 16 << 10 };

/* A lock, as lockdiscovery tells of it; texts are "" when it does not. */
struct davanswer_lock {
	const char *token, *owner;
	int64_t timeout_s; /* -1: endless, or not told */
};

/* What is told of versions and of what was deleted (RFC 3253, and our own server's). */
enum davanswer_text {
	DAVANSWER_NUMBER,     /* version-name */
	DAVANSWER_AUTHOR,     /* creator-displayname */
	DAVANSWER_CLIENT,     /* through what it came */
	DAVANSWER_CREATED,    /* creationdate */
	DAVANSWER_CHECKED_IN, /* href of a state that never changes */
	DAVANSWER_ORIGINAL,   /* href of the place something was deleted from */
	DAVANSWER_UNDONE,     /* how a change was taken back */
	DAVANSWER_FROM,       /* href of the place it was taken back from, or moved */
	DAVANSWER_CHANGE,     /* what happened */
	DAVANSWER_TEXTS
};

/* One resource; texts are borrowed for the call. */
struct davanswer_resource {
	const char *path;         /* of the href, decoded and clean, from the server's root */
	bool has_slash;           /* it ended in one */
	int status;               /* of the response as such; else 200 if a propstat says so, 404 if none does */
	bool has_kind, is_folder; /* has_kind: resourcetype was told with a 200, empty or not */
	bool is_executable;       /* Apache's property says T */
	int64_t size_bytes;       /* -1: not told */
	int64_t mtime_s;          /* 0: not told */
	const char *etag;         /* with its quotes; "" none */
	const char *id;           /* DAV:resource-id (RFC 5842 §3.1), a URI; "" none */
	bool is_locked;
	struct davanswer_lock lock;         /* the first one */
	const char *texts[DAVANSWER_TEXTS]; /* by enum davanswer_text; "" where it is not told */
};

typedef enum err davanswer_fn(void *arg, const struct davanswer_resource *resource);

struct davanswer;

struct davanswer *davanswer_new(davanswer_fn *fn, void *arg);
void davanswer_free(struct davanswer *m);

/* The next bytes.  E_BAD_REQUEST: no multistatus, or over a bound; errors of the callback. */
enum err davanswer_add(struct davanswer *m, const void *bytes, size_t len) must_check;

/* The end.  E_BAD_REQUEST: it is cut off. */
enum err davanswer_end(struct davanswer *m) must_check;

/* After the end: the DAV:sync-token that a report ends with (RFC 6578 §6.2), "" none.  Lives as long as `m`. */
const char *davanswer_token(const struct davanswer *m);

/* What PROPFIND asks for: the four that a listing needs; and with locks.  What a report of changes asks for. */
extern const char davanswer_ask[], davanswer_ask_locks[], davanswer_prop_changes[];

#endif
