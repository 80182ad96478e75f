#include "client/sync/filebody.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "client/sync/linktext.h"
#include "client/sync/treepath.h"
#include "common/fsio.h"

/* The text that stands for the link, in memory. */
static bool open_link(struct filebody *b, int folder, const char *name, const struct local_id *expected)
{
	struct linktext text;
	struct local_id id;

	if (linktext_read(folder, name, &text, &id) != OK || !local_id_equal(&id, expected))
		return false;
	b->size_bytes = (int64_t)text.len;
	b->fd = memfd_create("link", MFD_CLOEXEC);
	return b->fd >= 0 && fsio_write("sync-link", b->fd, text.bytes, text.len) == OK;
}

bool filebody_open(struct filebody *b, const struct place *place, const char *path, const struct local_id *expected)
{
	autofree char *parent = treepath_parent(path);
	autoclose int folder = -1;
	struct local_id id;
	struct note why;
	struct stat st;

	*b = (struct filebody){ .fd = -1, .size_bytes = expected->size_bytes };
	if (local_folder_below(place->root, parent, false, &folder, &why) != OK)
		return false;
	if (fstatat(folder, treepath_name(path), &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode))
		return open_link(b, folder, treepath_name(path), expected);
	if (local_open(folder, treepath_name(path), false, &b->fd, &st, &why) != OK)
		return false;
	id = local_id_of(&st);
	return local_id_equal(&id, expected);
}

void filebody_close(struct filebody *b)
{
	if (b->fd >= 0)
		close(b->fd);
	b->fd = -1;
}

ssize_t filebody_read(struct filebody *b, char *out, size_t len)
{
	ssize_t n;

	do
		n = pread(b->fd, out, (size_t)MIN((int64_t)len, b->size_bytes - b->at), b->at);
	while (n < 0 && errno == EINTR);
	b->has_changed |= n == 0 && b->at < b->size_bytes;
	if (n < 0 || b->has_changed)
		return -1;
	b->at += n;
	return n;
}
