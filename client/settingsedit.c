/*
 * Changes to an ini file that leave every other line as the user wrote it.  It may be that of the tokens: buffers are wiped, and nothing
 * of it goes through printf(), which keeps what it formats.
 */
#include "client/settings.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/buf.h"
#include "common/fsio.h"
#include "common/ini.h"

/* Is the line the header of our section?  `is_header`: is it any header? */
static bool is_section(struct span line, const char *label, bool *is_header)
{
	struct span word, name;

	line = span_trim(line);
	*is_header = line.len > 1 && line.ptr[0] == '[';
	if (!*is_header)
		return false;
	line = (struct span){ line.ptr + 1, line.len - 1 };
	if (!span_cut(&line, ']', &name) || !span_cut(&name, ' ', &word))
		return false;
	name = span_trim(name);
	if (!label)
		return span_is(word, "defaults") && name.len == 0;
	if (name.len > 1 && name.ptr[0] == '"' && name.ptr[name.len - 1] == '"')
		name = (struct span){ name.ptr + 1, name.len - 2 };
	return span_is(word, "remote") && span_is(name, label);
}

static bool is_key(struct span line, const char *key)
{
	struct span name;

	return span_cut(&line, '=', &name) && span_is(span_trim(name), key);
}

/* The next line, without its end.  False: no more. */
static bool next_line(struct span *rest, struct span *line)
{
	return rest->len && span_cut(rest, '\n', line);
}

static enum err add_line(struct buf *out, struct span line)
{
	enum err e = buf_add_span(out, line);

	return e == OK ? buf_add_text(out, "\n") : e;
}

static enum err add_key(struct buf *out, const char *key, const char *value)
{
	enum err e = OK;

	if (value && (e = buf_add_text(out, key)) == OK && (e = buf_add_text(out, " = ")) == OK &&
	    (e = buf_add_text(out, value)) == OK)
		e = buf_add_text(out, "\n");
	return e;
}

/* The text with the key set in its section; blank lines at the section's end stay at its end. */
static enum err with_key(struct span text, const char *label, const char *key, const char *value, struct buf *out)
{
	size_t blanks = 0;
	bool inside = false, done = false, is_header;
	enum err e = OK;
	struct span line;

	while (e == OK && next_line(&text, &line)) {
		bool is_ours = is_section(line, label, &is_header);

		if (is_header && inside && !done) {
			e = add_key(out, key, value);
			done = true;
		}
		if (is_header)
			inside = is_ours;
		if (span_trim(line).len == 0) {
			blanks++;
			continue;
		}
		for (; blanks && e == OK; blanks--)
			e = buf_add_text(out, "\n");
		if (e != OK || (inside && done && is_key(line, key)))
			continue; /* a second line of the key would win over ours */
		if (inside && is_key(line, key)) {
			e = add_key(out, key, value);
			done = true;
		} else {
			e = add_line(out, line);
		}
	}
	if (e == OK && !done && !inside && value)
		e = label ? buf_addf(out, "%s[remote %s]\n", out->len ? "\n" : "", label)
			  : buf_addf(out, "%s[defaults]\n", out->len ? "\n" : "");
	if (e == OK && !done)
		e = add_key(out, key, value);
	return e;
}

static enum err without_section(struct span text, const char *label, struct buf *out, bool *found)
{
	bool inside = false, is_header;
	enum err e = OK;
	struct span line;

	while (e == OK && next_line(&text, &line)) {
		bool is_ours = is_section(line, label, &is_header);

		if (is_header)
			inside = is_ours;
		*found |= is_ours;
		if (!inside)
			e = add_line(out, line);
	}
	return e;
}

static enum err open_folder(const char *path, int *out, struct note *why)
{
	autofree char *folder = xstrdup(path);
	char *last = strrchr(folder, '/');

	for (char *slash = strchr(folder + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(folder, 0700); /* what fails here fails below, with words */
		*slash = '/';
	}
	if (last)
		last[last == folder] = '\0';
	*out = open(last ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return *out < 0 ? note_set(why, E_IO, "%s: %s", folder, strerror(errno)) : OK;
}

/* A config that is a link (to a repository of dot files) stays one: its target is replaced. */
static char *real_path(const char *path)
{
	char *real = realpath(path, NULL);

	return real ? real : xstrdup(path);
}

enum edit { EDIT_SET, EDIT_DROP };

static enum err edit(enum edit what, const char *given, const char *label, const char *key, const char *value,
		     struct note *why)
{
	autofree char *path = real_path(given);
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	autobuf struct buf text = buf_new_secret(INI_FILE_LIMIT), changed = buf_new_secret(INI_FILE_LIMIT);
	autoclose int folder = -1;
	bool found = false;
	enum err e;

	if ((e = open_folder(path, &folder, why)) != OK)
		return e;
	if ((e = fsio_read_file(folder, name, &text)) != OK && e != E_NOT_FOUND)
		return note_set(why, E_USAGE, "%s: %s", path, err_words(e));
	if (what == EDIT_SET)
		e = with_key(buf_span(&text), label, key, value, &changed);
	else
		e = without_section(buf_span(&text), label, &changed, &found);
	if (e == OK && what == EDIT_DROP && !found)
		return E_NOT_FOUND;
	if (e == OK)
		e = fsio_write_file(folder, name, 0600, buf_span(&changed));
	return e == OK ? OK : note_set(why, E_IO, "%s: %s", path, err_words(e));
}

/* Controls and what the grammar would read as a comment cannot be written. */
static bool is_writable(const char *value)
{
	for (const char *c = value; *c; c++)
		if (iscntrl((unsigned char)*c) || (strchr("#;", *c) && (c == value || isblank((unsigned char)c[-1]))))
			return false;
	return *value && !isblank((unsigned char)*value) && strlen(value) < INI_LINE_LIMIT / 2;
}

enum err settings_edit_set(const char *path, const char *label, const char *key, const char *value, struct note *why)
{
	if (value && !is_writable(value))
		return note_set(why, E_USAGE, "%s: a value that the file cannot hold", key);
	return edit(EDIT_SET, path, label, key, value, why);
}

enum err settings_edit_drop(const char *path, const char *label, struct note *why)
{
	return edit(EDIT_DROP, path, label, NULL, NULL, why);
}
