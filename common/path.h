/*
 * path: names and clean paths.
 *
 * A clean path is "/" or "/a/b": decoded, valid UTF-8, no control characters, no empty, "." or ".." segment, no
 * trailing slash, at most PATH_LIMIT bytes, PATH_SEGMENTS_LIMIT segments of PATH_NAME_LIMIT bytes.  uri_to_path() is
 * the one place where strange ones are refused; everything behind it may rely on this form.
 */
#ifndef COMMON_PATH_H
#define COMMON_PATH_H

#include "common/err.h"
#include "common/span.h"

enum { PATH_LIMIT = 8192, PATH_NAME_LIMIT = 255, PATH_SEGMENTS_LIMIT = 256 };

/*
 * Is `name` fit to be one segment?  E_BAD_REQUEST: empty, "." or "..", a slash, a control character (U+0000 to
 * U+001F, U+007F to U+009F) or invalid UTF-8.  E_URI_TOO_LONG: over PATH_NAME_LIMIT bytes.
 */
enum err path_check_name(struct span name) must_check;

/* The same for a whole clean path. */
enum err path_check(struct span path) must_check;

/* Cuts the first segment of what follows a leading slash off `rest`.  False at the end.  Starts with the whole path. */
bool path_next(struct span *rest, struct span *segment);

/* "/a/b" to "/a" and "b"; "/a" to "/" and "a"; "/" to "/" and "".  Both borrow from `path`. */
struct span path_parent(struct span path);
struct span path_name(struct span path);

/* True if `path` is `prefix` or lies below it; segments are compared whole. */
bool path_is_within(struct span path, struct span prefix);

/* True if the first segment is reserved (".sync", "remote.php"; architecture.md, "One tree"). */
bool path_is_reserved(struct span path);

/*
 * The key under which a name is unique and looked up: its NFC form (utf8proc).  malloc'ed, NUL-terminated; the
 * caller frees it.  `name` has passed path_check_name().
 */
char *path_key(struct span name);

#endif
