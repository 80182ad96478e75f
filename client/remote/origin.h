/*
 * origin: a remote's URL taken apart: where the server is, and where below it our tree begins.
 */
#ifndef CLIENT_REMOTE_ORIGIN_H
#define CLIENT_REMOTE_ORIGIN_H

#include "common/err.h"
#include "common/span.h"

enum { ORIGIN_URL_LIMIT = 2048 };

struct origin {
	char *base;       /* "https://host:port", no slash at the end */
	char *host;       /* without brackets and zone */
	char *root;       /* "/" or "/remote.php/dav/files/ann/": begins and ends with a slash, percent-encoded */
	bool is_plain;    /* http, not https */
	bool is_loopback; /* localhost, 127.0.0.0/8, ::1: plain text does not leave the machine */
};

/*
 * Reads "https://host[:port][/path/]".  E_USAGE: not such a URL, or one with user, password, query or fragment; `why` says
 * it.  origin_clear() frees what it holds.
 */
enum err origin_parse(const char *url, struct origin *out, struct note *why) must_check;
void origin_clear(struct origin *o);

/* The whole URL of the root, "https://host:port/path/"; the caller frees it. */
char *origin_url(const struct origin *o);

/* Same scheme, host and port?  `url` is absolute. */
bool origin_holds(const struct origin *o, const char *url);

#endif
