#include "common/fsio.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "common/rand.h"

enum { READ_PIECE = 65536 };

bool fsio_set_direct(int fd, bool is_direct)
{
	int flags = fcntl(fd, F_GETFL);

	return flags >= 0 && fcntl(fd, F_SETFL, is_direct ? flags | O_DIRECT : flags & ~O_DIRECT) == 0;
}

/* Was that what the last write failed by? */
static bool leave_direct(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags >= 0 && (flags & O_DIRECT) && fsio_set_direct(fd, false);
}

static enum err write_once(int fd, const void *bytes, size_t len)
{
	const char *next = bytes;

	while (len) {
		ssize_t n = write(fd, next, len);

		if (n < 0 && (errno == EINTR || (errno == EINVAL && leave_direct(fd))))
			continue;
		if (n <= 0)
			return n < 0 ? err_from_errno(errno) : E_NO_SPACE;
		next += n;
		len -= (size_t)n;
	}
	return OK;
}

/* A write that the fault hook wants to fail; `short` stores half of it first, as a full disk does. */
static enum err write_fault(int fault, int fd, const void *bytes, size_t len)
{
	enum err e;

	if (fault != FSIO_SHORT)
		return err_from_errno(fault);
	e = write_once(fd, bytes, len / 2);
	return e == OK ? E_NO_SPACE : e;
}

enum err fsio_write(const char *point, int fd, const void *bytes, size_t len)
{
	int fault = fsio_fault(point);

	return fault ? write_fault(fault, fd, bytes, len) : write_once(fd, bytes, len);
}

enum err fsio_write_pieces(const char *point, int fd, struct iovec *pieces, size_t count)
{
	int fault = fsio_fault(point);

	if (fault)
		return count ? write_fault(fault, fd, pieces->iov_base, pieces->iov_len) : err_from_errno(fault);
	while (count) {
		ssize_t n = writev(fd, pieces, (int)MIN(count, (size_t)IOV_MAX));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_from_errno(errno);
		while (count && (size_t)n >= pieces->iov_len) {
			n -= (ssize_t)pieces->iov_len;
			pieces++;
			count--;
		}
		if (count && n) {
			pieces->iov_base = (char *)pieces->iov_base + n;
			pieces->iov_len -= (size_t)n;
		}
	}
	return OK;
}

enum err fsio_read_at(int fd, void *out, size_t len, int64_t offset)
{
	char *next = out;

	while (len) {
		ssize_t n = pread(fd, next, len, offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_from_errno(errno);
		if (n == 0)
			return E_CORRUPT;
		next += n;
		offset += n;
		len -= (size_t)n;
	}
	return OK;
}

enum err fsio_sync(const char *point, int fd)
{
	int fault = fsio_fault(point);

	if (fault)
		return err_from_errno(fault);
	return fdatasync(fd) == 0 ? OK : err_from_errno(errno);
}

enum err fsio_sync_folder(const char *point, int fd)
{
	int fault = fsio_fault(point);

	if (fault)
		return err_from_errno(fault);
	return fsync(fd) == 0 ? OK : err_from_errno(errno);
}

enum err fsio_open_folder(int folder, const char *name, int *out)
{
	*out = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return *out >= 0 ? OK : err_from_errno(errno);
}

enum err fsio_make_folder(int folder, const char *name)
{
	struct stat st;

	if (mkdirat(folder, name, 0700) == 0)
		return OK;
	if (errno != EEXIST)
		return err_from_errno(errno);
	if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_from_errno(errno);
	return S_ISDIR(st.st_mode) ? OK : E_CONFLICT;
}

enum err fsio_make_path(const char *path)
{
	autofree char *above = xstrdup(path);
	char *slash = strrchr(above, '/');
	autoclose int fd = -1;
	enum err e;

	if (mkdir(path, 0700) < 0) {
		if (errno == EEXIST)
			return OK;
		if (errno != ENOENT || !slash || slash == above)
			return err_from_errno(errno);
		*slash = '\0';
		if ((e = fsio_make_path(above)) != OK)
			return e;
		if (mkdir(path, 0700) < 0)
			return err_from_errno(errno);
		*slash = '/';
	}
	if (slash)
		slash[slash == above] = '\0';
	fd = open(slash ? above : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd >= 0 ? fsio_sync_folder("folder-sync", fd) : err_from_errno(errno);
}

enum err fsio_read_file(int folder, const char *name, struct buf *out)
{
	autoclose int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_from_errno(errno);
	if (!S_ISREG(st.st_mode))
		return E_FORBIDDEN;
	for (;;) {
		size_t want = MIN(out->max - out->len, (size_t)READ_PIECE);
		char *room;
		ssize_t n;
		enum err e;

		if ((e = buf_reserve(out, want, &room)) != OK)
			return e;
		/* The maximum is reached: one byte more is enough to see that this is not the end. */
		n = want ? read(fd, room, want) : read(fd, &(char){ 0 }, 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n == 0 ? OK : err_from_errno(errno);
		if (!want)
			return E_TOO_LARGE;
		buf_commit(out, (size_t)n);
	}
}

static enum err write_and_rename(int folder, const char *tmp, const char *name, mode_t mode, struct span bytes)
{
	autoclose int fd = openat(folder, tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	enum err e;

	if (fd < 0)
		return err_from_errno(errno);
	if ((e = fsio_write("file-write", fd, bytes.ptr, bytes.len)) != OK || (e = fsio_sync("file-sync", fd)) != OK)
		return e;
	if (renameat(folder, tmp, folder, name) < 0)
		return err_from_errno(errno);
	return fsio_sync_folder("file-folder-sync", folder);
}

enum err fsio_write_file(int folder, const char *name, mode_t mode, struct span bytes)
{
	char unique[17], tmp[NAME_MAX + 1];
	enum err e;

	rand_hex(unique, 8);
	if (snprintf(tmp, sizeof tmp, ".%s.%s", name, unique) >= (int)sizeof tmp)
		return E_URI_TOO_LONG;
	e = write_and_rename(folder, tmp, name, mode, bytes);
	if (e != OK)
		unlinkat(folder, tmp, 0);
	return e;
}

enum err fsio_list(int folder, fsio_entry_fn *fn, void *arg)
{
	int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;
	enum err e = OK;

	if (!dir) {
		e = err_from_errno(errno);
		if (fd >= 0)
			close(fd);
		return e;
	}
	errno = 0;
	while (e == OK && (entry = readdir(dir)) != NULL) {
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			e = fn(arg, entry->d_name);
		errno = 0;
	}
	if (e == OK && errno)
		e = err_from_errno(errno);
	closedir(dir);
	return e;
}
