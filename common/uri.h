/*
 * uri: request-target and Destination to a clean path, and back to a percent-encoded one (RFC 3986, RFC 9112 §3.2).
 */
#ifndef COMMON_URI_H
#define COMMON_URI_H

#include "common/arena.h"
#include "common/buf.h"
#include "common/path.h"

struct target {
	const char *path;        /* clean (common/path.h), in the arena */
	bool has_trailing_slash; /* "/a/" named a collection; "/" itself has it too */
	bool has_query;
	struct span query;     /* undecoded, without the "?"; borrowed from the input */
	struct span authority; /* "host:port" of an absolute-form; empty: origin-form; borrowed from the input */
};

/*
 * Reads an origin-form or absolute-form target ("*" is not one).  Runs of slashes count as one.  E_BAD_REQUEST: broken
 * percent-encoding, an encoded slash, "." or ".." segments (plain or encoded), what path_check() refuses, a space, a
 * fragment, another scheme than http or https, an authority that is empty or has user information (RFC 9110 §4.2.4).
 * E_URI_TOO_LONG: over the limits of common/path.h.
 */
enum err uri_to_target(struct span text, struct arena *arena, struct target *out) must_check;

/*
 * Percent-encodes a clean path for an href or a request-target: unreserved characters and "/" plain, also
 * "!$'()*+,;=:@" (a strict subset that gvfs, Finder and Windows agree on); everything else as upper-case %XX.  The text is
 * in the arena.
 */
const char *uri_encode_path(struct span path, struct arena *arena);

/* The same, appended.  E_TOO_LARGE as buf_add(). */
enum err uri_add_path(struct buf *out, struct span path) must_check;

/*
 * The value of `key` in a query ("at=5&x=y"), percent-decoded into the arena ("+" stays a plus: times have one).
 * E_NOT_FOUND; E_BAD_REQUEST: given twice, broken percent-encoding, control characters or invalid UTF-8.
 */
enum err uri_query_value(struct span query, const char *key, struct arena *arena, const char **out) must_check;

#endif
