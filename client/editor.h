/*
 * editor: a person's editor on one file: VISUAL, else EDITOR, else vi.
 */
#ifndef CLIENT_EDITOR_H
#define CLIENT_EDITOR_H

#include "common/err.h"

/* Is there one to be opened: a variable names it, or there is a terminal for vi? */
bool editor_is_there(void);

/* Opens the file and waits for the end.  E_IO: it could not be run, or says that it failed; `why` says it. */
enum err editor_open(const char *path, struct note *why) must_check;

#endif
