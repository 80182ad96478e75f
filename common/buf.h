/*
 * buf: owned, growable bytes with a maximum, always NUL-terminated.  What would pass the maximum is refused whole.
 */
#ifndef COMMON_BUF_H
#define COMMON_BUF_H

#include "common/err.h"
#include "common/span.h"

struct buf {
	char *data; /* never NULL; data[len] is NUL */
	size_t len, cap, max;
	bool is_secret;
};

#define autobuf __attribute__((cleanup(buf_clear)))

/* An empty buffer that may hold up to `max_bytes`; allocates nothing yet. */
struct buf buf_new(size_t max_bytes);

/* The same for a secret: whatever it held is wiped when it grows and when it is cleared; what is taken, by who takes it. */
struct buf buf_new_secret(size_t max_bytes);

/* Frees what it holds; the buffer is empty and usable again. */
void buf_clear(struct buf *b);

/* Empties without freeing. */
void buf_reset(struct buf *b);

/* Appends.  E_TOO_LARGE: the maximum would be passed; E_BUSY: memory is short (memory.h).  Nothing was appended then. */
enum err buf_add(struct buf *b, const void *bytes, size_t len) must_check;
enum err buf_add_span(struct buf *b, struct span s) must_check;
enum err buf_add_text(struct buf *b, const char *text) must_check;
enum err buf_add_number(struct buf *b, int64_t n) must_check; /* in decimal */
enum err buf_addf(struct buf *b, const char *fmt, ...) printf_like(2, 3) must_check;

/* Room for `len` more bytes; `out` points at it until the next call.  buf_commit() says how many were written. */
enum err buf_reserve(struct buf *b, size_t len, char **out) must_check;
void buf_commit(struct buf *b, size_t len);

/* The bytes, borrowed until the next change. */
struct span buf_span(const struct buf *b);

/* Hands the bytes over: the caller frees them, the buffer is empty again. */
char *buf_take(struct buf *b);

#endif
