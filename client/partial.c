#include "client/partial.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/fsio.h"
#include "common/rand.h"

enum { NAME_RANDOM = 8, READ_SIZE = 256 << 10 };

void partial_init(struct partial *p)
{
	*p = (struct partial){ .folder = -1, .fd = -1 };
}

void partial_clear(struct partial *p)
{
	if (p->fd >= 0)
		close(p->fd);
	hasher_free(p->hasher);
	partial_init(p);
}

enum err partial_create(struct partial *p, int folder)
{
	char random[2 * NAME_RANDOM + 1];

	partial_clear(p);
	rand_hex(random, NAME_RANDOM);
	snprintf(p->name, sizeof p->name, ".sync-%s.part", random);
	p->fd = openat(folder, p->name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (p->fd < 0)
		return err_from_errno(errno);
	flock(p->fd, LOCK_EX | LOCK_NB); /* tells another pull that this one is being written */
	p->folder = folder;
	p->hasher = hasher_new();
	return OK;
}

static bool is_our_name(const char *name)
{
	size_t len = strlen(name);

	return len == sizeof ".sync-.part" - 1 + 2 * NAME_RANDOM && strncmp(name, ".sync-", 6) == 0 &&
	       !strchr(name, '/') && strcmp(name + len - 5, ".part") == 0;
}

static enum err hash_what_is_there(struct partial *p)
{
	autofree char *bytes = xmalloc(READ_SIZE);
	ssize_t n;

	while ((n = pread(p->fd, bytes, READ_SIZE, p->written_bytes)) > 0) {
		hasher_add(p->hasher, bytes, (size_t)n);
		p->written_bytes += n;
	}
	return n == 0 && lseek(p->fd, p->written_bytes, SEEK_SET) >= 0 ? OK : E_IO;
}

enum err partial_reopen(struct partial *p, int folder, const char *name)
{
	struct stat st;

	partial_clear(p);
	if (!is_our_name(name))
		return E_NOT_FOUND;
	snprintf(p->name, sizeof p->name, "%s", name);
	p->fd = openat(folder, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	p->folder = folder;
	if (p->fd < 0 || fstat(p->fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_nlink != 1 || st.st_uid != geteuid() ||
	    flock(p->fd, LOCK_EX | LOCK_NB) != 0) {
		partial_clear(p);
		return E_NOT_FOUND;
	}
	p->hasher = hasher_new();
	return hash_what_is_there(p);
}

enum err partial_restart(struct partial *p)
{
	hasher_free(p->hasher);
	p->hasher = hasher_new();
	p->written_bytes = 0;
	if (ftruncate(p->fd, 0) != 0 || lseek(p->fd, 0, SEEK_SET) != 0)
		return err_from_errno(errno);
	return OK;
}

enum err partial_write(struct partial *p, const void *bytes, size_t len)
{
	enum err e = fsio_write("partial-write", p->fd, bytes, len);

	if (e != OK)
		return e;
	hasher_add(p->hasher, bytes, len);
	p->written_bytes += (int64_t)len;
	return OK;
}

void partial_remove(struct partial *p)
{
	if (p->fd >= 0)
		unlinkat(p->folder, p->name, 0);
	partial_clear(p);
}
