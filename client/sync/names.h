/*
 * names: what a folder holds, in the order of the bytes of the names, and which of them a server takes for one and the same name
 * because they differ only in their Unicode normal form.
 */
#ifndef CLIENT_SYNC_NAMES_H
#define CLIENT_SYNC_NAMES_H

#include "common/err.h"

struct names_entry {
	char *name;
	bool is_clashing;
};

struct names {
	struct names_entry *entries;
	size_t count, room;
};

/* Reads an open folder, without "." and "..".  Errors of reading.  names_clear() frees, whatever came. */
enum err names_read(int folder, struct names *out) must_check;
void names_clear(struct names *n);

/* A key that is equal for names, or paths, that differ only in case or in their normal form.  The caller frees it. */
char *names_fold(const char *text);

#endif
