#include "server/admin_http.h"
#include "server/api/fields.h"

#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/test.h"

TEST(admin_http_takes_whole_answers_only)
{
	static const struct {
		const char *answer;
		int status; /* 0: refused */
		const char *body;
	} cases[] = {
		{ "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", 200, "abc" },
		{ "HTTP/1.1 204 No Content\r\nDate: x\r\n\r\n", 204, "" },
		{ "HTTP/1.1 404 Not Found\r\ncontent-length:5\r\n\r\nnope\n", 404, "nope\n" },
		{ "HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n", 200, "" },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabc", 0, "" }, /* cut */
		{ "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nabc", 0, "" }, /* too much */
		{ "HTTP/1.1 200 OK\r\n\r\nabc", 0, "" },                      /* whole or cut? */
		{ "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc", 0, "" },
		{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 0, "" },
		{ "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", 0, "" },
		{ "HTTP/1.1 200 OK\r\nbroken\r\n\r\n", 0, "" },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n", 0, "" },
		{ "HTTP/1.1 100 Continue\r\n\r\n", 0, "" },
		{ "HTTP/1.1 2000 OK\r\n\r\n", 0, "" },
		{ "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", 0, "" },
		{ "SSH-2.0-OpenSSH\r\n", 0, "" },
		{ "", 0, "" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct span body = { "", 0 };
		struct note why = { "" };
		int status = 0;
		enum err e = admin_http_parse(span_of(cases[i].answer), &status, &body, &why);

		if ((e == OK) != (cases[i].status != 0))
			fail_msg("case %zu: %s", i, why.text);
		if (e == OK) {
			assert_int_equal(status, cases[i].status);
			assert_true(span_is(body, cases[i].body));
		} else {
			assert_int_equal(e, E_NETWORK);
			assert_true(why.text[0]);
		}
	}
}

static void *answer(void *arg)
{
	static const char text[] = "HTTP/1.1 201 Created\r\nContent-Length: 7\r\n\r\ntoken=x";
	int fd = *(int *)arg;
	char in[1024];
	ssize_t n = read(fd, in, sizeof in);

	/* In two pieces, as a socket may hand it over. */
	assert_true(n > 0 && write(fd, text, 10) == 10 && write(fd, text + 10, sizeof text - 11) > 0);
	shutdown(fd, SHUT_WR);
	return NULL;
}

TEST(admin_http_exchanges_one_request_and_bounds_the_answer)
{
	for (size_t max = 6; max <= 64; max += 58) {
		struct buf out = buf_new(max);
		struct note why;
		pthread_t thread;
		int fds[2], status = 0;
		enum err e;

		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
		pthread_create(&thread, NULL, answer, &fds[1]);
		e = admin_http_exchange(fds[0], "POST", "/.sync/admin/tokens", span_of("user=ann\n"), &status, &out,
					&why);
		pthread_join(thread, NULL);
		assert_int_equal(e, max == 6 ? E_NETWORK : OK);
		if (e == OK) {
			assert_int_equal(status, 201);
			assert_string_equal(out.data, "token=x");
		}
		buf_clear(&out);
		close(fds[0]);
		close(fds[1]);
	}
}

TEST(fields_come_back_as_they_were_and_never_split_a_value)
{
	struct buf b = buf_new(1000);
	struct span rest, key, value;

	assert_int_equal(fields_add(&b, "label", "a=b c\xc3\xa9"), OK);
	assert_int_equal(fields_add(&b, "label", "a\nuser=root"), E_BAD_REQUEST);
	assert_int_equal(fields_add_number(&b, "n", -5), OK);
	assert_int_equal(fields_end(&b), OK);
	assert_int_equal(buf_add_text(&b, "alone"), OK);
	rest = buf_span(&b);
	assert_true(fields_next(&rest, &key, &value) && span_is(key, "label") && span_is(value, "a=b c\xc3\xa9"));
	assert_true(fields_next(&rest, &key, &value) && span_is(key, "n") && span_is(value, "-5"));
	assert_true(fields_next(&rest, &key, &value) && key.len == 0);
	assert_true(fields_next(&rest, &key, &value) && span_is(key, "alone") && value.len == 0);
	assert_false(fields_next(&rest, &key, &value));
	buf_clear(&b);
}
