#include "common/log.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/unit/table.h"

/* What `write` puts on stderr, read back into `out`. */
static void capture(void (*write)(void), char *out, size_t size)
{
	FILE *file = tmpfile();
	int real = dup(STDERR_FILENO);
	size_t len;

	assert_non_null(file);
	assert_true(dup2(fileno(file), STDERR_FILENO) >= 0);
	write();
	dup2(real, STDERR_FILENO);
	close(real);
	rewind(file);
	len = fread(out, 1, size - 1, file);
	out[len] = '\0';
	fclose(file);
}

TEST(log_quote_escapes_what_would_forge_a_line)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{ "", "\"\"" },
		{ NULL, "\"\"" },
		{ "a b", "\"a b\"" },
		{ "a\"b\\c", "\"a\\\"b\\\\c\"" },
		{ "a\nput path=x", "\"a\\x0aput path=x\"" },
		{ "\x1b[31m\x7f\t", "\"\\x1b[31m\\x7f\\x09\"" },
		{ "\xc3\xa9\xf0\x9f\x98\x80", "\"\xc3\xa9\xf0\x9f\x98\x80\"" },
		{ "\xc2\x9b", "\"\\xc2\\x9b\"" },   /* CSI as one character */
		{ "a\xff\xc3", "\"a\\xff\\xc3\"" }, /* journald would take the line for binary */
	};
	char out[LOG_QUOTED_MAX];

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		CASE_TEXT(i, log_quote(out, cases[i].text), cases[i].want);
}

TEST(log_quote_cuts_inside_its_room)
{
	char text[3 * LOG_QUOTED_MAX], *out = xmalloc(LOG_QUOTED_MAX); /* on the heap, where the sanitizer looks */

	for (int fill = 0; fill < 4; fill++)
		for (size_t len = LOG_QUOTED_MAX - 20; len < LOG_QUOTED_MAX + 20; len++) {
			for (size_t i = 0; i < len; i++)
				text[i] = "a\n\"\xf0\x9f\x98\x80"[fill < 3 ? (size_t)fill : 3 + i % 4];
			text[len] = '\0';
			log_quote(out, text);
			CASE_TRUE(len, strlen(out) < LOG_QUOTED_MAX && out[strlen(out) - 1] == '"');
			if (strlen(out) < len)
				CASE_TRUE(len, strcmp(out + strlen(out) - 4, "...\"") == 0);
		}
	free(out);
}

static void write_levels(void)
{
	log_set_level(LOG_INFO);
	log_error("fail what=%d", 1);
	log_warning("odd");
	log_info("put path=%s", QUOTED("/a\n"));
	log_debug("hidden");
	log_set_level(LOG_DEBUG);
	log_debug("seen");
	log_set_level(LOG_ERROR);
	log_warning("hidden");
	log_set_level(LOG_INFO);
}

TEST(log_lines_have_levels_and_obey_them)
{
	char out[1000];

	unsetenv("JOURNAL_STREAM");
	capture(write_levels, out, sizeof out);
	assert_string_equal(out, "error: fail what=1\nwarning: odd\nput path=\"/a\\x0a\"\nseen\n");
	setenv("JOURNAL_STREAM", "1:2", 1);
	capture(write_levels, out, sizeof out);
	unsetenv("JOURNAL_STREAM");
	assert_string_equal(out, "<3>fail what=1\n<4>odd\n<6>put path=\"/a\\x0a\"\n<7>seen\n");
}

static void write_wild(void)
{
	log_info("lib says=%s", "one\ntwo\r\x1b[0m");
	log_info("long %0*d", 3 * LOG_LINE_MAX, 1);
	log_info("end");
}

TEST(log_an_event_is_one_line_of_bounded_length)
{
	char out[4 * LOG_LINE_MAX], *second, *third;

	capture(write_wild, out, sizeof out);
	second = strchr(out, '\n') + 1;
	third = strchr(second, '\n') + 1;
	assert_true(strncmp(out, "lib says=one two  [0m\n", 22) == 0);
	assert_true(strncmp(second, "long 0", 6) == 0);
	assert_true(third - second <= LOG_LINE_MAX);
	assert_string_equal(third, "end\n");
}

static void write_through_writer(void)
{
	log_start_writer();
	for (int i = 0; i < 5000; i++)
		log_info("line n=%04d", i);
	log_stop_writer();
	log_info("after");
}

TEST(log_writer_writes_everything_in_order_and_stops)
{
	enum { SIZE = 200000 };
	char *out = xmalloc(SIZE);

	for (int round = 0; round < 2; round++) {
		const char *at = out;

		capture(write_through_writer, out, SIZE);
		for (int i = 0; i < 5000; i++) {
			char want[32];
			size_t len = (size_t)snprintf(want, sizeof want, "line n=%04d\n", i);

			CASE_TRUE(i, strncmp(at, want, len) == 0);
			at += len;
		}
		assert_string_equal(at, "after\n");
	}
	free(out);
}

struct reader {
	int fd;
	char *text;
	size_t len, size;
};

static void *read_all(void *arg)
{
	struct reader *r = arg;

	for (ssize_t n; r->len < r->size && (n = read(r->fd, r->text + r->len, r->size - r->len)) > 0;)
		r->len += (size_t)n;
	r->text[r->len] = '\0';
	return NULL;
}

/* Nobody reads: the pipe and the ring fill up, and no call waits. */
TEST(log_writer_never_waits_and_counts_what_it_drops)
{
	enum { LINES = 30000, SIZE = 4 << 20 };
	struct reader r = { .text = xmalloc(SIZE + 1), .size = SIZE };
	int real = dup(STDERR_FILENO), ends[2];
	unsigned long dropped = 0, shown = 0;
	pthread_t thread;

	assert_int_equal(pipe(ends), 0);
	assert_true(dup2(ends[1], STDERR_FILENO) >= 0);
	close(ends[1]);
	r.fd = ends[0];
	log_start_writer();
	for (int i = 0; i < LINES; i++)
		log_info("line %0100d", i);
	assert_int_equal(pthread_create(&thread, NULL, read_all, &r), 0);
	log_stop_writer();
	dup2(real, STDERR_FILENO);
	close(real);
	pthread_join(thread, NULL);
	close(ends[0]);
	for (char *rest, *line = strtok_r(r.text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		shown += strncmp(line, "line ", 5) == 0;
		if (strncmp(line, "drop log_lines=", 15) == 0)
			dropped += strtoul(line + 15, NULL, 10);
	}
	assert_true(dropped > 0);
	assert_int_equal(shown + dropped, LINES);
	free(r.text);
}

TEST(log_level_from_text_knows_four_words)
{
	enum log_level level = LOG_INFO;

	assert_true(log_level_from_text("error", &level) && level == LOG_ERROR);
	assert_true(log_level_from_text("warning", &level) && level == LOG_WARNING);
	assert_true(log_level_from_text("info", &level) && level == LOG_INFO);
	assert_true(log_level_from_text("debug", &level) && level == LOG_DEBUG);
	assert_false(log_level_from_text("Info", &level));
	assert_false(log_level_from_text("", &level));
}
