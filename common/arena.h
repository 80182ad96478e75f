/*
 * arena: the memory of one request.  Nothing in it is freed singly; all of it dies at arena_reset() or arena_free().
 * Callers bound what a peer can make them allocate (head and body limits); the arena itself only grows.
 */
#ifndef COMMON_ARENA_H
#define COMMON_ARENA_H

#include "common/span.h"

struct arena;

/* A new, empty arena; the caller frees it. */
struct arena *arena_new(void);

/* Frees it with all it holds; NULL is fine. */
void arena_free(struct arena *a);

/* Forgets everything, keeping a first block for the next request.  What was used is wiped: a request brings credentials. */
void arena_reset(struct arena *a);

/* Memory aligned for any type, not zeroed; lives until reset. */
void *arena_alloc(struct arena *a, size_t size_bytes) __attribute__((malloc, returns_nonnull));
void *arena_zalloc(struct arena *a, size_t size_bytes) __attribute__((malloc, returns_nonnull));

/* NUL-terminated copies. */
char *arena_strdup(struct arena *a, const char *text) __attribute__((returns_nonnull));
char *arena_span(struct arena *a, struct span s) __attribute__((returns_nonnull));
char *arena_printf(struct arena *a, const char *fmt, ...) printf_like(2, 3) __attribute__((returns_nonnull));

#endif
