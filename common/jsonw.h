/*
 * jsonw: writes JSON (RFC 8259) into a buffer, commas by itself.
 *
 *     struct jsonw w = jsonw_new(&buf);
 *     jsonw_object(&w);
 *     jsonw_key_text(&w, "name", name);
 *     jsonw_end(&w);
 *     return jsonw_error(&w);
 *
 * Text may hold any bytes: what is not valid UTF-8 becomes U+FFFD, control characters (C0, DEL, C1) and the line
 * separators are escaped, so that a line of output is one line everywhere and nothing in it moves a terminal's cursor.
 * The first append that does not fit is remembered; everything after it is dropped.
 */
#ifndef COMMON_JSONW_H
#define COMMON_JSONW_H

#include "common/buf.h"

enum { JSONW_DEPTH_LIMIT = 32 };

struct jsonw {
	struct buf *out;
	enum err error;
	unsigned depth;
	uint32_t is_object, has_members; /* bit n: of the n-th open value */
	bool after_key;
};

/* A writer that appends one value to `out`, which is borrowed as long as the writer is used. */
struct jsonw jsonw_new(struct buf *out);

/* Open an object or an array, as a member of the array around it or after jsonw_key(); jsonw_end() closes it. */
void jsonw_object(struct jsonw *w);
void jsonw_array(struct jsonw *w);
void jsonw_end(struct jsonw *w);

/* The key of the next value; inside objects only. */
void jsonw_key(struct jsonw *w, const char *key);

/* One value. */
void jsonw_text(struct jsonw *w, const char *text);
void jsonw_span(struct jsonw *w, struct span text);
void jsonw_int(struct jsonw *w, int64_t value);
void jsonw_bool(struct jsonw *w, bool value);
void jsonw_null(struct jsonw *w);

/* A key and its value. */
void jsonw_key_text(struct jsonw *w, const char *key, const char *text);
void jsonw_key_span(struct jsonw *w, const char *key, struct span text);
void jsonw_key_int(struct jsonw *w, const char *key, int64_t value);
void jsonw_key_bool(struct jsonw *w, const char *key, bool value);

/* OK, or E_TOO_LARGE: the buffer's maximum was met and what it holds is no whole value. */
enum err jsonw_error(const struct jsonw *w) must_check;

#endif
