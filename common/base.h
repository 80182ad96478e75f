/*
 * base: what every file of both programs leans on.
 *
 * Scope attributes release a local when it leaves its scope; TAKE() hands it out instead.  A function uses scope
 * attributes or a `fail:` label, never both: a jump over an attributed declaration would clean up garbage.
 * Memory exhaustion aborts (the store is crash-safe) once what the server keeps back for that case is gone as well
 * (memory.h); every size a peer controls is bounded before it is allocated.
 */
#ifndef COMMON_BASE_H
#define COMMON_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define must_check             __attribute__((warn_unused_result))
#define not_used               __attribute__((unused))
#define printf_like(fmt, args) __attribute__((format(printf, fmt, args)))

#define ARRAY_LEN(a)                    (sizeof(a) / sizeof((a)[0]))
#define MIN(a, b)                       ((a) < (b) ? (a) : (b))
#define MAX(a, b)                       ((a) > (b) ? (a) : (b))
#define container_of(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

/* Hands the pointer out of its scope: the variable becomes NULL, so its cleanup does nothing. */
#define TAKE(ptr) \
	__extension__({ \
		__typeof__(ptr) taken_ = (ptr); \
		(ptr) = NULL; \
		taken_; \
	})

/* The same for a descriptor: the variable becomes -1. */
#define TAKE_FD(fd) \
	__extension__({ \
		int taken_ = (fd); \
		(fd) = -1; \
		taken_; \
	})

#define autofree  __attribute__((cleanup(base_free_cleanup)))
#define autoclose __attribute__((cleanup(base_close_cleanup)))

/* The cleanup functions behind autofree and autoclose; both keep errno. */
void base_free_cleanup(void *pointer_to_pointer);
void base_close_cleanup(int *fd);

/* Allocation that cannot fail: aborts when memory is exhausted.  xcalloc zeroes.  The caller frees with free(). */
void *xmalloc(size_t size_bytes) __attribute__((malloc, returns_nonnull));
void *xcalloc(size_t count, size_t size_bytes) __attribute__((malloc, returns_nonnull));
void *xrealloc(void *old, size_t size_bytes) __attribute__((returns_nonnull));
char *xstrdup(const char *text) __attribute__((malloc, returns_nonnull));
char *xstrndup(const char *text, size_t len) __attribute__((malloc, returns_nonnull));
char *xasprintf(const char *fmt, ...) printf_like(1, 2) __attribute__((malloc, returns_nonnull));

#endif
