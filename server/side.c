#include "server/side.h"

#include "common/fsio.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <unistd.h>

void side_init(struct side *s)
{
	*s = (struct side){ .fd = -1, .uid = geteuid(), .gid = getegid() };
}

void side_clear(struct side *s)
{
	if (s->fd >= 0)
		close(TAKE_FD(s->fd));
	free(TAKE(s->path));
}

void side_enter(const struct side *s)
{
	/* The group first: who is not root any more may not change it.  Neither call says whether it worked. */
	if (geteuid() != 0)
		return;
	setfsuid(0);
	setfsgid(s->gid);
	setfsuid(s->uid);
	if ((uid_t)setfsuid((uid_t)-1) != s->uid || (gid_t)setfsgid((gid_t)-1) != s->gid)
		abort();
}

enum err side_open_folder(struct side *s, const char *path, bool is_store, struct note *why)
{
	struct stat st;

	side_enter(s);
	s->path = realpath(path, NULL);
	s->fd = s->path ? open(s->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	if (s->fd < 0 || fstat(s->fd, &st) != 0)
		return note_set(why, err_from_errno(errno), "%.140s: %s", path, strerror(errno));
	if (is_store && geteuid() == 0) {
		s->uid = st.st_uid;
		s->gid = st.st_gid;
	}
	return OK;
}

enum err side_open(const struct side *s, const char *name, int flags, mode_t mode, int *out_fd)
{
	side_enter(s);
	*out_fd = openat(s->fd, name, flags | O_CLOEXEC | O_NOFOLLOW, mode);
	return *out_fd >= 0 ? OK : err_from_errno(errno);
}

enum err side_stat(const struct side *s, const char *name, struct stat *out)
{
	side_enter(s);
	return fstatat(s->fd, name, out, AT_SYMLINK_NOFOLLOW) == 0 ? OK : err_from_errno(errno);
}

enum err side_make_folder(const struct side *s, const char *name)
{
	side_enter(s);
	return fsio_make_folder(s->fd, name);
}

enum err side_rename(const struct side *s, const char *from, const char *to)
{
	side_enter(s);
	return renameat(s->fd, from, s->fd, to) == 0 ? OK : err_from_errno(errno);
}

enum err side_unlink(const struct side *s, const char *name)
{
	side_enter(s);
	return unlinkat(s->fd, name, 0) == 0 || errno == ENOENT ? OK : err_from_errno(errno);
}

enum err side_open_subfolder(const struct side *s, const char *name, int *out_fd)
{
	side_enter(s);
	return fsio_open_folder(s->fd, name, out_fd);
}

enum err side_sync_folder(const struct side *s, const char *name)
{
	autoclose int fd = -1;
	enum err e = side_open_subfolder(s, name, &fd);

	return e == OK ? fsio_sync_folder("side-folder-sync", fd) : e;
}
