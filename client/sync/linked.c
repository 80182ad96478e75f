#include "client/sync/linked.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/fsio.h"
#include "common/ini.h"
#include "common/rand.h"
#include "common/uri.h"

enum { ID_RANDOM = 8, WORD_RANDOM = 8, MARKER_LIMIT = 256, CONFIG_LIMIT = 16 << 10 };

#define PRESENT_KEY "marker"
#define NEXT_KEY    "marker-next"
#define CONFIG_FILE "config"
#define MARKER_FILE "id"

/* ---- finding ---- */

char *linked_find(const char *path)
{
	char *at = realpath(path, NULL);

	while (at) {
		autofree char *config = xasprintf("%s/" LINKED_FOLDER "/" CONFIG_FILE, strcmp(at, "/") == 0 ? "" : at);
		char *slash = strrchr(at, '/');

		if (access(config, F_OK) == 0)
			return at;
		if (slash == at && !at[1]) {
			free(at);
			return NULL;
		}
		slash[slash == at] = '\0';
	}
	return NULL;
}

/* ---- the marker ---- */

static enum err write_marker(int dot, const char *id, const char *word)
{
	autofree char *text = xasprintf("%s %s\n", id, word);

	return fsio_write_file(dot, MARKER_FILE, 0600, span_of(text));
}

/* The marker's word; NULL in `out`: it is another pairing's.  E_NOT_FOUND: there is none. */
static enum err read_marker(const struct linked *l, char **out)
{
	struct buf text = buf_new(MARKER_LIMIT);
	struct span rest, id, word = { NULL, 0 };
	enum err e = fsio_read_file(l->dot, MARKER_FILE, &text);

	*out = NULL;
	rest = buf_span(&text);
	if (e == OK && span_cut(&rest, ' ', &id) && span_is(id, l->id) && span_cut(&rest, '\n', &word))
		*out = span_dup(word);
	buf_clear(&text);
	return e;
}

static bool is_word(struct base *base, const char *key, const char *word)
{
	autofree char *known = NULL;

	return word && base_meta_get(base, key, &known) == OK && strcmp(known, word) == 0;
}

static char *random_word(void)
{
	char word[2 * WORD_RANDOM + 1];

	rand_hex(word, WORD_RANDOM);
	return xstrdup(word);
}

enum err linked_begin_change(struct linked *l)
{
	autofree char *word = random_word();
	enum err e;

	if ((e = base_meta_put(l->base, NEXT_KEY, word)) != OK || (e = base_commit(l->base)) != OK)
		return e;
	return write_marker(l->dot, l->id, word);
}

enum err linked_end_change(struct linked *l)
{
	autofree char *word = NULL;
	enum err e = base_meta_get(l->base, NEXT_KEY, &word);

	if (e != OK || (e = base_meta_put(l->base, PRESENT_KEY, word)) != OK)
		return e;
	return base_commit(l->base);
}

/* Is the folder the one that the state tells of? */
static enum err check_marker(struct linked *l, bool *out_is_strange, struct note *why)
{
	autofree char *word = NULL;
	enum err e = read_marker(l, &word);

	if (e == E_NOT_FOUND)
		return note_set(why, E_PRECONDITION, "%s/" LINKED_FOLDER "/" MARKER_FILE " is missing: not mounted?",
				l->root_path);
	if (e != OK)
		return note_set(why, e, "%s/" LINKED_FOLDER "/" MARKER_FILE ": %s", l->root_path, err_words(e));
	*out_is_strange = !is_word(l->base, PRESENT_KEY, word) && !is_word(l->base, NEXT_KEY, word);
	if (!*out_is_strange)
		return OK;
	if ((e = base_clear(l->base)) == OK && (e = linked_begin_change(l)) == OK)
		e = linked_end_change(l);
	return e == OK ? OK : note_set(why, e, "the state of this folder: %s", err_words(e));
}

/* ---- making ---- */

static enum err write_config(int dot, const char *id, const char *remote, const char *url, const char *collection,
			     bool is_unsafe)
{
	struct arena *arena = arena_new();
	autofree char *name = remote ? xasprintf("remote = %s\n", remote) : xstrdup("");
	autofree char *text = xasprintf("# made by clone\n[link]\nid = %s\n%surl = %s\npath = %s\n%s", id, name, url,
					uri_encode_path(span_of(collection), arena), is_unsafe ? "unsafe = yes\n" : "");
	enum err e = fsio_write_file(dot, CONFIG_FILE, 0600, span_of(text));

	arena_free(arena);
	return e;
}

static enum err make_dot(int root, int *out)
{
	enum err e;

	if ((e = fsio_make_folder(root, LINKED_FOLDER)) != OK ||
	    (e = fsio_open_folder(root, LINKED_FOLDER, out)) != OK || (e = fsio_make_folder(*out, "tmp")) != OK)
		return e;
	return fsio_make_folder(*out, "trash");
}

enum err linked_make(const char *path, const char *remote, const char *url, const char *collection, bool is_unsafe,
		     struct note *why)
{
	autofree char *found = linked_find(path), *word = random_word();
	autoclose int root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), dot = -1;
	char id[2 * ID_RANDOM + 1];
	enum err e;

	if (found)
		return note_set(why, E_PRECONDITION, "%s is a linked folder already", found);
	if (root < 0)
		return note_set(why, err_from_errno(errno), "%s: %s", path, strerror(errno));
	rand_hex(id, ID_RANDOM);
	/* The config last: with it the folder is a linked one. */
	if ((e = make_dot(root, &dot)) != OK || (e = write_marker(dot, id, word)) != OK ||
	    (e = write_config(dot, id, remote, url, collection, is_unsafe)) != OK ||
	    (e = fsio_sync_folder("sync-link", root)) != OK)
		return note_set(why, e, "%s/" LINKED_FOLDER ": %s", path, err_words(e));
	return OK;
}

/* ---- opening ---- */

static enum err take_key(void *arg, const struct ini_entry *entry, struct note *why)
{
	struct linked *l = arg;
	const struct {
		const char *key;
		char **field;
	} keys[] = { { "id", &l->id },
		     { "remote", &l->remote },
		     { "url", &l->url },
		     { "path", &l->collection },
		     { "merge", &l->merge } };

	for (size_t i = 0; i < ARRAY_LEN(keys) && strcmp(entry->section, "link") == 0; i++)
		if (strcmp(entry->key, keys[i].key) == 0) {
			free(*keys[i].field);
			*keys[i].field = xstrdup(entry->value);
			return OK;
		}
	if (strcmp(entry->section, "link") == 0 && strcmp(entry->key, "unsafe") == 0) {
		l->is_unsafe = strcmp(entry->value, "yes") == 0;
		return OK;
	}
	if (strcmp(entry->section, "link") == 0 && strcmp(entry->key, "links") == 0) {
		if (strcmp(entry->value, "text") != 0 && strcmp(entry->value, "skip") != 0)
			return note_set(why, E_USAGE, "links is text or skip");
		l->with_links = strcmp(entry->value, "text") == 0;
		return OK;
	}
	return note_set(why, E_USAGE, "unknown key `%.60s`", entry->key);
}

static bool is_hex(const char *text)
{
	return strlen(text) == 2 * ID_RANDOM && strspn(text, "0123456789abcdef") == 2 * ID_RANDOM;
}

static enum err read_config(struct linked *l, struct note *why)
{
	autofree char *file = xasprintf("%s/" LINKED_FOLDER "/" CONFIG_FILE, l->root_path);
	struct arena *arena;
	struct target target;
	enum err e = ini_read_file(file, take_key, l, why);

	if (e != OK)
		return e;
	if (!l->id || !is_hex(l->id) || !l->url || !l->collection)
		return note_set(why, E_USAGE, "%s: not what clone wrote", file);
	arena = arena_new();
	e = uri_to_target(span_of(l->collection), arena, &target);
	if (e == OK) {
		free(l->collection);
		l->collection = xstrdup(target.path);
	}
	arena_free(arena);
	return e == OK ? OK : note_set(why, E_USAGE, "%s: path is none", file);
}

enum err linked_read(const char *path, struct linked *out, struct note *why)
{
	*out = (struct linked){ .root_path = linked_find(path), .place = { -1, -1, -1 }, .dot = -1 };
	return out->root_path ? read_config(out, why) : E_NOT_FOUND;
}

static enum err open_folders(struct linked *l, struct note *why)
{
	enum err e = OK;

	l->place.root = open(l->root_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (l->place.root < 0)
		return note_set(why, err_from_errno(errno), "%s: %s", l->root_path, strerror(errno));
	if ((e = make_dot(l->place.root, &l->dot)) != OK ||
	    (e = fsio_open_folder(l->dot, "tmp", &l->place.temp)) != OK ||
	    (e = fsio_open_folder(l->dot, "trash", &l->place.trash)) != OK)
		return note_set(why, e, "%s/" LINKED_FOLDER ": %s", l->root_path, err_words(e));
	return OK;
}

/* What was put in place must not be lost by a power cut when the base already tells of it. */
static enum err sync_files(void *arg)
{
	const struct linked *l = arg;
	int number = fsio_fault("sync-commit");

	if (number)
		return err_from_errno(number);
	return syncfs(l->place.root) == 0 ? OK : err_from_errno(errno);
}

/* With all above it, for the user alone (the XDG base directory rule); what cannot be made is said when it is opened. */
static void make_states(const char *states)
{
	autofree char *copy = xstrdup(states);

	for (char *slash = strchr(copy + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(copy, 0700);
		*slash = '/';
	}
	mkdir(copy, 0700);
}

enum err linked_open(const char *root_path, const char *states, struct linked *out, bool *out_is_strange,
		     struct note *why)
{
	autofree char *state = NULL;
	enum err e;

	*out = (struct linked){ .root_path = xstrdup(root_path), .place = { -1, -1, -1 }, .dot = -1 };
	*out_is_strange = false;
	if ((e = read_config(out, why)) != OK || (e = open_folders(out, why)) != OK)
		return e;
	make_states(states);
	state = xasprintf("%s/%s.db", states, out->id);
	if ((e = base_open(state, &out->base, why)) != OK)
		return e;
	base_on_commit(out->base, sync_files, out);
	return check_marker(out, out_is_strange, why);
}

void linked_clear(struct linked *l)
{
	const int fds[] = { l->place.root, l->place.temp, l->place.trash, l->dot };

	base_close(l->base);
	for (size_t i = 0; i < ARRAY_LEN(fds); i++)
		if (fds[i] >= 0)
			close(fds[i]);
	free(l->root_path);
	free(l->id);
	free(l->remote);
	free(l->url);
	free(l->collection);
	free(l->merge);
	*l = (struct linked){ .place = { -1, -1, -1 }, .dot = -1 };
}
