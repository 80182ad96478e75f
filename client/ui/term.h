/*
 * term: what stdout and stderr are, and talking to a person on them.
 */
#ifndef CLIENT_UI_TERM_H
#define CLIENT_UI_TERM_H

#include "common/err.h"

enum term_color { TERM_COLOR_AUTO, TERM_COLOR_ALWAYS, TERM_COLOR_NEVER };

/*
 * Colour on stdout?  The option wins; then NO_COLOR (any value but empty), CLICOLOR_FORCE (any but empty and "0"); then a
 * terminal that is not TERM=dumb.
 */
bool term_wants_color(enum term_color option);

/* May a question be asked: stdin and stderr are terminals. */
bool term_can_ask(void);

/* Columns of the terminal on stderr; 80 if it does not say. */
unsigned term_columns(void);

/*
 * Asks on stderr and reads one line from the terminal; `is_secret`: without showing it.  E_USAGE: no terminal;
 * E_INTERRUPTED: the end of input or a signal.  The caller frees `out`, which has no line end.
 */
enum err term_ask(const char *question, bool is_secret, char **out) must_check;

/* Yes or no; anything but y or yes is no.  False without a terminal, too. */
bool term_confirm(const char *question);

#endif
