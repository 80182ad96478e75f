/* ini: what arrives is key and value of one line; what is refused says file and line. */
#include "common/ini.h"

#include "tests/fuzz/fuzz.h"

static enum err take(void *arg, const struct ini_entry *entry, struct note *why not_used)
{
	struct span *text = arg;

	MUST(entry->key[0] && !strpbrk(entry->key, " \t\r\n=[]#;:"));
	MUST(!strpbrk(entry->value, "\r\n") && strlen(entry->value) <= INI_LINE_LIMIT);
	MUST(strlen(entry->section) + strlen(entry->label) <= INI_SECTION_LIMIT);
	MUST(entry->line >= 1 && entry->line <= text->len);
	return OK;
}

FUZZ(text)
{
	struct note why = { "" };
	enum err e = ini_read_text("f", text, take, &text, &why);

	MUST(e == OK || (e == E_USAGE && strncmp(why.text, "f:", 2) == 0));
}
