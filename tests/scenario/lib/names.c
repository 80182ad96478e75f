/*
 * A file system with its own ideas of names, for a program that is run with this by LD_PRELOAD.  $NAMES says which: "apart" and "composed"
 * keep names in that Unicode form whatever they were given in, and find them by either (HFS+ does the former); "caseless" finds
 * names that differ only in case (ext4 with casefold, vfat); "vfat" refuses characters and devices' names, cuts off a dot at the
 * end, and has no second names, no exchange and no links.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <utf8proc.h>

static int is(const char *kind)
{
	const char *names = getenv("NAMES");

	return names && strcmp(names, kind) == 0;
}

/* The name that is there, in whatever case; else `name`. */
static const char *found(int folder, const char *name, char out[1024])
{
	const char *best = name;
	struct dirent *entry;
	DIR *dir;
	int fd;

	fd = (int)syscall(SYS_openat, folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || !(dir = fdopendir(fd)))
		return name;
	while ((entry = readdir(dir))) {
		if (strcmp(entry->d_name, name) == 0) {
			best = name;
			break;
		}
		if (strcasecmp(entry->d_name, name) == 0) {
			snprintf(out, 1024, "%s", entry->d_name);
			best = out;
		}
	}
	closedir(dir);
	return best;
}

/* The name as it is kept. */
static const char *kept(int folder, const char *name, char out[1024])
{
	utf8proc_option_t how =
	    UTF8PROC_NULLTERM | UTF8PROC_STABLE | (is("apart") ? UTF8PROC_DECOMPOSE : UTF8PROC_COMPOSE);
	utf8proc_uint8_t *form = NULL;
	size_t len = strlen(name);

	if (folder < 0 || strchr(name, '/') || len > 255 || name[0] == '.')
		return name;
	if (is("caseless"))
		return found(folder, name, out);
	if (is("vfat")) {
		while (len && name[len - 1] == '.')
			len--;
		snprintf(out, 1024, "%.*s", (int)len, name);
		return out;
	}
	if (utf8proc_map((const utf8proc_uint8_t *)name, 0, &form, how) < 0)
		return name;
	snprintf(out, 1024, "%s", (char *)form);
	free(form);
	return out;
}

static int refuse(int number)
{
	errno = number;
	return -1;
}

static int is_refused(const char *name)
{
	return is("vfat") &&
	       (strpbrk(name, "\\:*?\"<>|") || strcasecmp(name, "con") == 0 || name[strlen(name) - 1] == ' ');
}

/* libc's headers give the parameters names of libc's own. */
/* NOLINTBEGIN(readability-inconsistent-declaration-parameter-name) */

#define REAL(name, ...) ((int (*)(__VA_ARGS__))dlsym(RTLD_NEXT, name))

static int open_kept(const char *real, int folder, const char *name, int flags, va_list more)
{
	char room[1024];
	int mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(more, int) : 0;

	if ((flags & O_CREAT) && is_refused(name))
		return refuse(EINVAL);
	return REAL(real, int, const char *, int, ...)(folder, kept(folder, name, room), flags, mode);
}

int openat(int folder, const char *name, int flags, ...)
{
	va_list more;
	int fd;

	va_start(more, flags);
	fd = open_kept("openat", folder, name, flags, more);
	va_end(more);
	return fd;
}

int openat64(int folder, const char *name, int flags, ...)
{
	va_list more;
	int fd;

	va_start(more, flags);
	fd = open_kept("openat64", folder, name, flags, more);
	va_end(more);
	return fd;
}

int fstatat64(int folder, const char *restrict name, struct stat64 *restrict out, int flags)
{
	char room[1024];

	return REAL("fstatat64", int, const char *, struct stat64 *, int)(folder, kept(folder, name, room), out, flags);
}

int fstatat(int folder, const char *restrict name, struct stat *restrict out, int flags)
{
	char room[1024];

	return REAL("fstatat", int, const char *, struct stat *, int)(folder, kept(folder, name, room), out, flags);
}

int mkdirat(int folder, const char *name, mode_t mode)
{
	char room[1024];

	if (is_refused(name))
		return refuse(EINVAL);
	return REAL("mkdirat", int, const char *, mode_t)(folder, kept(folder, name, room), mode);
}

int unlinkat(int folder, const char *name, int flags)
{
	char room[1024];

	return REAL("unlinkat", int, const char *, int)(folder, kept(folder, name, room), flags);
}

int renameat2(int from, const char *old, int to, const char *new, unsigned flags)
{
	char room[1024], other[1024];

	if (is_refused(new) || (is("vfat") && (flags & RENAME_EXCHANGE)))
		return refuse(EINVAL);
	return REAL("renameat2", int, const char *, int, const char *, unsigned)(from, kept(from, old, room), to,
										 kept(to, new, other), flags);
}

int renameat(int from, const char *old, int to, const char *new)
{
	return renameat2(from, old, to, new, 0);
}

int linkat(int from, const char *old, int to, const char *new, int flags)
{
	char room[1024], other[1024];

	if (is("vfat"))
		return refuse(EPERM);
	return REAL("linkat", int, const char *, int, const char *, int)(from, kept(from, old, room), to,
									 kept(to, new, other), flags);
}

int symlinkat(const char *target, int to, const char *new)
{
	char room[1024];

	if (is("vfat"))
		return refuse(EPERM);
	return REAL("symlinkat", const char *, int, const char *)(target, to, kept(to, new, room));
}

ssize_t readlinkat(int folder, const char *restrict name, char *restrict out, size_t size)
{
	ssize_t (*real)(int, const char *, char *, size_t) =
	    (ssize_t(*)(int, const char *, char *, size_t))dlsym(RTLD_NEXT, "readlinkat");
	char room[1024];

	return real(folder, kept(folder, name, room), out, size);
}

int faccessat(int folder, const char *name, int mode, int flags)
{
	char room[1024];

	return REAL("faccessat", int, const char *, int, int)(folder, kept(folder, name, room), mode, flags);
}

int utimensat(int folder, const char *name, const struct timespec times[2], int flags)
{
	char room[1024];

	return REAL("utimensat", int, const char *, const struct timespec *, int)(folder, kept(folder, name, room),
										  times, flags);
}

/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */
