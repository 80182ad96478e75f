#include "common/arena.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ARENA_BLOCK = 4096 - 64, ARENA_ALIGN = 16 };

struct block {
	struct block *next;
	size_t used, size;
	_Alignas(ARENA_ALIGN) char bytes[];
};

struct arena {
	struct block *blocks; /* the newest first; the last one is kept by reset */
};

static struct block *block_new(size_t size, struct block *next)
{
	struct block *b = xmalloc(sizeof *b + size);

	b->next = next;
	b->used = 0;
	b->size = size;
	return b;
}

struct arena *arena_new(void)
{
	struct arena *a = xcalloc(1, sizeof *a);

	a->blocks = block_new(ARENA_BLOCK, NULL);
	return a;
}

void arena_reset(struct arena *a)
{
	while (a->blocks->next) {
		struct block *next = a->blocks->next;

		explicit_bzero(a->blocks->bytes, a->blocks->used);
		free(a->blocks);
		a->blocks = next;
	}
	explicit_bzero(a->blocks->bytes, a->blocks->used);
	a->blocks->used = 0;
}

void arena_free(struct arena *a)
{
	if (!a)
		return;
	arena_reset(a);
	free(a->blocks);
	free(a);
}

void *arena_alloc(struct arena *a, size_t size_bytes)
{
	size_t size = (size_bytes + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
	struct block *b = a->blocks;
	void *ptr;

	assert(size >= size_bytes);
	if (size > b->size - b->used)
		b = a->blocks = block_new(MAX(size, (size_t)ARENA_BLOCK), b);
	ptr = b->bytes + b->used;
	b->used += size;
	return ptr;
}

void *arena_zalloc(struct arena *a, size_t size_bytes)
{
	return memset(arena_alloc(a, size_bytes), 0, size_bytes);
}

char *arena_span(struct arena *a, struct span s)
{
	char *text = arena_alloc(a, s.len + 1);

	if (s.len)
		memcpy(text, s.ptr, s.len);
	text[s.len] = '\0';
	return text;
}

char *arena_strdup(struct arena *a, const char *text)
{
	return arena_span(a, span_of(text));
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list args;
	char *text;
	int len;

	va_start(args, fmt);
	len = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	assert(len >= 0);
	text = arena_alloc(a, (size_t)len + 1);
	va_start(args, fmt);
	vsnprintf(text, (size_t)len + 1, fmt, args);
	va_end(args);
	return text;
}
