#include "packaging/man/mdoc.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { LINE_WIDTH = 78 };

static void put_escaped(const char *text, size_t len, bool is_typed)
{
	static const struct {
		char byte;
		bool only_typed;
		const char *escape;
	} escapes[] = {
		{ '\\', false, "\\e" },  { '-', true, "\\-" },    { '\'', true, "\\(aq" }, { '`', true, "\\(ga" },
		{ '~', false, "\\(ti" }, { '^', false, "\\(ha" }, { '"', false, "\\(dq" },
	};

	for (size_t i = 0; i < len; i++) {
		const char *escape = NULL;

		for (size_t n = 0; n < sizeof escapes / sizeof escapes[0]; n++)
			if (escapes[n].byte == text[i] && (is_typed || !escapes[n].only_typed))
				escape = escapes[n].escape;
		if (escape)
			fputs(escape, stdout);
		else
			putchar(text[i]);
	}
}

/* A line of roff never begins as a macro does. */
static void put_line(const char *text, size_t len, bool is_typed)
{
	if (len && (*text == '.' || *text == '\''))
		fputs("\\&", stdout);
	put_escaped(text, len, is_typed);
	putchar('\n');
}

/* As many words as a line holds, at least one. */
static size_t fitting(const char *text)
{
	size_t fits = strcspn(text, " "), next = fits;

	while (next < LINE_WIDTH && text[next]) {
		fits = next;
		next += 1 + strcspn(text + next + 1, " ");
	}
	return next < LINE_WIDTH ? next : fits;
}

void mdoc_text(const char *text)
{
	while (*text) {
		size_t len = fitting(text);

		put_line(text, len, false);
		text += len + (text[len] == ' ');
	}
}

void mdoc_literal(const char *text)
{
	put_line(text, strlen(text), true);
}

void mdoc_argument(const char *text)
{
	fputs(" \"\\&", stdout);
	put_escaped(text, strlen(text), true);
	putchar('"');
}

/* One word of a synopsis, without blanks, brackets and bars.  A colon at its end is no part of the name. */
static void put_word(const char *word, size_t len)
{
	bool has_dots = len > 3 && memcmp(word + len - 3, "...", 3) == 0, has_colon = word[len - 1] == ':';
	size_t text = has_dots ? len - 3 : has_colon ? len - 1 : len;

	if (word[0] == '-') {
		fputs(" Fl ", stdout);
		put_escaped(word + 1, text - 1, true);
	} else {
		fputs(isupper((unsigned char)word[0]) ? " Ar " : " Cm ", stdout);
		put_escaped(word, text, true);
	}
	if (has_dots)
		fputs(" No ...", stdout);
	if (has_colon)
		fputs(" :", stdout);
}

void mdoc_synopsis(const char *synopsis)
{
	static const char marks[] = " []|";
	bool is_closed = false; /* a bracket stands right before */

	while (*synopsis) {
		size_t len = strcspn(synopsis, marks);

		if (len && is_closed)
			fputs(" Ns", stdout);
		if (len)
			put_word(synopsis, len);
		else if (*synopsis != ' ')
			fputs(*synopsis == '[' ? " Oo" : *synopsis == ']' ? " Oc" : " |", stdout);
		is_closed = *synopsis == ']';
		synopsis += len ? len : 1;
	}
}
