#include "client/sync/names.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "common/fsio.h"
#include "common/path.h"

static enum err add(void *arg, const char *name)
{
	struct names *n = arg;

	if (n->count == n->room) {
		n->room = n->room ? 2 * n->room : 32;
		n->entries = xrealloc(n->entries, n->room * sizeof *n->entries);
	}
	n->entries[n->count++] = (struct names_entry){ xstrdup(name), false };
	return OK;
}

static int by_bytes(const void *a, const void *b)
{
	const struct names_entry *x = a, *y = b;

	return strcmp(x->name, y->name);
}

struct key {
	char *text;
	size_t of;
};

static int by_key(const void *a, const void *b)
{
	const struct key *x = a, *y = b;

	return strcmp(x->text, y->text);
}

static bool is_ascii(const char *name)
{
	for (; *name; name++)
		if ((unsigned char)*name >= 0x80)
			return false;
	return true;
}

/* Only names beyond ASCII have more than one form (one of which may be ASCII: the Kelvin sign is a K). */
static void mark_clashes(struct names *n)
{
	autofree struct key *keys = xcalloc(n->count + 1, sizeof *keys);
	size_t count = 0;
	bool all_ascii = true;

	for (size_t i = 0; i < n->count; i++)
		all_ascii &= is_ascii(n->entries[i].name);
	for (size_t i = 0; !all_ascii && i < n->count; i++)
		if (path_check_name(span_of(n->entries[i].name)) == OK)
			keys[count++] = (struct key){ path_key(span_of(n->entries[i].name)), i };
	if (count > 1)
		qsort(keys, count, sizeof *keys, by_key);
	for (size_t i = 1; i < count; i++)
		if (strcmp(keys[i - 1].text, keys[i].text) == 0)
			n->entries[keys[i - 1].of].is_clashing = n->entries[keys[i].of].is_clashing = true;
	for (size_t i = 0; i < count; i++)
		free(keys[i].text);
}

/* ---- spellings ---- */

/* The name taken apart (NFD); NULL: it is no text.  The caller frees it. */
static char *taken_apart(const char *name)
{
	utf8proc_uint8_t *out;
	utf8proc_ssize_t len = utf8proc_map((const utf8proc_uint8_t *)name, 0, &out,
					    UTF8PROC_NULLTERM | UTF8PROC_STABLE | UTF8PROC_DECOMPOSE);

	if (len == UTF8PROC_ERROR_NOMEM)
		abort();
	return len < 0 ? NULL : (char *)out;
}

bool names_is_respelled(const char *a, const char *b)
{
	autofree char *x = NULL, *y = NULL;

	if (strcmp(a, b) == 0 || is_ascii(a) || is_ascii(b))
		return false;
	x = taken_apart(a);
	y = taken_apart(b);
	return x && y && strcmp(x, y) == 0;
}

bool names_is_usual_form(const char *name)
{
	autofree char *composed = path_key(span_of(name)), *apart = taken_apart(name);

	return strcmp(name, composed) == 0 || (apart && strcmp(name, apart) == 0);
}

void names_respell(struct names *n, names_known_fn *is_known, void *arg)
{
	for (size_t i = 0; i < n->count; i++) {
		char **name = &n->entries[i].name;
		autofree char *composed = NULL, *apart = NULL;

		if (is_ascii(*name) || is_known(arg, *name))
			continue;
		composed = path_key(span_of(*name));
		apart = taken_apart(*name);
		if (apart && !is_known(arg, composed) && is_known(arg, apart)) {
			free(*name);
			*name = TAKE(apart);
		} else {
			free(*name);
			*name = TAKE(composed);
		}
	}
	if (n->count > 1)
		qsort(n->entries, n->count, sizeof *n->entries, by_bytes);
}

enum err names_read(int folder, struct names *out)
{
	enum err e;

	memset(out, 0, sizeof *out);
	e = fsio_list(folder, add, out);
	if (out->count > 1)
		qsort(out->entries, out->count, sizeof *out->entries, by_bytes);
	mark_clashes(out);
	return e;
}

void names_clear(struct names *n)
{
	for (size_t i = 0; i < n->count; i++)
		free(n->entries[i].name);
	free(n->entries);
	memset(n, 0, sizeof *n);
}

char *names_fold(const char *text)
{
	utf8proc_uint8_t *key;
	utf8proc_ssize_t len = utf8proc_map((const utf8proc_uint8_t *)text, 0, &key,
					    UTF8PROC_NULLTERM | UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD);

	if (len == UTF8PROC_ERROR_NOMEM)
		abort();
	return len < 0 ? xstrdup(text) : (char *)key;
}
