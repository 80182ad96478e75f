/*
 * A file system that does not tell names apart by their case, for a program that is run with this by LD_PRELOAD: what it looks for by one
 * name from an open folder it finds under another that differs only in case, as ext4 with casefold, vfat and others do.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The name that is there for `name`; else `name`. */
static const char *found(int folder, const char *name, char out[256])
{
	const char *best = name;
	struct dirent *entry;
	DIR *dir;
	int fd;

	if (folder < 0 || strchr(name, '/') || strcmp(name, ".") == 0 || strlen(name) > 255)
		return name;
	fd = (int)syscall(SYS_openat, folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || !(dir = fdopendir(fd)))
		return name;
	while ((entry = readdir(dir))) {
		if (strcmp(entry->d_name, name) == 0) {
			best = name;
			break;
		}
		if (strcasecmp(entry->d_name, name) == 0) {
			snprintf(out, 256, "%s", entry->d_name);
			best = out;
		}
	}
	closedir(dir);
	return best;
}

/* libc's headers give the parameters names of libc's own. */
/* NOLINTBEGIN(readability-inconsistent-declaration-parameter-name) */

#define REAL(name, ...) ((int (*)(__VA_ARGS__))dlsym(RTLD_NEXT, name))

static int open_found(const char *real, int folder, const char *name, int flags, va_list more)
{
	char room[256];
	int mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(more, int) : 0;

	return REAL(real, int, const char *, int, ...)(folder, found(folder, name, room), flags, mode);
}

int openat(int folder, const char *name, int flags, ...)
{
	va_list more;
	int fd;

	va_start(more, flags);
	fd = open_found("openat", folder, name, flags, more);
	va_end(more);
	return fd;
}

int openat64(int folder, const char *name, int flags, ...)
{
	va_list more;
	int fd;

	va_start(more, flags);
	fd = open_found("openat64", folder, name, flags, more);
	va_end(more);
	return fd;
}

int fstatat64(int folder, const char *restrict name, struct stat64 *restrict out, int flags)
{
	char room[256];

	return REAL("fstatat64", int, const char *, struct stat64 *, int)(folder, found(folder, name, room), out,
									  flags);
}

int fstatat(int folder, const char *restrict name, struct stat *restrict out, int flags)
{
	char room[256];

	return REAL("fstatat", int, const char *, struct stat *, int)(folder, found(folder, name, room), out, flags);
}

int mkdirat(int folder, const char *name, mode_t mode)
{
	char room[256];

	return REAL("mkdirat", int, const char *, mode_t)(folder, found(folder, name, room), mode);
}

int unlinkat(int folder, const char *name, int flags)
{
	char room[256];

	return REAL("unlinkat", int, const char *, int)(folder, found(folder, name, room), flags);
}

int renameat2(int from, const char *old, int to, const char *new, unsigned flags)
{
	char room[256], other[256];

	return REAL("renameat2", int, const char *, int, const char *, unsigned)(from, found(from, old, room), to,
										 found(to, new, other), flags);
}

int faccessat(int folder, const char *name, int mode, int flags)
{
	char room[256];

	return REAL("faccessat", int, const char *, int, int)(folder, found(folder, name, room), mode, flags);
}

/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */
