/*
 * ignore: what is not synced: patterns of `ignore` in the config, and of a .syncignore in any folder, with the meaning that
 * gitignore(5) gives to them: the last that fits decides, a deeper folder's before a higher one's, "!" takes back, and what is
 * in an ignored folder cannot be taken back.
 */
#ifndef CLIENT_SYNC_IGNORE_H
#define CLIENT_SYNC_IGNORE_H

#include "common/err.h"
#include "common/span.h"

#define IGNORE_FILE ".syncignore"

enum { IGNORE_FILE_LIMIT = 1 << 20 };

struct ignore;

/* `defaults`: patterns separated by blanks, or NULL. */
struct ignore *ignore_new(const char *defaults);
void ignore_free(struct ignore *g);

/* The rules of a folder ("" the root), in place of those it had. */
void ignore_set(struct ignore *g, const char *folder, struct span text);

/* Reads the .syncignore of an open folder, if there is one.  Errors of reading but E_NOT_FOUND.  Blocks. */
enum err ignore_read(struct ignore *g, const char *folder, int fd) must_check;

/* Is `path` ignored by itself, when what it is in is not? */
bool ignore_matches(const struct ignore *g, const char *path, bool is_folder);

/* Is it, or a folder that it is in, ignored? */
bool ignore_covers(const struct ignore *g, const char *path, bool is_folder);

#endif
