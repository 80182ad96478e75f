#include "server/net/head.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/test.h"

#define HOST "Host: x\r\n"

/* Scans `text` as it comes in pieces of `step` bytes, each time in memory of exactly that size; what head_parse() says, or the refusal. */
static int read_head(const char *text, size_t len, size_t step, struct head *out, struct head_field *fields,
		     char **bytes)
{
	struct head_scan s = { 0 };
	enum head_result result = HEAD_MORE;

	*bytes = NULL;
	for (size_t have = MIN(step, len);; have = MIN(have + step, len)) {
		free(*bytes);
		*bytes = malloc(have + 1);
		memcpy(*bytes, text, have);
		result = head_scan(&s, (struct span){ *bytes, have });
		if (result != HEAD_MORE || have == len)
			break;
	}
	if (result == HEAD_REFUSED)
		return s.refusal;
	if (result == HEAD_MORE)
		return -1;
	return head_parse(&s, (struct span){ *bytes, s.at }, fields, out);
}

/* The same whatever the pieces are. */
static int status_of(const char *text, size_t len)
{
	static const size_t steps[] = { 1, 2, 3, 7, 100, 20000 };
	struct head_field fields[HEAD_FIELDS_LIMIT];
	struct head h;
	int first = 0;

	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		char *bytes;
		int status = read_head(text, len, steps[i], &h, fields, &bytes);

		free(bytes);
		if (i == 0)
			first = status;
		assert_int_equal(status, first);
	}
	return first;
}

TEST(head_is_read_whatever_its_pieces_are)
{
	static const char text[] =
	    "\r\nPUT /a%20b?q=1 HTTP/1.1\r\nhost:x:80\r\nConTent-LENGTH: 12\r\nConnection: foo , CLOSE\r\n"
	    "If-Match:  \"a\" ,\t\"b\" \r\nTE: trailers\r\nExpect: 100-Continue\r\nX:\r\n\r\nrest";
	struct head_field fields[HEAD_FIELDS_LIMIT];

	for (size_t step = 1; step < sizeof text; step++) {
		struct head h;
		char *bytes;

		assert_int_equal(read_head(text, sizeof text - 1, step, &h, fields, &bytes), 0);
		assert_true(span_is(h.method, "PUT"));
		assert_true(span_is(h.target, "/a%20b?q=1"));
		assert_true(span_is(h.path, "/a%20b?q=1"));
		assert_int_equal(h.length, 12);
		assert_true(h.wants_close && h.expects_continue && !h.is_http10 && !h.is_connect);
		assert_int_equal(h.field_count, 3);
		assert_true(span_is(h.fields[0].name, "host") && span_is(h.fields[0].value, "x:80"));
		assert_true(span_is(h.fields[1].name, "If-Match") && span_is(h.fields[1].value, "\"a\" ,\t\"b\""));
		assert_true(span_is(h.fields[2].name, "X") && h.fields[2].value.len == 0);
		free(bytes);
	}
}

TEST(head_ends_where_its_empty_line_does)
{
	static const char text[] = "GET / HTTP/1.1\r\n" HOST "\r\nGET /x";
	struct head_scan s = { 0 };

	assert_int_equal(head_scan(&s, span_of(text)), HEAD_DONE);
	assert_int_equal(s.at, strlen(text) - strlen("GET /x"));
}

TEST(head_looks_at_no_byte_twice)
{
	static char text[HEAD_LIMIT];
	struct head_scan s = { 0 };

	memset(text, 'a', sizeof text);
	memcpy(text, "GET /", 5);
	for (size_t len = 1; len < HEAD_TARGET_LIMIT; len++) {
		assert_int_equal(head_scan(&s, (struct span){ text, len }), HEAD_MORE);
		assert_int_equal(s.at, len);
		text[len - 1] = '\n'; /* would be refused if it were seen again */
	}
}

TEST(head_forms_of_target)
{
	static const struct {
		const char *line, *path;
		int status;
	} cases[] = {
		{ "GET / HTTP/1.1", "/", 0 },
		{ "GET //a HTTP/1.1", "//a", 0 },
		{ "GET http://x/a?b HTTP/1.1", "/a?b", 0 },
		{ "GET hTTps://x:1/a HTTP/1.1", "/a", 0 },
		{ "GET http://x HTTP/1.1", "", 0 },
		{ "GET http://x?b HTTP/1.1", "?b", 0 },
		{ "GET http://[::1]:80/ HTTP/1.1", "/", 0 },
		{ "GET http:// HTTP/1.1", NULL, 400 },
		{ "GET http:///a HTTP/1.1", NULL, 400 },
		{ "GET http://a@b/ HTTP/1.1", NULL, 400 },
		{ "GET http:/a HTTP/1.1", NULL, 400 },
		{ "GET a HTTP/1.1", NULL, 400 },
		{ "OPTIONS * HTTP/1.1", "", 0 },
		{ "OPTIONS ** HTTP/1.1", NULL, 400 },
		{ "GET * HTTP/1.1", NULL, 400 },
		{ "options * HTTP/1.1", NULL, 400 },
		{ "CONNECT a:1 HTTP/1.1", "", 0 },
		{ "CONNECT / HTTP/1.1", NULL, 400 },
		{ "GET /\x80 HTTP/1.1", "/\x80", 0 }, /* for uri to judge */
		{ "GET /\x7f HTTP/1.1", NULL, 400 },
		{ "GET /#a HTTP/1.1", NULL, 400 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct head_field fields[HEAD_FIELDS_LIMIT];
		char text[200], *bytes;
		struct head h;
		int len = snprintf(text, sizeof text, "%s\r\n" HOST "\r\n", cases[i].line), status;

		status = read_head(text, (size_t)len, 5, &h, fields, &bytes);
		if (status != cases[i].status || (cases[i].path && !span_is(h.path, cases[i].path)))
			fail_msg("case %zu: %s: %d", i, cases[i].line, status);
		free(bytes);
	}
}

TEST(head_framing_is_unambiguous_or_refused)
{
	static const struct {
		const char *fields; /* after Host */
		int status;
		int64_t length;
	} cases[] = {
		{ "", 0, 0 },
		{ "Content-Length: 0\r\n", 0, 0 },
		{ "Content-Length: 9223372036854775807\r\n", 0, INT64_MAX },
		{ "Content-Length: 9223372036854775808\r\n", 400, 0 },
		{ "Content-Length: 1\r\nContent-Length: 1\r\n", 400, 0 },
		{ "Content-Length: 1,1\r\n", 400, 0 },
		{ "Content-Length: 1 1\r\n", 400, 0 },
		{ "Content-Length: +1\r\n", 400, 0 },
		{ "Content-Length: 0x1\r\n", 400, 0 },
		{ "Content-Length:\r\n", 400, 0 },
		{ "Content-Length : 1\r\n", 400, 0 },
		{ " Content-Length: 1\r\n", 400, 0 },
		{ "Content_Length: 1\r\n", 0, 0 },
		{ "Transfer-Encoding: CHUNKED\r\n", 0, -1 },
		{ "Transfer-Encoding:\tchunked \r\n", 0, -1 },
		{ "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", 400, 0 },
		{ "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n", 400, 0 },
		{ "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n", 400, 0 },
		{ "Transfer-Encoding: gzip\r\n", 501, 0 },
		{ "Transfer-Encoding: chunked, chunked\r\n", 501, 0 },
		{ "Transfer-Encoding: ,chunked\r\n", 501, 0 },
		{ "Transfer-Encoding: chunked;a\r\n", 501, 0 },
		{ "Transfer-Encoding: \"chunked\"\r\n", 501, 0 },
		{ "Transfer-Encoding:\r\n", 400, 0 },
		{ "Expect: 100-continue\r\n", 0, 0 },
		{ "Expect: x\r\n", 417, 0 },
		{ "Expect: 100-continue, x\r\n", 417, 0 },
		{ "A: b\r\n c\r\n", 400, 0 },
		{ "A\r\n", 400, 0 },
		{ ": b\r\n", 400, 0 },
		{ "A: b\rc\r\n", 400, 0 },
		{ "A: b\nc: d\r\n", 400, 0 },
		{ "A: \x01\r\n", 400, 0 },
		{ "A: \x7f\r\n", 400, 0 },
		{ "A: \x80\xff\t.\r\n", 0, 0 },
		{ "Host: y\r\n", 400, 0 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct head_field fields[HEAD_FIELDS_LIMIT];
		char text[300], *bytes;
		struct head h;
		int len = snprintf(text, sizeof text, "PUT / HTTP/1.1\r\n" HOST "%s\r\n", cases[i].fields), status;

		status = read_head(text, (size_t)len, 1000, &h, fields, &bytes);
		if (status != cases[i].status || (status == 0 && h.length != cases[i].length) ||
		    status != status_of(text, (size_t)len))
			fail_msg("case %zu: %s: %d", i, cases[i].fields, status);
		free(bytes);
	}
}

TEST(head_versions_and_hosts)
{
	static const struct {
		const char *text;
		int status;
	} cases[] = {
		{ "GET / HTTP/1.0\r\n\r\n", 0 },
		{ "GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\n\r\n", 400 },
		{ "GET / HTTP/1.2\r\n\r\n", 505 },
		{ "GET / HTTP/2\r\n\r\n", 505 },
		{ "GET / HTTP/1.1.1\r\n\r\n", 505 },
		{ "GET / HTTP/\r\n\r\n", 400 },
		{ "GET / HTTP/a\r\n\r\n", 400 },
		{ "GET / http/1.1\r\n\r\n", 400 },
		{ "GET / HTTP/1.1111111111111\r\n\r\n", 400 },
		{ "GET /\r\n\r\n", 400 },
		{ "GET\r\n\r\n", 400 },
		{ "GET  HTTP/1.1\r\n\r\n", 400 },
		{ " GET / HTTP/1.1\r\n\r\n", 400 },
		{ "\nGET / HTTP/1.1\r\n\r\n", 400 },
		{ "\r\n\r\n\r\nGET / HTTP/1.0\r\n\r\n", 0 },
		{ "\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\nGET / HTTP/1.0\r\n\r\n", 400 },
		{ "G\"T / HTTP/1.1\r\n\r\n", 400 },
		{ "GET / HTTP/1.0\r\nHost: a.b:8080\r\n\r\n", 0 },
		{ "GET / HTTP/1.0\r\nHost: [fe80::1]\r\n\r\n", 0 },
		{ "GET / HTTP/1.0\r\nHost: a%20b\r\n\r\n", 0 },
		{ "GET / HTTP/1.0\r\nHost:\r\n\r\n", 400 },
		{ "GET / HTTP/1.0\r\nHost: a b\r\n\r\n", 400 },
		{ "GET / HTTP/1.0\r\nHost: a,b\r\n\r\n", 400 },
		{ "GET / HTTP/1.0\r\nHost: a/\r\n\r\n", 400 },
		{ "GET / HTTP/1.0\r\nHost: u@a\r\n\r\n", 400 },
		{ "GET / HTTP/1.0\r\nHost: a:123456\r\n\r\n", 400 },
		{ "GET / HTTP/1.0\r\nHost: a:8a\r\n\r\n", 400 },
		{ "GET / HTTP/1.0\r\nHost: []\r\n\r\n", 400 },
		{ "GET / HTTP/1.0\r\nHost: [::1\r\n\r\n", 400 },
		{ "GET / HTTP/1.0\r\nHost: [::1]x\r\n\r\n", 400 },
		{ "GET / HTTP/1.0\r\nHost: \xc3\xa4\r\n\r\n", 400 },
		{ "GET / HTTP/1.0\r\n\n", 400 },
		{ "GET / HTTP/1.0\r\n\r", -1 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int status = status_of(cases[i].text, strlen(cases[i].text));

		if (status != cases[i].status)
			fail_msg("case %zu: %s: %d", i, cases[i].text, status);
	}
}

TEST(head_limits_are_exact)
{
	static const struct {
		const char *before, *after;
		size_t fill;
		int status;
	} cases[] = {
		{ "", " / HTTP/1.0\r\n\r\n", HEAD_METHOD_LIMIT, 0 },
		{ "", " / HTTP/1.0\r\n\r\n", HEAD_METHOD_LIMIT + 1, 501 },
		{ "GET /", " HTTP/1.0\r\n\r\n", HEAD_TARGET_LIMIT - 1, 0 },
		{ "GET /", " HTTP/1.0\r\n\r\n", HEAD_TARGET_LIMIT, 414 },
		{ "GET / HTTP/1.0\r\nA:", "\r\n\r\n", HEAD_LIMIT - 22, 0 },
		{ "GET / HTTP/1.0\r\nA:", "\r\n\r\n", HEAD_LIMIT - 21, 431 },
	};
	static char text[2 * HEAD_LIMIT];
	size_t len;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		len = strlen(cases[i].before);
		memcpy(text, cases[i].before, len);
		memset(text + len, 'a', cases[i].fill);
		len += cases[i].fill;
		memcpy(text + len, cases[i].after, strlen(cases[i].after));
		len += strlen(cases[i].after);
		if (status_of(text, len) != cases[i].status)
			fail_msg("case %zu: %d", i, status_of(text, len));
	}
	for (size_t fields = HEAD_FIELDS_LIMIT; fields <= HEAD_FIELDS_LIMIT + 1; fields++) {
		len = (size_t)snprintf(text, sizeof text, "GET / HTTP/1.0\r\n");
		for (size_t i = 0; i < fields; i++)
			len += (size_t)snprintf(text + len, sizeof text - len, "a: b\r\n");
		len += (size_t)snprintf(text + len, sizeof text - len, "\r\n");
		assert_int_equal(status_of(text, len), fields > HEAD_FIELDS_LIMIT ? 431 : 0);
	}
}
