/* jsonw: text of any bytes becomes one JSON string of printable UTF-8. */
#include "common/jsonw.h"

#include "common/utf8.h"
#include "tests/fuzz/fuzz.h"

FUZZ(text)
{
	autobuf struct buf out = buf_new(6 * text.len + 100);
	struct jsonw w = jsonw_new(&out);
	struct span rest;

	jsonw_span(&w, text);
	MUST(jsonw_error(&w) == OK);
	MUST(out.len >= 2 && out.data[0] == '"' && out.data[out.len - 1] == '"');
	rest = (struct span){ out.data + 1, out.len - 2 };
	while (rest.len) {
		int32_t code_point = utf8_next(&rest);

		MUST(code_point >= 0 && !utf8_is_control(code_point) && code_point != '"');
		if (code_point != '\\')
			continue;
		MUST(rest.len >= 1);
		code_point = utf8_next(&rest);
		MUST(code_point > 0 && code_point < 128 && strchr("\"\\bfnrtu", (int)code_point));
		if (code_point == 'u') {
			MUST(rest.len >= 4 && strspn(rest.ptr, "0123456789abcdef") >= 4);
			rest = (struct span){ rest.ptr + 4, rest.len - 4 };
		}
	}
}
