/*
 * local: files here: what identifies a version of one, reading it with its digest, replacing it in one step.
 *
 * All functions block.  Folders are given as open descriptors (AT_FDCWD: the current one).
 */
#ifndef CLIENT_LOCAL_H
#define CLIENT_LOCAL_H

#include <sys/stat.h>

#include "common/digest.h"
#include "common/err.h"

/* Equal ids of one file mean equal content, unless the file was changed at nearly the time its id was taken. */
struct local_id {
	int64_t size_bytes, mtime_ns, ctime_ns;
	uint64_t ino, dev;
};

struct local_id local_id_of(const struct stat *st);
bool local_id_equal(const struct local_id *a, const struct local_id *b);

/*
 * May the id alone stand for the content?  Not when the file changed less than two seconds before `taken_ns`: another
 * change within the clock's step would not show.
 */
bool local_id_is_settled(const struct local_id *id, int64_t taken_ns);

/*
 * Opens a regular file for reading.  E_NOT_FOUND; E_FORBIDDEN; E_USAGE: a folder; E_IO: neither file nor folder, or with
 * `follow` false a symbolic link.  The caller closes `out`.
 */
enum err local_open(int folder, const char *name, bool follow, int *out, struct stat *st, struct note *why) must_check;

/* The digest of the first `size_bytes` of an open file, from its first byte on.  E_IO: it cannot be read or is shorter. */
enum err local_digest(int fd, int64_t size_bytes, struct digest *out) must_check;

/*
 * Opens the folder `path` ("a/b") below `root`, making what is missing.  No component may be a symbolic link: what a
 * server named must not leave the folder that was asked for.  An empty path is `root` itself.  The caller closes `out`.
 */
enum err local_folder_below(int root, const char *path, bool make, int *out, struct note *why) must_check;

/* Makes the folder `path` and those above it, as mkdir -p does; what fails shows when it is opened. */
void local_make_folders(const char *path);

/* An empty file without a name in $TMPDIR, for reading and writing.  -1: errno says why.  The caller closes it. */
int local_temporary(void);

/* The absolute path of `name` in an open folder, links resolved; the caller frees it. */
char *local_absolute(int folder, const char *name);

/*
 * Makes `temp` (written, synced) the content of `name`, both in `folder`.  `expected`: the version that may be replaced;
 * NULL: nothing may be there.  E_PRECONDITION: something else is there, which stays; `temp` stays, too.  `any`: replace
 * whatever is there.
 */
enum err local_replace(int folder, const char *temp, const char *name, const struct local_id *expected,
		       bool any) must_check;

#endif
