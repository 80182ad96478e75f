/*
 * For a program that is run with this by LD_PRELOAD: tells, in the file $LEFTOVER_LOG, of memory that is given back with one of
 * $LEFTOVER_WORDS (separated by blanks) in it, a secret, unless what stands before it there is "Authorization: " and a scheme, as in what
 * libcurl sent.
 */
#include <fcntl.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* glibc's own, beneath these. */
/* NOLINTBEGIN(bugprone-reserved-identifier,readability-inconsistent-declaration-parameter-name) */
extern void __libc_free(void *block);
extern void *__libc_malloc(size_t size);

static const char field[] = "Authorization: ";

enum { SCHEME_LEN = 7, SHOWN = 24 }; /* "Bearer ", "Basic " */

static int is_sent(const char *block, const char *at)
{
	size_t before = (size_t)(at - block), least = sizeof field - 1 + SCHEME_LEN - 1;
	const char *from = before > least + 1 ? at - least - 1 : block;

	return before >= least && memmem(from, (size_t)(at - from), field, sizeof field - 1) != NULL;
}

static void tell(const char *block, const char *at, size_t len)
{
	const char *from = at - block > SHOWN ? at - SHOWN : block;
	int fd = open(getenv("LEFTOVER_LOG"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	(void)!write(fd, from, (size_t)(at - from) + len);
	(void)!write(fd, "\n", 1);
	close(fd);
}

static void look(const char *block)
{
	const char *words = getenv("LEFTOVER_WORDS"), *end = block + malloc_usable_size((void *)block);

	for (size_t len; words && *words; words += len + (words[len] == ' ')) {
		len = strcspn(words, " ");
		for (const char *at = block; (at = memmem(at, (size_t)(end - at), words, len)) != NULL; at++)
			if (!is_sent(block, at))
				tell(block, at, len);
	}
}

void free(void *block)
{
	if (block)
		look(block);
	__libc_free(block);
}

/* Always a new block, as it may be at any time: what the old one held is given back. */
void *realloc(void *block, size_t size)
{
	size_t before = block ? malloc_usable_size(block) : 0;
	char *to = __libc_malloc(size);

	if (to && block) {
		memcpy(to, block, before < size ? before : size);
		free(block);
	}
	return to;
}
/* NOLINTEND(bugprone-reserved-identifier,readability-inconsistent-declaration-parameter-name) */
