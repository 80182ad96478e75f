#include "server/dav/updaterange.h"

#include "tests/unit/test.h"

TEST(updaterange_says_where_the_body_goes)
{
	static const struct {
		const char *text;
		int64_t size, body;
		enum err expected;
		int64_t first;
	} cases[] = {
		{ "append", 10, 3, OK, 10 },
		{ " Append ", 0, 3, OK, 0 },
		{ "bytes=0-2", 10, 3, OK, 0 },
		{ "bytes=9-11", 10, 3, OK, 9 },
		{ "bytes=10-", 10, 3, OK, 10 },
		{ "bytes=4-", 10, 0, OK, 4 },
		{ "bytes=-10", 10, 3, OK, 0 },
		{ "bytes=-0", 10, 3, OK, 10 },
		{ "bytes=11-", 10, 3, E_RANGE, 0 },
		{ "bytes=-11", 10, 3, E_RANGE, 0 },
		{ "bytes=0-2", 10, 4, E_RANGE, 0 },
		{ "bytes=0-9223372036854775807", 10, 4, E_RANGE, 0 },
		{ "bytes=3-2", 10, 0, E_BAD_REQUEST, 0 },
		{ "bytes=", 10, 3, E_BAD_REQUEST, 0 },
		{ "bytes=-", 10, 3, E_BAD_REQUEST, 0 },
		{ "bytes=5", 10, 3, E_BAD_REQUEST, 0 },
		{ "bytes=1-2-3", 10, 3, E_BAD_REQUEST, 0 },
		{ "bytes=1-2,4-5", 10, 3, E_BAD_REQUEST, 0 },
		{ "bytes=+1-3", 10, 3, E_BAD_REQUEST, 0 },
		{ "bytes=99999999999999999999-", 10, 3, E_BAD_REQUEST, 0 },
		{ "lines=1-2", 10, 2, E_BAD_REQUEST, 0 },
		{ "", 10, 3, E_BAD_REQUEST, 0 },
		{ "=", 10, 3, E_BAD_REQUEST, 0 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int64_t first;
		enum err e = updaterange_read(span_of(cases[i].text), cases[i].size, cases[i].body, &first);

		if (e != cases[i].expected || (e == OK && first != cases[i].first))
			fail_msg("%s: %s", cases[i].text, err_words(e));
	}
}
