/*
 * ini: the one reader of config files, for both programs:
 *
 *     # comment            a # or ; at a line's beginning, or after a blank, begins one
 *     key = value
 *     [remote files]       a section, "remote", with its label, "files"; the label may stand in double quotes
 *     url = https://files.example.org:8443/
 *
 * It only reads: what keys mean, and which there are, is the caller's table.  Everything that is not exactly this form is
 * refused with file and line; nothing is guessed, cut or continued on the next line.
 */
#ifndef COMMON_INI_H
#define COMMON_INI_H

#include "common/err.h"
#include "common/span.h"

enum {
	INI_FILE_LIMIT = 1 << 20,
	INI_LINE_LIMIT = 4000,
	INI_SECTION_LIMIT = 49, /* bytes between the brackets: inih cuts longer ones without a word */
	INI_FOLDER_LIMIT = 1000 /* files in a conf.d */
};

/* One key of a file; all texts live for the call. */
struct ini_entry {
	const char *section, *label; /* "" before the first section, and without a label */
	const char *key, *value;     /* without surrounding blanks; the value may be "" */
	const char *file;
	unsigned line;
};

/* Takes one key.  Other than OK ends the reading; `why` (never NULL) then says why, without file and line. */
typedef enum err ini_entry_fn(void *arg, const struct ini_entry *entry, struct note *why);

/*
 * Reads text that came from `file` (only named in notes).  E_USAGE: malformed; else what `fn` returned.  `why`:
 * "syncd.conf:12: ...".  May be NULL.
 */
enum err ini_read_text(const char *file, struct span text, ini_entry_fn *fn, void *arg, struct note *why) must_check;

/* The same for a file.  E_NOT_FOUND; E_FORBIDDEN; E_TOO_LARGE: over INI_FILE_LIMIT; E_IO.  Blocks. */
enum err ini_read_file(const char *file, ini_entry_fn *fn, void *arg, struct note *why) must_check;

/* The same for every *.conf in a folder, in the order of their names; a folder that is not there is an empty one. */
enum err ini_read_folder(const char *folder, ini_entry_fn *fn, void *arg, struct note *why) must_check;

#endif
