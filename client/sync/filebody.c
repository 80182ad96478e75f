#include "client/sync/filebody.h"

#include <errno.h>
#include <unistd.h>

#include "client/sync/treepath.h"

bool filebody_open(struct filebody *b, const struct place *place, const char *path, const struct local_id *expected)
{
	autofree char *parent = treepath_parent(path);
	autoclose int folder = -1;
	struct local_id id;
	struct note why;
	struct stat st;

	*b = (struct filebody){ .fd = -1, .size_bytes = expected->size_bytes };
	if (local_folder_below(place->root, parent, false, &folder, &why) != OK ||
	    local_open(folder, treepath_name(path), false, &b->fd, &st, &why) != OK)
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

bool filebody_is_same(const struct filebody *b, const struct local_id *expected)
{
	struct local_id id;
	struct stat st;

	if (fstat(b->fd, &st) != 0)
		return false;
	id = local_id_of(&st);
	return local_id_equal(&id, expected);
}
