#include "client/sync/textmerge.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/local.h"
#include "common/fsio.h"
#include "tests/unit/test.h"

enum { ROUNDS = 80, LINES_MAX = 40, EDITS_MAX = 4, TEXT_LIMIT = 4096, COMMAND_SIZE = 2048 };

static unsigned seed = 7;

static unsigned below(unsigned n)
{
	return (unsigned)rand_r(&seed) % n;
}

/* A text as its lines; `tag` is in each line that was written by one side. */
struct text {
	char lines[LINES_MAX][12];
	size_t count;
	bool has_no_end; /* of the last line */
};

static void insert(struct text *t, size_t at, const char *line)
{
	if (t->count == LINES_MAX)
		return;
	memmove(t->lines[at + 1], t->lines[at], (t->count - at) * sizeof t->lines[0]);
	snprintf(t->lines[at], sizeof t->lines[0], "%s", line);
	t->count++;
}

static void drop(struct text *t, size_t at)
{
	memmove(t->lines[at], t->lines[at + 1], (t->count - at - 1) * sizeof t->lines[0]);
	t->count--;
}

/* Lines that are there many times, and some that are there once. */
static struct text random_text(void)
{
	struct text t = { .count = 0 };

	for (size_t n = below(14); t.count < n;) {
		char line[12];

		snprintf(line, sizeof line, below(2) ? "%c" : "l%c", "abcdefghijklmn"[below(2) ? below(3) : t.count]);
		insert(&t, t.count, line);
	}
	return t;
}

static struct text edited(const struct text *base, char tag)
{
	struct text t = *base;

	for (unsigned i = 0, n = below(EDITS_MAX + 1); i < n; i++) {
		size_t at = below((unsigned)t.count + 1);
		unsigned what = below(4);
		char line[12];

		snprintf(line, sizeof line, "%c%u", tag, i);
		if (at < t.count && what < 2)
			drop(&t, at);
		if (what != 0)
			insert(&t, MIN(at, t.count), line);
	}
	t.has_no_end = t.count && below(6) == 0;
	return t;
}

static void write_out(const struct text *t, char out[TEXT_LIMIT])
{
	size_t len = 0;

	out[0] = '\0';
	for (size_t i = 0; i < t->count; i++)
		len += (size_t)snprintf(out + len, TEXT_LIMIT - len, "%s%s", t->lines[i],
					i + 1 == t->count && t->has_no_end ? "" : "\n");
}

static int file_of(const char *bytes, size_t len)
{
	int fd = local_temporary();

	assert_true(fd >= 0);
	assert_int_equal(fsio_write("test", fd, bytes, len), OK);
	return fd;
}

static enum err merge_bytes(struct span mine, const struct span *base, struct span theirs, struct buf *out)
{
	struct textmerge m = { .mine_label = "mine", .theirs_label = "theirs", .base = -1 };
	struct note why;
	enum err e;

	m.mine = file_of(mine.ptr, mine.len);
	m.theirs = file_of(theirs.ptr, theirs.len);
	if (base)
		m.base = file_of(base->ptr, base->len);
	*out = textmerge_buf();
	e = textmerge_run(&m, out, &why);
	if (e == OK)
		assert_false(textmerge_has_marks(&m, buf_span(out)));
	if (e == E_PRECONDITION)
		assert_true(textmerge_has_marks(&m, buf_span(out)));
	close(m.mine);
	close(m.theirs);
	if (base)
		close(m.base);
	return e;
}

static enum err merge(const char *mine, const char *base, const char *theirs, struct buf *out)
{
	struct span b = span_of(base);

	return merge_bytes(span_of(mine), base ? &b : NULL, span_of(theirs), out);
}

static bool has_line(const char *text, const char *line)
{
	size_t len = strlen(line);

	for (const char *at = text; (at = strstr(at, line)); at++)
		if ((at == text || at[-1] == '\n') && (at[len] == '\n' || !at[len]))
			return true;
	return false;
}

/* Whatever only one side wrote is there, in order, be it merged or marked. */
static void check_lines(const struct text *side, char tag, const char *merged)
{
	const char *last = merged;

	for (size_t i = 0; i < side->count; i++) {
		const char *at;

		if (side->lines[i][0] != tag)
			continue;
		if (!has_line(merged, side->lines[i]))
			fail_msg("the line %s is lost: %s", side->lines[i], merged);
		at = strstr(last, side->lines[i]);
		assert_true(at != NULL);
		last = at;
	}
}

/* What git(1) makes of it; -1: there is no git.  Its exit status is the number of conflicts. */
static int merge_by_git(const char *folder, char out[TEXT_LIMIT])
{
	char command[COMMAND_SIZE];
	FILE *pipe;
	size_t len;
	int status;

	snprintf(command, sizeof command,
		 "command -v git >/dev/null || exit 127; cd '%s' && exec env -u GIT_DIR GIT_CONFIG_NOSYSTEM=1 HOME=. "
		 "git merge-file -p mine base theirs",
		 folder);
	pipe = popen(command, "r");
	assert_non_null(pipe);
	len = fread(out, 1, TEXT_LIMIT - 1, pipe);
	out[len] = '\0';
	status = pclose(pipe);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status) == 127 ? -1 : WEXITSTATUS(status);
}

static void write_file(const char *folder, const char *name, const char *text)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", folder, name);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fwrite(text, 1, strlen(text), f) == strlen(text));
	fclose(f);
}

TEST(textmerge_holds_what_either_side_changed_and_agrees_with_git)
{
	const char *folder = test_folder();
	unsigned clean = 0, compared = 0;

	for (unsigned round = 0; round < ROUNDS; round++) {
		struct text base = random_text(), mine = edited(&base, 'M'), theirs = edited(&base, 'T');
		char b[TEXT_LIMIT], m[TEXT_LIMIT], t[TEXT_LIMIT], git[TEXT_LIMIT];
		struct buf out, other;
		int conflicts;
		enum err e;

		write_out(&base, b);
		write_out(&mine, m);
		write_out(&theirs, t);
		e = merge(m, b, t, &out);
		assert_true(e == OK || e == E_PRECONDITION);
		check_lines(&mine, 'M', out.data);
		check_lines(&theirs, 'T', out.data);
		clean += e == OK;
		write_file(folder, "mine", m);
		write_file(folder, "base", b);
		write_file(folder, "theirs", t);
		conflicts = merge_by_git(folder, git);
		/* A missing end of the last line is a change to git. */
		if (e == OK && conflicts >= 0 && !mine.has_no_end && !theirs.has_no_end) {
			if (conflicts)
				fail_msg("git sees a conflict: %s--- %s--- %s=== %s", m, b, t, git);
			assert_string_equal(out.data, git);
			compared++;
		}
		/* Whose is whose does not matter to a clean one. */
		assert_int_equal(merge(t, b, m, &other), e);
		if (e == OK)
			assert_string_equal(out.data, other.data);
		buf_clear(&out);
		buf_clear(&other);
	}
	print_message("%u of %u clean, %u compared with git\n", clean, ROUNDS, compared);
	assert_true(clean > ROUNDS / 5 && clean < ROUNDS);
}

TEST(textmerge_knows_who_changed_nothing)
{
	static const struct {
		const char *mine, *base, *theirs, *want;
	} cases[] = {
		{ "a\nb\n", "a\nb\n", "a\nb\n", "a\nb\n" },
		{ "a\nb\n", "a\nb\n", "a\nc\n", "a\nc\n" },
		{ "a\nc\n", "a\nb\n", "a\nb\n", "a\nc\n" },
		{ "a\nc\n", "a\nb\n", "a\nc\n", "a\nc\n" }, /* both alike */
		{ "", "a\n", "a\n", "" },
		{ "a\n", "", "", "a\n" },
		{ "", "a\n", "", "" },
		{ "a", "a\n", "a\n", "a" }, /* the end of the last line */
		{ "x\na\nb\nc\nd\n", "a\nb\nc\nd\n", "a\nb\nc\nd", "x\na\nb\nc\nd" },
		{ "1\r\n2\r\n3\r\n", "0\r\n2\r\n3\r\n", "0\r\n2\r\n4\r\n", "1\r\n2\r\n4\r\n" },
		{ "\xc3\xa9\nb\nc\n", "e\nb\nc\n", "e\nb\n\xe2\x82\xac\n", "\xc3\xa9\nb\n\xe2\x82\xac\n" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct buf out;
		enum err e = merge(cases[i].mine, cases[i].base, cases[i].theirs, &out);

		if (e != OK || strcmp(out.data, cases[i].want) != 0)
			fail_msg("case %zu: %s, %s", i, err_words(e), out.data);
		buf_clear(&out);
	}
}

TEST(textmerge_marks_what_both_changed)
{
	static const struct {
		const char *mine, *base, *theirs, *want;
	} cases[] = {
		{ "a\nM\nc\n", "a\nb\nc\n", "a\nT\nc\n", "a\n<<<<<<< mine\nM\n=======\nT\n>>>>>>> theirs\nc\n" },
		{ "M", "b", "T",
		  "<<<<<<< mine\nM\n=======\nT\n>>>>>>> theirs\n" }, /* without an end of the last line */
		{ "", "a\n", "b\n", "<<<<<<< mine\n=======\nb\n>>>>>>> theirs\n" },
		{ "a\nM\nc\n", NULL, "a\nT\nc\n", "a\n<<<<<<< mine\nM\n=======\nT\n>>>>>>> theirs\nc\n" },
		{ "a\nM", NULL, "a\n",
		  "a\n<<<<<<< mine\nM\n=======\n>>>>>>> theirs\n" }, /* one-sided, without a base */
		{ "M", NULL, "", "<<<<<<< mine\nM\n=======\n>>>>>>> theirs\n" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct buf out;
		enum err e = merge(cases[i].mine, cases[i].base, cases[i].theirs, &out);

		if (e != E_PRECONDITION || strcmp(out.data, cases[i].want) != 0)
			fail_msg("case %zu: %s, %s", i, err_words(e), out.data);
		buf_clear(&out);
	}
}

TEST(textmerge_takes_nothing_but_text_of_a_megabyte)
{
	static const char nul[] = "a\0b\n", latin[] = "caf\xe9\n";
	size_t size = TEXTMERGE_LIMIT_BYTES;
	autofree char *large = xmalloc(size + 1);
	struct span base = span_of("a\n"), text = span_of("b\n");
	struct buf out;

	memset(large, '\n', size + 1);
	assert_int_equal(merge_bytes((struct span){ nul, 4 }, &base, text, &out), E_MEDIA_TYPE);
	buf_clear(&out);
	assert_int_equal(merge_bytes(text, &base, (struct span){ latin, 5 }, &out), E_MEDIA_TYPE);
	buf_clear(&out);
	assert_int_equal(merge_bytes((struct span){ large, size + 1 }, &base, text, &out), E_TOO_LARGE);
	buf_clear(&out);
	assert_int_equal(merge_bytes((struct span){ large, size }, &(struct span){ large, size }, text, &out), OK);
	assert_string_equal(out.data, "b\n");
	buf_clear(&out);
}

TEST(textmerge_labels_cannot_break_the_marks)
{
	struct textmerge m = { .mine_label = "a\n>>>>>>> %L b", .theirs_label = "%%c'\\007' \x1b[1m", .base = -1 };
	struct buf out = textmerge_buf();
	struct note why;

	m.mine = file_of("x\n", 2);
	m.theirs = file_of("y\n", 2);
	assert_int_equal(textmerge_run(&m, &out, &why), E_PRECONDITION);
	assert_string_equal(out.data, "<<<<<<< a>>>>>>> L b\nx\n=======\ny\n>>>>>>> c'\\007' [1m\n");
	assert_true(textmerge_has_marks(&m, buf_span(&out)));
	assert_false(textmerge_has_marks(&m, span_of("=======\n<<<<<<< other\ntext <<<<<<< a>>>>>>> L b\n")));
	close(m.mine);
	close(m.theirs);
	buf_clear(&out);
}
