#include "client/remote/answer.h"

#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "tests/unit/test.h"

#define HEX "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

static void read_head(struct answer *a, const char *text)
{
	struct span rest = span_of(text), line;

	answer_init(a);
	while (span_cut(&rest, '\n', &line))
		assert_int_equal(answer_line(a, line), OK);
}

TEST(answer_keeps_the_last_head_and_no_trailers)
{
	struct answer a;

	read_head(&a, "HTTP/1.1 100 Continue\r\nETag: \"old\"\r\n\r\nHTTP/1.1 201 Created\r\netag:  \"new\" \r\nX: "
		      "y\r\n\r\nETag: \"trailer\"\r\n");
	assert_int_equal(a.status, 201);
	assert_string_equal(a.fields[ANSWER_ETAG], "\"new\"");
	assert_true(a.head_is_done);
	answer_clear(&a);
}

TEST(answer_joins_repeated_fields_so_that_two_etags_are_none)
{
	struct answer a;
	struct digest d;

	read_head(&a, "HTTP/1.1 204 No\nETag: \"" HEX "\"\nAllow: GET\nAllow: PUT\n\n");
	assert_true(answer_digest(&a, &d));
	assert_string_equal(a.fields[ANSWER_ALLOW], "GET, PUT");
	answer_clear(&a);
	read_head(&a, "HTTP/1.1 204 No\nETag: \"" HEX "\"\nETag: \"" HEX "\"\n\n");
	assert_false(answer_digest(&a, &d));
	answer_clear(&a);
	read_head(&a, "HTTP/1.1 204 No\nETag: W/\"" HEX "\"\n\n");
	assert_false(answer_digest(&a, &d));
	answer_clear(&a);
}

TEST(answer_reads_content_range)
{
	static const struct {
		const char *value;
		bool is_whole_rest;
		int64_t first, total;
	} cases[] = {
		{ "bytes 5-9/10", true, 5, 10 }, { "Bytes 0-0/1", true, 0, 1 }, { "bytes 5-8/10", false, 0, 0 },
		{ "bytes 5-9/*", false, 0, 0 },  { "bytes */10", false, 0, 0 }, { "items 5-9/10", false, 0, 0 },
		{ "bytes 9-5/6", false, 0, 0 },  { "", false, 0, 0 },           { "bytes 5-9", false, 0, 0 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct answer a;
		char head[100];
		int64_t first = 0, total = 0;

		snprintf(head, sizeof head, "HTTP/1.1 206 x\nContent-Range: %s\n\n", cases[i].value);
		read_head(&a, head);
		if (answer_content_range(&a, &first, &total) != cases[i].is_whole_rest)
			fail_msg("case %zu", i);
		if (cases[i].is_whole_rest)
			assert_true(first == cases[i].first && total == cases[i].total);
		answer_clear(&a);
	}
}

TEST(answer_reads_retry_after_as_seconds_or_date)
{
	struct answer a;

	clock_set_fixed(784111777 * NS_PER_S); /* Sun, 06 Nov 1994 08:49:37 GMT */
	read_head(&a, "HTTP/1.1 503 x\nRetry-After: 7\n\n");
	assert_int_equal(answer_retry_after_s(&a), 7);
	answer_clear(&a);
	read_head(&a, "HTTP/1.1 503 x\nRetry-After: Sun, 06 Nov 1994 08:49:57 GMT\n\n");
	assert_int_equal(answer_retry_after_s(&a), 20);
	answer_clear(&a);
	read_head(&a, "HTTP/1.1 503 x\nRetry-After: Sun, 06 Nov 1994 08:00:00 GMT\n\n");
	assert_int_equal(answer_retry_after_s(&a), 0);
	answer_clear(&a);
	read_head(&a, "HTTP/1.1 503 x\nRetry-After: soon\n\n");
	assert_int_equal(answer_retry_after_s(&a), -1);
	answer_clear(&a);
	clock_set_fixed(0);
}

TEST(answer_knows_the_schemes_of_a_401)
{
	static const struct {
		const char *lines;
		bool basic, bearer;
	} cases[] = {
		{ "WWW-Authenticate: Basic realm=\"x, Bearer\", charset=\"UTF-8\"\n", true, false },
		{ "WWW-Authenticate: basic realm=x\nWWW-Authenticate: Bearer\n", true, true },
		{ "WWW-Authenticate: Bearer\n", false, true },
		{ "WWW-Authenticate: Negotiate, Basicx\n", false, false },
		{ "", false, false },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct answer a;
		char head[200];

		snprintf(head, sizeof head, "HTTP/1.1 401 x\n%s\n", cases[i].lines);
		read_head(&a, head);
		if (answer_offers(&a, "Basic") != cases[i].basic || answer_offers(&a, "Bearer") != cases[i].bearer)
			fail_msg("case %zu", i);
		answer_clear(&a);
	}
}

TEST(answer_heads_are_bounded)
{
	static char line[ANSWER_FIELD_LIMIT + 100];
	struct answer a;
	enum err e = OK;
	size_t n = 0;

	memset(line, 'x', sizeof line);
	memcpy(line, "ETag: ", 6);
	answer_init(&a);
	assert_int_equal(answer_line(&a, span_of("HTTP/1.1 200 OK\r\n")), OK);
	for (; e == OK && n < 100; n++)
		e = answer_line(&a, (struct span){ line, sizeof line });
	assert_int_equal(e, E_HEAD_TOO_LARGE);
	assert_true(n < 10 && !a.fields[ANSWER_ETAG]);
	answer_clear(&a);
}
