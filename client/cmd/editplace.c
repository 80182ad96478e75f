#include "client/cmd/editplace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/local.h"
#include "client/settings.h"
#include "common/fsio.h"

enum { HASH_SHOWN = 16, BLOCK = 64 << 10 };

char *editplace_path(const char *remote, const char *path)
{
	autofree char *state = settings_state_path(), *whole = xasprintf("%s %s", remote, path);
	struct digest digest = digest_of(whole, strlen(whole));
	char hex[DIGEST_HEX_SIZE];

	*strrchr(state, '/') = '\0';
	return xasprintf("%s/edits/%.*s", state, HASH_SHOWN, digest_hex(&digest, hex));
}

enum err editplace_open(const char *remote, const char *path, struct editplace *out, struct note *why)
{
	autofree char *folder = editplace_path(remote, path), *yours = xasprintf("%s/yours", folder);
	autofree char *real = NULL;
	enum err e;

	*out = (struct editplace){ .folder = -1, .yours = -1, .name = xstrdup(strrchr(path, '/') + 1) };
	if ((e = fsio_make_path(yours)) != OK || (e = fsio_open_folder(AT_FDCWD, folder, &out->folder)) != OK ||
	    (e = fsio_open_folder(AT_FDCWD, yours, &out->yours)) != OK)
		return note_set(why, e, "%.150s: %s", yours, err_words(e));
	real = realpath(yours, NULL);
	out->file = xasprintf("%s/%s", real ? real : yours, out->name);
	if (flock(out->folder, LOCK_EX | LOCK_NB) != 0)
		return note_set(why, E_BUSY, "it is in another editor already");
	return OK;
}

void editplace_close(struct editplace *p)
{
	if (p->yours >= 0)
		close(p->yours);
	if (p->folder >= 0)
		close(p->folder);
	free(TAKE(p->name));
	free(TAKE(p->file));
	p->yours = p->folder = -1;
}

int editplace_mine(const struct editplace *p)
{
	return openat(p->yours, p->name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
}

int editplace_base(const struct editplace *p)
{
	return openat(p->folder, "base", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
}

static bool read_digest(int fd, struct digest *out)
{
	struct stat st;

	return fd >= 0 && fstat(fd, &st) == 0 && local_digest(fd, st.st_size, out) == OK;
}

bool editplace_is_changed(const struct editplace *p)
{
	autoclose int mine = editplace_mine(p), base = editplace_base(p);
	struct digest now, before;

	if (!read_digest(mine, &now))
		return false;
	return !read_digest(base, &before) || !digest_equal(&now, &before);
}

/* Whole or not at all, whenever we are killed: half a file must not look like an edit of it. */
static enum err copy(const struct editplace *p, int from, int folder, const char *name)
{
	autoclose int to = openat(p->folder, "new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	autofree char *block = xmalloc(BLOCK);
	enum err e = to >= 0 ? OK : err_from_errno(errno);
	ssize_t n;

	for (off_t at = 0; e == OK && (n = pread(from, block, BLOCK, at)) != 0; at += n)
		e = n < 0 ? err_from_errno(errno) : fsio_write("edit", to, block, (size_t)n);
	if (e == OK)
		e = fsio_sync("edit", to);
	if (e == OK && renameat(p->folder, "new", folder, name) != 0)
		e = err_from_errno(errno);
	return e;
}

enum err editplace_set_base(const struct editplace *p, int fd)
{
	if (fd >= 0)
		return copy(p, fd, p->folder, "base");
	return unlinkat(p->folder, "base", 0) == 0 || errno == ENOENT ? OK : err_from_errno(errno);
}

enum err editplace_begin(const struct editplace *p, int fd)
{
	enum err e;

	/* Without the file there is no edit, whatever the base is. */
	if (unlinkat(p->yours, p->name, 0) != 0 && errno != ENOENT)
		return err_from_errno(errno);
	if ((e = editplace_set_base(p, fd)) != OK)
		return e;
	return fd >= 0 ? copy(p, fd, p->yours, p->name) : OK;
}

bool editplace_base_digest(const struct editplace *p, struct digest *out)
{
	autoclose int base = editplace_base(p);

	return read_digest(base, out);
}

enum err editplace_set_mine(const struct editplace *p, struct span text)
{
	return fsio_write_file(p->yours, p->name, 0600, text);
}

void editplace_remove(struct editplace *p)
{
	autofree char *folder = xstrdup(p->file);

	unlinkat(p->yours, p->name, 0);
	unlinkat(p->folder, "base", 0);
	unlinkat(p->folder, "new", 0);
	unlinkat(p->folder, "yours", AT_REMOVEDIR);
	*strrchr(folder, '/') = '\0';
	*strrchr(folder, '/') = '\0';
	rmdir(folder); /* an editor's backup in it keeps it */
}
