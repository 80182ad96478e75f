#include "server/net/chunk.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/test.h"

enum { CONTENT_MAX = 4096 };

/* Decodes `text` in pieces of `step` bytes; the last result, the content and how many bytes were left behind it. */
static enum chunk_result decode(struct span text, size_t step, char *content, size_t *out_len, size_t *out_left)
{
	struct chunk c = { 0 };
	enum chunk_result result = CHUNK_MORE;

	*out_len = 0;
	for (size_t at = 0; at < text.len; at += step) {
		size_t len = MIN(step, text.len - at);
		char *piece = malloc(len);
		struct span in = { memcpy(piece, text.ptr + at, len), len }, run;

		while ((result = chunk_next(&c, &in, &run)) == CHUNK_DATA) {
			memcpy(content + *out_len, run.ptr, run.len);
			*out_len += run.len;
		}
		*out_left = in.len + (text.len - at - len);
		free(piece);
		if (result != CHUNK_MORE)
			break;
	}
	return result;
}

TEST(chunk_content_is_the_same_whatever_the_pieces_are)
{
	static const char text[] =
	    "5\r\nhello\r\n0001;a=\"b;c\";d\r\n \r\nA\r\n0123456789\r\n00\r\nX-A: b\r\nY:\r\n\r\nGET /";
	char content[CONTENT_MAX];
	size_t len, left;

	for (size_t step = 1; step < sizeof text; step++) {
		assert_int_equal(decode(span_of(text), step, content, &len, &left), CHUNK_END);
		assert_true(span_is((struct span){ content, len }, "hello 0123456789"));
		assert_int_equal(left, strlen("GET /"));
	}
}

TEST(chunk_refuses_what_two_decoders_could_read_in_two_ways)
{
	static const struct {
		const char *text;
		enum chunk_result result;
	} cases[] = {
		{ "0\r\n\r\n", CHUNK_END },
		{ "0;\r\n\r\n", CHUNK_END },
		{ "fffffffffffffff\r\n", CHUNK_MORE },
		{ "1000000000000000\r\n", CHUNK_BAD },
		{ "0000000000000001\r\n", CHUNK_BAD },
		{ "\r\n", CHUNK_BAD },
		{ ";a\r\n", CHUNK_BAD },
		{ "g\r\n", CHUNK_BAD },
		{ "0x1\r\n", CHUNK_BAD },
		{ "+1\r\n", CHUNK_BAD },
		{ "-1\r\n", CHUNK_BAD },
		{ " 1\r\n", CHUNK_BAD },
		{ "1 \r\n", CHUNK_BAD },
		{ "1\t;a\r\n", CHUNK_BAD },
		{ "1_0\r\n", CHUNK_BAD },
		{ "1\n", CHUNK_BAD },
		{ "1\rx", CHUNK_BAD },
		{ "1;a\nx\r\n", CHUNK_BAD },
		{ "1;\x01\r\n", CHUNK_BAD },
		{ "1;\x7f\r\n", CHUNK_BAD },
		{ "1;\x80\r\nx\r\n", CHUNK_MORE },
		{ "1\r\nxy", CHUNK_BAD },
		{ "1\r\nx\n", CHUNK_BAD },
		{ "1\r\nx\rx", CHUNK_BAD },
		{ "0\r\n\n", CHUNK_BAD },
		{ "0\r\nA b: c\r\n\r\n", CHUNK_BAD },
		{ "0\r\nA : c\r\n\r\n", CHUNK_BAD },
		{ "0\r\n: c\r\n\r\n", CHUNK_BAD },
		{ "0\r\nA: c\r\n d\r\n\r\n", CHUNK_BAD },
		{ "0\r\nA: c\n\r\n", CHUNK_BAD },
		{ "0\r\nA: \x01\r\n\r\n", CHUNK_BAD },
	};
	char content[CONTENT_MAX];
	size_t len, left;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		for (size_t step = 1; step < 30; step += 7)
			if (decode(span_of(cases[i].text), step, content, &len, &left) != cases[i].result)
				fail_msg("case %zu: %s, in steps of %zu", i, cases[i].text, step);
}

TEST(chunk_limits_lines_and_trailers)
{
	static char text[2 * CHUNK_TRAILER_LIMIT];
	char content[CONTENT_MAX];
	size_t len, left;

	memset(text, 'a', sizeof text);
	memcpy(text, "1;", 2);
	memcpy(text + CHUNK_LINE_LIMIT - 1, "\r\nx\r\n", 5);
	assert_int_equal(decode((struct span){ text, CHUNK_LINE_LIMIT + 4 }, 9, content, &len, &left), CHUNK_MORE);
	memcpy(text + CHUNK_LINE_LIMIT - 1, "a\r\nx\r\n", 6);
	assert_int_equal(decode((struct span){ text, CHUNK_LINE_LIMIT + 5 }, 9, content, &len, &left), CHUNK_BAD);
	memset(text, 'a', sizeof text);
	memcpy(text, "0\r\nA:", 5);
	assert_int_equal(decode((struct span){ text, CHUNK_TRAILER_LIMIT + 3 }, 9, content, &len, &left), CHUNK_MORE);
	assert_int_equal(decode((struct span){ text, CHUNK_TRAILER_LIMIT + 4 }, 9, content, &len, &left), CHUNK_BAD);
}
