#include "common/buf.h"

#include "common/memory.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Up to BUF_SMALL it grows in any case; only what is larger is refused while memory is short. */
enum { BUF_FIRST = 64, BUF_SMALL = 32 << 10 };

static char empty[1]; /* what `data` points at before the first allocation; never written */

struct buf buf_new(size_t max_bytes)
{
	return (struct buf){ .data = empty, .max = max_bytes };
}

struct buf buf_new_secret(size_t max_bytes)
{
	return (struct buf){ .data = empty, .max = max_bytes, .is_secret = true };
}

/* Forgets the memory, keeping what kind of buffer it is. */
static void let_go(struct buf *b)
{
	*b = (struct buf){ .data = empty, .max = b->max, .is_secret = b->is_secret };
}

void buf_clear(struct buf *b)
{
	if (b->cap) {
		if (b->is_secret)
			explicit_bzero(b->data, b->cap);
		free(b->data);
	}
	let_go(b);
}

void buf_reset(struct buf *b)
{
	b->len = 0;
	if (b->cap)
		b->data[0] = '\0';
}

/* NULL: memory is short. */
static char *grown(struct buf *b, size_t cap)
{
	char *old = b->cap && !b->is_secret ? b->data : NULL;
	char *data = cap <= BUF_SMALL ? xrealloc(old, cap) : memory_grow(old, cap);

	if (data && b->cap && b->is_secret) {
		memcpy(data, b->data, b->len);
		explicit_bzero(b->data, b->cap);
		free(b->data);
	}
	return data;
}

enum err buf_reserve(struct buf *b, size_t len, char **out)
{
	if (len > b->max || b->len > b->max - len)
		return E_TOO_LARGE;
	if (b->len + len + 1 > b->cap) {
		size_t cap = MAX(b->cap * 2, (size_t)BUF_FIRST);
		char *data;

		cap = MAX(cap, b->len + len + 1);
		if (!(data = grown(b, cap)))
			return E_BUSY;
		b->data = data;
		b->cap = cap;
		b->data[b->len] = '\0'; /* whoever reserves need not commit: an end of file */
	}
	*out = b->data + b->len;
	return OK;
}

void buf_commit(struct buf *b, size_t len)
{
	assert(b->len + len < b->cap);
	b->len += len;
	b->data[b->len] = '\0';
}

enum err buf_add(struct buf *b, const void *bytes, size_t len)
{
	char *room;
	enum err e = buf_reserve(b, len, &room);

	if (e != OK)
		return e;
	if (len)
		memcpy(room, bytes, len);
	buf_commit(b, len);
	return OK;
}

enum err buf_add_span(struct buf *b, struct span s)
{
	return buf_add(b, s.ptr, s.len);
}

enum err buf_add_text(struct buf *b, const char *text)
{
	return buf_add(b, text, strlen(text));
}

enum err buf_addf(struct buf *b, const char *fmt, ...)
{
	size_t free_bytes = b->cap ? b->cap - b->len : 0; /* the NUL's included */
	va_list args;
	char *room;
	enum err e;
	int len;

	va_start(args, fmt);
	len = vsnprintf(free_bytes ? b->data + b->len : NULL, free_bytes, fmt, args);
	va_end(args);
	assert(len >= 0);
	if ((e = buf_reserve(b, (size_t)len, &room)) != OK) {
		if (b->cap)
			b->data[b->len] = '\0';
		return e;
	}
	if ((size_t)len < free_bytes) { /* it fitted at once, as it mostly does */
		buf_commit(b, (size_t)len);
		return OK;
	}
	va_start(args, fmt);
	vsnprintf(room, (size_t)len + 1, fmt, args);
	va_end(args);
	buf_commit(b, (size_t)len);
	return OK;
}

enum err buf_add_number(struct buf *b, int64_t n)
{
	char digits[sizeof "-9223372036854775808"], *at = digits + sizeof digits;
	uint64_t rest = n < 0 ? -(uint64_t)n : (uint64_t)n;

	do
		*--at = (char)('0' + rest % 10);
	while (rest /= 10);
	if (n < 0)
		*--at = '-';
	return buf_add(b, at, (size_t)(digits + sizeof digits - at));
}

struct span buf_span(const struct buf *b)
{
	return (struct span){ b->data, b->len };
}

char *buf_take(struct buf *b)
{
	char *data = b->cap ? b->data : xstrdup("");

	let_go(b);
	return data;
}
