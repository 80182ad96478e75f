#include "client/sync/treepath.h"

#include <string.h>

static int rank(char c)
{
	return c == '\0' ? 0 : c == '/' ? 1 : (unsigned char)c + 1;
}

int treepath_compare(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return rank(*a) - rank(*b);
}

bool treepath_is_below(const char *path, const char *folder)
{
	size_t len = strlen(folder);

	return len == 0 ? *path != '\0' : strncmp(path, folder, len) == 0 && path[len] == '/';
}

char *treepath_parent(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? xstrndup(path, (size_t)(slash - path)) : xstrdup("");
}

const char *treepath_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

char *treepath_join(const char *folder, const char *name)
{
	return *folder ? xasprintf("%s/%s", folder, name) : xstrdup(name);
}

size_t treepath_depth(const char *path)
{
	size_t depth = 0;

	for (; *path; path++)
		depth += *path == '/';
	return depth;
}

bool treepath_is_ours(const char *path)
{
	struct span rest = span_of(path), name;

	while (span_cut(&rest, '/', &name))
		if (span_is(name, ".sync"))
			return true;
	return false;
}
