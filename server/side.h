/*
 * side: one of two folders that a command works between, each with the identity that belongs there: the store's with its owner's,
 * the caller's with the caller's.  So nothing in the store is ever root's, and nothing in the caller's folder needs to be the
 * owner's; a name that somebody planted in either is opened with no more rights than he has himself.
 *
 * The identity is the file system's (setfsuid(2)), of the thread and of those it starts.  Only root has two of them; for everybody
 * else nothing changes.  Names are relative to the side's folder; links at their end are not followed.
 */
#ifndef SERVER_SIDE_H
#define SERVER_SIDE_H

#include <sys/stat.h>
#include <sys/types.h>

#include "common/err.h"

struct side {
	int fd; /* of the folder; -1: none */
	uid_t uid;
	gid_t gid;
	char *path; /* absolute, for what takes no descriptor */
};

/* The caller's own identity, and nothing open. */
void side_init(struct side *s);
void side_clear(struct side *s);

/*
 * Opens the folder at `path`.  `is_store`: as its owner from here on, if the caller is root.  E_NOT_FOUND and the other errors of
 * open(2), with the reason.
 */
enum err side_open_folder(struct side *s, const char *path, bool is_store, struct note *why) must_check;

/* From here on this thread acts with the side's identity. */
void side_enter(const struct side *s);

/* The same as the system calls, as the side's identity; they return OK or what errno says. */
enum err side_open(const struct side *s, const char *name, int flags, mode_t mode, int *out_fd) must_check;
enum err side_stat(const struct side *s, const char *name, struct stat *out) must_check;
enum err side_make_folder(const struct side *s, const char *name) must_check; /* fine if it is there */
enum err side_rename(const struct side *s, const char *from, const char *to) must_check;
enum err side_unlink(const struct side *s, const char *name) must_check; /* fine if it is not there */
enum err side_sync_folder(const struct side *s, const char *name) must_check;

/* A folder that is open, for fsio_list(). */
enum err side_open_subfolder(const struct side *s, const char *name, int *out_fd) must_check;

#endif
