#include "client/operand.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/buf.h"

void operands_clear(struct operands *o)
{
	for (size_t i = 0; i < o->count; i++) {
		free(o->items[i].local);
		free(o->items[i].remote);
	}
	free(o->items);
	free(o->remote_name);
	memset(o, 0, sizeof *o);
}

static struct operand *add(struct operands *o)
{
	o->items = xrealloc(o->items, (o->count + 1) * sizeof *o->items);
	o->items[o->count] = (struct operand){ 0 };
	return &o->items[o->count++];
}

/*
 * The words of a path put together again without empty and "." parts; ".." takes one away.  `rises`: it leads out of
 * where it began.  The caller frees the result, which has no slash in front ("" for the beginning itself).
 */
static char *normal_path(const char *path, bool *rises)
{
	struct span rest = span_of(path), part;
	char *out = xcalloc(1, strlen(path) + 1);
	size_t len = 0;

	*rises = false;
	while (span_cut(&rest, '/', &part)) {
		if (part.len == 0 || span_is(part, "."))
			continue;
		if (span_is(part, "..")) {
			char *slash = strrchr(out, '/');

			*rises |= len == 0;
			len = slash ? (size_t)(slash - out) : 0;
			out[len] = '\0';
			continue;
		}
		if (len)
			out[len++] = '/';
		memcpy(out + len, part.ptr, part.len);
		len += part.len;
		out[len] = '\0';
	}
	return out;
}

/* The last name of a local path; of ".", ".." and "/" that of the folder they stand for.  The caller frees it. */
static char *last_name(const char *local)
{
	size_t end = strlen(local), from;
	autofree char *real = NULL;
	struct span name;

	while (end > 1 && local[end - 1] == '/')
		end--;
	for (from = end; from > 0 && local[from - 1] != '/'; from--)
		;
	name = (struct span){ local + from, end - from };
	if (name.len == 0 || span_is(name, ".") || span_is(name, "..")) {
		real = realpath(local, NULL);
		name = real ? path_name(span_of(real)) : (struct span){ "", 0 };
	}
	return span_dup(name);
}

/* "name:path" of a known remote.  False: the colon is part of a path. */
static bool splits(const char *word, operand_known_fn *known, void *arg, char **name, const char **path)
{
	const char *colon = strchr(word, ':'), *slash = strchr(word, '/');
	autofree char *before = NULL;

	if (!colon || colon == word || (slash && slash < colon))
		return false;
	before = xstrndup(word, (size_t)(colon - word));
	if (!known(arg, before))
		return false;
	*name = TAKE(before);
	*path = colon + 1;
	return true;
}

/* A remote path as typed, "docs/a", "/docs//a/" or "", to a clean one.  E_USAGE. */
static enum err clean_remote(const char *typed, char **out, bool *is_folder_named, struct note *why)
{
	bool rises;
	autofree char *path = NULL, *normal = normal_path(typed, &rises);
	size_t len = strlen(typed);

	path = xasprintf("/%s", normal);
	if (rises || path_check(span_of(path)) != OK)
		return note_set(why, E_USAGE, "no path on a server: %.100s", typed);
	*is_folder_named = len == 0 || typed[len - 1] == '/';
	*out = TAKE(path);
	return OK;
}

/* "/folder" and "name" to "/folder/name". */
static char *join(const char *folder, const char *name)
{
	return xasprintf("%s%s%s", folder, strcmp(folder, "/") == 0 || !*name ? "" : "/", name);
}

/* Takes "name:" off a word; all words must agree on the remote. */
static enum err take_name(struct operands *o, const char *word, operand_known_fn *known, void *arg, const char **path,
			  bool is_first, struct note *why)
{
	autofree char *name = NULL;

	*path = word;
	if (splits(word, known, arg, &name, path) && is_first) {
		o->remote_name = TAKE(name);
		return OK;
	}
	if (!name != !o->remote_name || (name && strcmp(name, o->remote_name) != 0))
		return note_set(why, E_USAGE, "one server at a time, please");
	return OK;
}

/* ---- push ---- */

/* The name on the server of a local path without a REMOTE: its place, or its last name for what lies outside. */
static char *own_place(const char *local)
{
	bool rises;
	autofree char *normal = normal_path(local, &rises);
	autofree char *name = NULL;

	if (*local == '/' || rises) {
		name = last_name(local);
		return join("/", name);
	}
	return join("/", normal);
}

static void check_item(struct operand *item)
{
	if (path_check(span_of(item->remote)) != OK)
		item->err = note_set(&item->why, E_BAD_REQUEST, "a name that no server could hold");
}

static void add_push(struct operands *o, const char *local, char *remote)
{
	struct operand *item = add(o);

	item->local = strcmp(local, "-") == 0 ? NULL : xstrdup(local);
	item->remote = remote;
	check_item(item);
}

/* Is the last of several words the REMOTE? */
static bool last_is_remote(char **words, size_t count, operand_known_fn *known, void *arg)
{
	const char *last = words[count - 1], *path;
	autofree char *name = NULL;
	size_t len = strlen(last);

	if (count < 2 || len == 0)
		return false;
	return last[0] == '/' || last[len - 1] == '/' || strcmp(words[count - 2], "-") == 0 ||
	       splits(last, known, arg, &name, &path);
}

static enum err push_into(char **words, size_t count, const char *folder, struct operands *out, struct note *why)
{
	for (size_t i = 0; i < count; i++) {
		autofree char *name = last_name(words[i]);

		if (strcmp(words[i], "-") == 0)
			return note_set(why, E_USAGE, "standard input needs a name: push - /name");
		add_push(out, words[i], join(folder, name));
	}
	return OK;
}

static enum err push_all(char **words, size_t count, operand_known_fn *known, void *arg, struct operands *out,
			 struct note *why)
{
	autofree char *target = NULL, *name = NULL;
	const char *path = NULL;
	bool is_folder_named;
	enum err e;

	if (!last_is_remote(words, count, known, arg)) {
		for (size_t i = 0; i < count; i++) {
			if (strcmp(words[i], "-") == 0)
				return note_set(why, E_USAGE, "standard input needs a name: push - /name");
			add_push(out, words[i], own_place(words[i]));
		}
		return OK;
	}
	path = words[--count];
	if (splits(path, known, arg, &name, &path))
		out->remote_name = TAKE(name);
	if ((e = clean_remote(path, &target, &is_folder_named, why)) != OK)
		return e;
	if (is_folder_named)
		return push_into(words, count, target, out, why);
	if (count > 1)
		return note_set(why, E_USAGE, "several files for one name; a folder to put them in ends in \"/\"");
	add_push(out, words[0], TAKE(target));
	return OK;
}

enum err operands_push(char **words, size_t count, operand_known_fn *known, void *arg, struct operands *out,
		       struct note *why)
{
	enum err e;

	memset(out, 0, sizeof *out);
	if ((e = push_all(words, count, known, arg, out, why)) != OK)
		operands_clear(out);
	return e;
}

/* ---- the others ---- */

static enum err add_remotes(char **words, size_t count, operand_known_fn *known, void *arg, struct operands *out,
			    struct note *why)
{
	for (size_t i = 0; i < count; i++) {
		struct operand *item;
		const char *path;
		enum err e = take_name(out, words[i], known, arg, &path, i == 0, why);

		if (e != OK)
			return e;
		item = add(out);
		if ((e = clean_remote(path, &item->remote, &item->is_folder_named, why)) != OK)
			return e;
	}
	return OK;
}

enum err operands_remote(char **words, size_t count, operand_known_fn *known, void *arg, struct operands *out,
			 struct note *why)
{
	enum err e;

	memset(out, 0, sizeof *out);
	if ((e = add_remotes(words, count, known, arg, out, why)) != OK)
		operands_clear(out);
	return e;
}

static bool is_folder_here(const char *path)
{
	size_t len = strlen(path);
	struct stat st;

	return (len && path[len - 1] == '/') || (stat(path, &st) == 0 && S_ISDIR(st.st_mode));
}

static void place_items(struct operands *o, const char *output)
{
	for (size_t i = 0; i < o->count; i++) {
		struct operand *item = &o->items[i];
		const char *name = strrchr(item->remote, '/') + 1;
		size_t len = output ? strlen(output) : 0;

		if (!output)
			item->local = xstrdup(item->remote[1] ? item->remote + 1 : ".");
		else if (!is_folder_here(output) || !*name)
			item->local = xstrdup(output);
		else
			item->local = xasprintf("%s%s%s", output, output[len - 1] == '/' ? "" : "/", name);
	}
}

enum err operands_pull(char **words, size_t count, const char *output, operand_known_fn *known, void *arg,
		       struct operands *out, struct note *why)
{
	enum err e;

	memset(out, 0, sizeof *out);
	if (!output && count > 1 &&
	    (span_starts(span_of(words[count - 1]), "./") || span_starts(span_of(words[count - 1]), "../")))
		output = words[--count];
	if (output && (!*output || strcmp(output, "-") == 0))
		return note_set(why, E_USAGE, "-o names a file or a folder; `cat` writes to standard output");
	e = add_remotes(words, count, known, arg, out, why);
	if (e == OK && output && count > 1 && !is_folder_here(output))
		e = note_set(why, E_USAGE, "several files for one name; a folder to put them in ends in \"/\"");
	if (e == OK)
		place_items(out, output);
	else
		operands_clear(out);
	return e;
}
