#include "client/pin.h"

#include <ctype.h>
#include <string.h>

#include "common/buf.h"

static const char prefix[] = "sha256//";
enum { CODE_LEN = 44 }; /* base64 of 32 bytes: 43 characters and "=" */

static bool is_pin(struct span word)
{
	struct span code = { word.ptr + sizeof prefix - 1, word.len - (sizeof prefix - 1) };

	if (!span_starts(word, prefix) || code.len != CODE_LEN || code.ptr[CODE_LEN - 1] != '=')
		return false;
	for (size_t i = 0; i < CODE_LEN - 1; i++)
		if (!isalnum((unsigned char)code.ptr[i]) && code.ptr[i] != '+' && code.ptr[i] != '/')
			return false;
	return true;
}

static bool is_separator(char c)
{
	return c == ';' || c == ',' || c == ' ' || c == '\t';
}

enum err pin_parse(struct span text, char **out, struct note *why)
{
	autobuf struct buf list = buf_new(PIN_KEYS_MAX * (sizeof prefix + CODE_LEN + 1));
	size_t from = 0, to;

	for (; from < text.len; from = to + 1) {
		struct span word;

		for (to = from; to < text.len && !is_separator(text.ptr[to]); to++)
			;
		word = (struct span){ text.ptr + from, to - from };
		if (word.len == 0)
			continue;
		if (!is_pin(word))
			return note_set(why, E_USAGE, "not a pin (sha256//... with 44 characters): %.*s",
					(int)MIN(word.len, (size_t)60), word.ptr);
		if (buf_addf(&list, "%s%.*s", list.len ? ";" : "", (int)word.len, word.ptr) != OK)
			return note_set(why, E_USAGE, "more than %d pins", PIN_KEYS_MAX);
	}
	if (list.len == 0)
		return note_set(why, E_USAGE, "the pin is empty");
	*out = buf_take(&list);
	return OK;
}
