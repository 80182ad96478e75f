/* utf8: the same answer as utf8proc's, character by character. */
#include "common/utf8.h"

#include <utf8proc.h>

#include "tests/fuzz/fuzz.h"

FUZZ(text)
{
	while (text.len) {
		utf8proc_int32_t want;
		utf8proc_ssize_t len =
		    utf8proc_iterate((const utf8proc_uint8_t *)text.ptr, (utf8proc_ssize_t)text.len, &want);
		size_t before = text.len;
		int32_t got = utf8_next(&text);

		MUST((got < 0) == (len < 0));
		MUST(before - text.len == (got < 0 ? 1 : (size_t)len));
		MUST(got < 0 || got == want);
	}
}
