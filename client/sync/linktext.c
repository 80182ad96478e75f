#include "client/sync/linktext.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MARK_BYTES = sizeof LINKTEXT_MARK - 1 };

static enum err look(int folder, const char *name, struct local_id *out)
{
	struct stat st;

	if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return err_from_errno(errno);
	*out = local_id_of(&st);
	return S_ISLNK(st.st_mode) ? OK : E_PRECONDITION;
}

enum err linktext_read(int folder, const char *name, struct linktext *out, struct local_id *out_id)
{
	struct local_id after;
	ssize_t n;
	enum err e = look(folder, name, out_id);

	if (e != OK)
		return e;
	memcpy(out->bytes, LINKTEXT_MARK, MARK_BYTES);
	n = readlinkat(folder, name, out->bytes + MARK_BYTES, LINKTEXT_TARGET_BYTES);
	if (n < 0)
		return errno == EINVAL ? E_PRECONDITION : err_from_errno(errno);
	out->len = MARK_BYTES + (size_t)n;
	if ((e = look(folder, name, &after)) != OK)
		return e;
	return n > 0 && local_id_equal(&after, out_id) ? OK : E_PRECONDITION;
}

char *linktext_target(int fd, int64_t size_bytes)
{
	char text[LINKTEXT_BYTES + 1];
	ssize_t n;

	if (size_bytes <= MARK_BYTES || size_bytes > LINKTEXT_BYTES)
		return NULL;
	n = pread(fd, text, sizeof text, 0);
	if (n != size_bytes || memcmp(text, LINKTEXT_MARK, MARK_BYTES) != 0 || memchr(text, '\0', (size_t)n))
		return NULL;
	return xstrndup(text + MARK_BYTES, (size_t)n - MARK_BYTES);
}
