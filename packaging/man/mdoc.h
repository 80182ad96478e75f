/*
 * mdoc: writing a table's texts as mdoc(7).  Everything goes to stdout.
 */
#ifndef PACKAGING_MAN_MDOC_H
#define PACKAGING_MAN_MDOC_H

/* Prose: what means something to roff is escaped, a line never begins as a macro does. */
void mdoc_text(const char *text);

/* The same for what is typed: quotes, tildes and dashes stay those of the keyboard. */
void mdoc_literal(const char *text);

/*
 * The rest of a macro line for a synopsis such as "[add NAME URL | rm NAME]": words in capitals are arguments, -x options,
 * others commands; [ ] optional parts.  Begins with a blank; ends without a newline.
 */
void mdoc_synopsis(const char *synopsis);

/* An argument of a macro: its text between quotes. */
void mdoc_argument(const char *text);

#endif
