#include "common/base.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void base_free_cleanup(void *pointer_to_pointer)
{
	int saved = errno;

	free(*(void **)pointer_to_pointer);
	errno = saved;
}

void base_close_cleanup(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		close(*fd);
	errno = saved;
}

static void *checked(void *ptr)
{
	if (!ptr)
		abort();
	return ptr;
}

void *xmalloc(size_t size_bytes)
{
	return checked(malloc(size_bytes ? size_bytes : 1));
}

void *xcalloc(size_t count, size_t size_bytes)
{
	return checked(calloc(count ? count : 1, size_bytes ? size_bytes : 1));
}

void *xrealloc(void *old, size_t size_bytes)
{
	return checked(realloc(old, size_bytes ? size_bytes : 1));
}

char *xstrdup(const char *text)
{
	return checked(strdup(text));
}

char *xstrndup(const char *text, size_t len)
{
	return checked(strndup(text, len));
}

char *xasprintf(const char *fmt, ...)
{
	va_list args;
	char *text;

	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		abort();
	va_end(args);
	return text;
}
