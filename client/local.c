#include "client/local.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/path.h"

enum { READ_SIZE = 256 << 10, SETTLE_NS = 2 * NS_PER_S };

static int64_t ns_of(struct timespec t)
{
	return t.tv_sec * NS_PER_S + t.tv_nsec;
}

struct local_id local_id_of(const struct stat *st)
{
	return (struct local_id){ st->st_size, ns_of(st->st_mtim), ns_of(st->st_ctim), st->st_ino, st->st_dev };
}

bool local_id_equal(const struct local_id *a, const struct local_id *b)
{
	return a->size_bytes == b->size_bytes && a->mtime_ns == b->mtime_ns && a->ctime_ns == b->ctime_ns &&
	       a->ino == b->ino && a->dev == b->dev;
}

bool local_id_is_settled(const struct local_id *id, int64_t taken_ns)
{
	return MAX(id->mtime_ns, id->ctime_ns) + SETTLE_NS < taken_ns;
}

enum err local_open(int folder, const char *name, bool follow, int *out, struct stat *st, struct note *why)
{
	autoclose int fd =
	    openat(folder, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | (follow ? 0 : O_NOFOLLOW));

	if (fd < 0 && errno == ELOOP)
		return note_set(why, E_IO, "a symbolic link");
	if (fd < 0 && errno == ENOENT)
		return note_set(why, E_NOT_FOUND, "no such file here");
	if (fd < 0)
		return note_set(why, errno == ENOTDIR ? E_NOT_FOUND : E_IO, "%s", strerror(errno));
	if (fstat(fd, st) != 0)
		return note_set(why, E_IO, "%s", strerror(errno));
	if (S_ISDIR(st->st_mode))
		return note_set(why, E_USAGE, "a folder");
	if (!S_ISREG(st->st_mode))
		return note_set(why, E_IO, "not a regular file");
	*out = TAKE_FD(fd);
	return OK;
}

enum err local_digest(int fd, int64_t size_bytes, struct digest *out)
{
	autofree char *bytes = xmalloc(READ_SIZE);
	struct hasher *h = hasher_new();
	int64_t at = 0;

	while (at < size_bytes) {
		ssize_t n = pread(fd, bytes, (size_t)MIN((int64_t)READ_SIZE, size_bytes - at), at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		hasher_add(h, bytes, (size_t)n);
		at += n;
	}
	*out = hasher_finish(h);
	hasher_free(h);
	return at == size_bytes ? OK : E_IO;
}

/* One step down; made if it is missing and may be. */
static enum err step_down(int folder, struct span name, bool make, int *out, struct note *why)
{
	autofree char *text = span_dup(name);
	int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, fd;

	if (make && mkdirat(folder, text, 0777) != 0 && errno != EEXIST)
		return note_set(why, E_IO, "%s: %s", text, strerror(errno));
	if ((fd = openat(folder, text, flags)) < 0 && (errno == ELOOP || errno == ENOTDIR))
		return note_set(why, E_IO, "%s is here no folder of its own (a file or a symbolic link)", text);
	if (fd < 0)
		return note_set(why, errno == ENOENT ? E_NOT_FOUND : E_IO, "%s: %s", text, strerror(errno));
	*out = fd;
	return OK;
}

enum err local_folder_below(int root, const char *path, bool make, int *out, struct note *why)
{
	struct span rest = span_of(path), name;
	autoclose int fd = openat(root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return note_set(why, E_IO, "%s", strerror(errno));
	while (rest.len && span_cut(&rest, '/', &name)) {
		int below = -1;
		enum err e = path_check_name(name);

		if (e == OK)
			e = step_down(fd, name, make, &below, why);
		if (e != OK)
			return e;
		close(fd);
		fd = below;
	}
	*out = TAKE_FD(fd);
	return OK;
}

void local_make_folders(const char *path)
{
	autofree char *copy = xstrdup(path);

	for (char *slash = strchr(copy + (*copy == '/'), '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(copy, 0777);
		*slash = '/';
	}
	mkdir(copy, 0777);
}

char *local_absolute(int folder, const char *name)
{
	autofree char *link = xasprintf("/proc/self/fd/%d", folder);
	char path[PATH_MAX];
	ssize_t len = readlink(link, path, sizeof path - 1);
	struct stat st = { 0 };

	if (len <= 0) { /* no /proc: another name for the same folder does as a key */
		fstat(folder, &st);
		return xasprintf("?%llx.%llx/%s", (unsigned long long)st.st_dev, (unsigned long long)st.st_ino, name);
	}
	path[len] = '\0';
	return xasprintf("%s/%s", strcmp(path, "/") == 0 ? "" : path, name);
}

/* Is what was displaced (now called `temp`) the version that was expected?  A rename changes ctime: not compared. */
static bool is_expected(int folder, const char *temp, const struct local_id *expected)
{
	struct local_id id;
	struct stat st;

	if (fstatat(folder, temp, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return false;
	id = local_id_of(&st);
	return S_ISREG(st.st_mode) && id.size_bytes == expected->size_bytes && id.mtime_ns == expected->mtime_ns &&
	       id.ino == expected->ino && id.dev == expected->dev;
}

/* File systems without the exchange (NFS, some FUSE): look, then rename; the gap between is theirs. */
static enum err replace_plainly(int folder, const char *temp, const char *name, const struct local_id *expected)
{
	struct stat st;

	if (expected ? !is_expected(folder, name, expected) : fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return E_PRECONDITION;
	return renameat(folder, temp, folder, name) == 0 ? OK : err_from_errno(errno);
}

enum err local_replace(int folder, const char *temp, const char *name, const struct local_id *expected, bool any)
{
	unsigned how = expected ? RENAME_EXCHANGE : RENAME_NOREPLACE;

	if (any)
		return renameat(folder, temp, folder, name) == 0 ? OK : E_IO;
	if (renameat2(folder, temp, folder, name, how) != 0) {
		if (errno == EEXIST || errno == ENOENT)
			return E_PRECONDITION;
		return errno == EINVAL || errno == ENOSYS ? replace_plainly(folder, temp, name, expected) : E_IO;
	}
	if (!expected)
		return OK;
	if (!is_expected(folder, temp, expected)) {
		/* Somebody wrote between our look and the exchange: back, and nothing of theirs is lost. */
		if (renameat2(folder, temp, folder, name, RENAME_EXCHANGE) != 0)
			return E_IO;
		return E_PRECONDITION;
	}
	return unlinkat(folder, temp, 0) == 0 ? OK : E_IO;
}

int local_temporary(void)
{
	const char *folder = getenv("TMPDIR");
	autofree char *name = NULL;
	int fd;

	folder = folder && *folder ? folder : "/tmp";
	if ((fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600)) >= 0)
		return fd;
	name = xasprintf("%s/sync-XXXXXX", folder); /* a file system without O_TMPFILE */
	if ((fd = mkostemp(name, O_CLOEXEC)) >= 0)
		unlink(name);
	return fd;
}
