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

/*
 * Gives each entry beyond ASCII the spelling that `is_known` knows, of those that a file system which normalises may make one of (what it
 * lists, composed, apart); else composed.  For such file systems alone: there it answers to any of them.
 */
typedef bool names_known_fn(void *arg, const char *name);
void names_respell(struct names *n, names_known_fn *is_known, void *arg);

/* Are the two one name, in different normal forms? */
bool names_is_respelled(const char *a, const char *b);

/* Is it composed, or apart, as a whole? */
bool names_is_usual_form(const char *name);

/* A key that is equal for names, or paths, that differ only in case or in their normal form.  The caller frees it. */
char *names_fold(const char *text);

#endif
