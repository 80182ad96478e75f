/*
 * ini: inih splits lines into keys and values; the reader that feeds it refuses first what inih would let pass: long lines
 * (it cuts them and takes the tail for a line of its own), long section names (it cuts them), words after a section,
 * colons for equals signs, and indented lines as continuations (switched off).
 */
#include "common/ini.h"

#include "common/fsio.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ini.h>

enum { INI_BUFFER = INI_LINE_LIMIT + 96, FILE_SHOWN = 80 };

struct reading {
	struct span rest;
	const char *file;
	unsigned line;
	ini_entry_fn *fn;
	void *arg;
	enum err error;
	struct note *why;
};

/* inih's settings are the process's; these are the only ones anybody here may want. */
static void set_up(void)
{
	static char comments[] = "#;";

	ini_use_stack = false; /* its buffer on the stack is 200 bytes */
	ini_initial_alloc = INI_BUFFER;
	ini_max_line = INI_BUFFER;
	ini_allow_multiline = false;
	ini_inline_comment_prefixes = comments;
	ini_start_comment_prefixes = comments;
}

static bool is_blank(char ch)
{
	return ch == ' ' || ch == '\t';
}

static bool is_key_char(char ch)
{
	return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9') || ch == '-' ||
	       ch == '_' || ch == '.';
}

static const char *refuse_section(struct span line)
{
	const char *end = memchr(line.ptr, ']', line.len);
	struct span after;

	if (!end)
		return "a section without its closing bracket";
	if (end - line.ptr - 1 > INI_SECTION_LIMIT)
		return "the section's name is too long";
	after = span_trim((struct span){ end + 1, line.len - (size_t)(end + 1 - line.ptr) });
	return after.len && after.ptr[0] != '#' && after.ptr[0] != ';' ? "words after a section's bracket" : NULL;
}

static const char *refuse_key(struct span line)
{
	size_t len = 0;

	while (len < line.len && is_key_char(line.ptr[len]))
		len++;
	line = (struct span){ line.ptr + len, line.len - len };
	while (line.len && is_blank(line.ptr[0]))
		line = (struct span){ line.ptr + 1, line.len - 1 };
	return len == 0 || line.len == 0 || line.ptr[0] != '=' ? "neither key = value nor a section nor a comment"
							       : NULL;
}

/* Why a line cannot be read; NULL: it can. */
static const char *refuse_line(struct span line)
{
	if (line.len > INI_LINE_LIMIT)
		return "the line is too long";
	for (size_t i = 0; i < line.len; i++)
		if (((unsigned char)line.ptr[i] < ' ' && line.ptr[i] != '\t') || line.ptr[i] == 0x7f)
			return "a control character";
	line = span_trim(line);
	if (line.len == 0 || line.ptr[0] == '#' || line.ptr[0] == ';')
		return NULL;
	return line.ptr[0] == '[' ? refuse_section(line) : refuse_key(line);
}

/* Notes for `file`, its end if it is long: the reason has to fit as well. */
static enum err refuse(struct reading *r, enum err e, const char *reason)
{
	size_t len = strlen(r->file);

	r->error = note_set(r->why, e, "%s%s:%u: %s", len > FILE_SHOWN ? "..." : "",
			    len > FILE_SHOWN ? r->file + len - FILE_SHOWN : r->file, r->line, reason);
	return r->error;
}

/* Gives inih the next line, in the manner of fgets. */
static char *next_line(char *out, int size, void *stream)
{
	struct reading *r = stream;
	struct span line;
	const char *reason;

	if (r->error != OK || r->rest.len == 0 || !span_cut(&r->rest, '\n', &line)) {
		explicit_bzero(out, (size_t)size); /* inih frees it as it is, and the last line may have been a token */
		return NULL;
	}
	r->line++;
	if (r->line == 1 && span_starts(line, "\xef\xbb\xbf"))
		line = (struct span){ line.ptr + 3, line.len - 3 };
	if (line.len && line.ptr[line.len - 1] == '\r')
		line.len--;
	reason = size > INI_LINE_LIMIT ? refuse_line(line) : "the line is too long"; /* an inih with other settings */
	if (reason) {
		refuse(r, E_USAGE, reason);
		return NULL;
	}
	memcpy(out, line.ptr, line.len);
	out[line.len] = '\0';
	return out;
}

/* "remote files" to "remote" and "files"; cuts in place. */
static void split_section(char *name, struct ini_entry *entry)
{
	char *label, *end;
	size_t len;

	name += strspn(name, " \t");
	label = name + strcspn(name, " \t");
	entry->section = name;
	if (*label)
		*label++ = '\0';
	label += strspn(label, " \t");
	for (end = label + strlen(label); end > label && is_blank(end[-1]);)
		*--end = '\0';
	len = (size_t)(end - label);
	if (len >= 2 && label[0] == '"' && label[len - 1] == '"') {
		label[len - 1] = '\0';
		label++;
	}
	entry->label = label;
}

static int take_entry(void *user, const char *section, const char *name, const char *value)
{
	struct reading *r = user;
	char text[INI_SECTION_LIMIT + 1];
	struct ini_entry entry = { .key = name, .value = value, .file = r->file, .line = r->line };
	struct note reason = { "" };
	enum err e;

	if (r->error != OK)
		return 0;
	snprintf(text, sizeof text, "%s", section);
	split_section(text, &entry);
	if ((e = r->fn(r->arg, &entry, &reason)) != OK)
		refuse(r, e, reason.text[0] ? reason.text : err_words(e));
	return e == OK;
}

enum err ini_read_text(const char *file, struct span text, ini_entry_fn *fn, void *arg, struct note *why)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct reading r = { .rest = text, .file = file, .fn = fn, .arg = arg, .why = why };
	int status;

	pthread_once(&once, set_up);
	status = ini_parse_stream(next_line, &r, take_entry, &r);
	if (status == -2)
		abort(); /* memory */
	if (r.error == OK && status != 0) {
		r.line = (unsigned)status;
		refuse(&r, E_USAGE, "cannot be read");
	}
	return r.error;
}

enum err ini_read_file(const char *file, ini_entry_fn *fn, void *arg, struct note *why)
{
	autobuf struct buf text = buf_new_secret(INI_FILE_LIMIT); /* credentials have this form, too */
	enum err e = fsio_read_file(AT_FDCWD, file, &text);

	if (e != OK)
		return note_set(why, e, "%s: %s", file, e == E_NOT_FOUND ? "no such file" : err_words(e));
	return ini_read_text(file, buf_span(&text), fn, arg, why);
}

static int is_config(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return len > 5 && entry->d_name[0] != '.' && strcmp(entry->d_name + len - 5, ".conf") == 0;
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name); /* the same order in every locale */
}

enum err ini_read_folder(const char *folder, ini_entry_fn *fn, void *arg, struct note *why)
{
	struct dirent **entries;
	int count = scandir(folder, &entries, is_config, by_bytes);
	enum err e = OK;

	if (count < 0 && errno == ENOENT)
		return OK;
	if (count < 0) {
		e = err_from_errno(errno);
		return note_set(why, e, "%s: %s", folder, err_words(e));
	}
	if (count > INI_FOLDER_LIMIT)
		e = note_set(why, E_TOO_LARGE, "%s: more than %d files", folder, INI_FOLDER_LIMIT);
	for (int i = 0; i < count; i++) {
		if (e == OK) {
			autofree char *file = xasprintf("%s/%s", folder, entries[i]->d_name);

			e = ini_read_file(file, fn, arg, why);
		}
		free(entries[i]);
	}
	free(entries);
	return e;
}
