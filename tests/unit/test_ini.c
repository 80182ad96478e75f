#include "common/ini.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/buf.h"
#include "tests/unit/table.h"

/* Collects what is read as "section/label/key=value@line ". */
static enum err collect(void *arg, const struct ini_entry *entry, struct note *why)
{
	struct buf *out = arg;

	if (strcmp(entry->key, "refuse") == 0)
		return note_set(why, E_CONFLICT, "no %s here", entry->value);
	if (strcmp(entry->key, "silent") == 0)
		return E_CONFLICT;
	return buf_addf(out, "%s/%s/%s=%s@%u ", entry->section, entry->label, entry->key, entry->value, entry->line);
}

TEST(ini_reads_sections_labels_keys_and_comments)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{ "", "" },
		{ "\n\n# c\n; c\n  \t\n", "" },
		{ "a=b", "//a=b@1 " },
		{ "a = b\n", "//a=b@1 " },
		{ "\n\t a\t=\tb c \r\n", "//a=b c@2 " },
		{ "a = b # c\n", "//a=b@1 " },
		{ "a = b ; c\n", "//a=b@1 " },
		{ "a = b#c;d\n", "//a=b#c;d@1 " },
		{ "a =\nb = \n", "//a=@1 //b=@2 " },
		{ "a = # c\n", "//a=@1 " },
		{ "a = b = c\n", "//a=b = c@1 " },
		{ "a = b: c\n", "//a=b: c@1 " },
		{ "a = [x]\n", "//a=[x]@1 " },
		{ "a = \"b\"\n", "//a=\"b\"@1 " },
		{ "a-b_c.9 = d\n", "//a-b_c.9=d@1 " },
		{ "[s]\na=b\n[t]\na=c\n", "s//a=b@2 t//a=c@4 " },
		{ "[remote files]\nurl = https://h:1/#x\n", "remote/files/url=https://h:1/#x@2 " },
		{ "[ remote \t files \t]\na=b\n", "remote/files/a=b@2 " },
		{ "[user \"ann b\"]\na=b\n", "user/ann b/a=b@2 " },
		{ "[user \"]\na=b\n", "user/\"/a=b@2 " },
		{ "  [s] # c\n  a=b\n  c=d\n", "s//a=b@2 s//c=d@3 " }, /* an indented line is a line */
		{ "[]\na=b\n", "//a=b@2 " },
		{ "\xef\xbb\xbf"
		  "a=b\n",
		  "//a=b@1 " },
		{ "a=b\na=c\n", "//a=b@1 //a=c@2 " },
		{ "a=\xc3\xa9\xff\n", "//a=\xc3\xa9\xff@1 " },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		autobuf struct buf out = buf_new(1000);
		struct note why = { "" };

		CASE_EQUAL(i, ini_read_text("f", span_of(cases[i].text), collect, &out, &why), OK);
		CASE_TEXT(i, out.data, cases[i].want);
		CASE_TEXT(i, why.text, "");
	}
}

TEST(ini_refuses_with_file_and_line)
{
	static const struct {
		const char *text;
		enum err want;
		const char *why;
	} cases[] = {
		{ "a", E_USAGE, "f.conf:1: neither key = value nor a section nor a comment" },
		{ "\n\na b = c\n", E_USAGE, "f.conf:3: neither key = value nor a section nor a comment" },
		{ "a: b\n", E_USAGE, "f.conf:1: neither key = value nor a section nor a comment" },
		{ "a: b = c\n", E_USAGE, "f.conf:1: neither key = value nor a section nor a comment" },
		{ "= b\n", E_USAGE, "f.conf:1: neither key = value nor a section nor a comment" },
		{ "a # = b\n", E_USAGE, "f.conf:1: neither key = value nor a section nor a comment" },
		{ "x=1\n[s\n", E_USAGE, "f.conf:2: a section without its closing bracket" },
		{ "[s] t\n", E_USAGE, "f.conf:1: words after a section's bracket" },
		{ "[s]]\n", E_USAGE, "f.conf:1: words after a section's bracket" },
		{ "[aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa]\n", E_USAGE,
		  "f.conf:1: the section's name is too long" },
		{ "a=\x01\n", E_USAGE, "f.conf:1: a control character" },
		{ "# \x1b[2J\n", E_USAGE, "f.conf:1: a control character" },
		{ "a=b\rc\n", E_USAGE, "f.conf:1: a control character" },
		{ "x=1\nrefuse = bears\n", E_CONFLICT, "f.conf:2: no bears here" },
		{ "x=1\nsilent = 1\n", E_CONFLICT, "f.conf:2: the folder it would be in does not exist" },
		{ "refuse = bears\nnonsense\n", E_CONFLICT, "f.conf:1: no bears here" },
		{ "nonsense\nrefuse = bears\n", E_USAGE, "f.conf:1: neither key = value nor a section nor a comment" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		autobuf struct buf out = buf_new(1000);
		struct note why = { "" };

		CASE_EQUAL(i, ini_read_text("f.conf", span_of(cases[i].text), collect, &out, &why), cases[i].want);
		CASE_TEXT(i, why.text, cases[i].why);
		CASE_EQUAL(i, ini_read_text("f.conf", span_of(cases[i].text), collect, &out, NULL), cases[i].want);
	}
}

TEST(ini_refuses_a_nul)
{
	autobuf struct buf out = buf_new(1000);
	struct note why;

	assert_int_equal(ini_read_text("f", (struct span){ "a=b\0c\n", 6 }, collect, &out, &why), E_USAGE);
	assert_string_equal(why.text, "f:1: a control character");
}

/* Debian's inih cuts lines at 199 bytes and reads the tail as another line. */
TEST(ini_long_lines_arrive_whole_or_not_at_all)
{
	static const size_t lens[] = { 190, 197, 198, 199, 200, 201, 300, 3000, INI_LINE_LIMIT - 2 };
	char text[INI_LINE_LIMIT + 2];

	memset(text, 'x', sizeof text);
	text[0] = 'a';
	text[1] = '=';
	for (size_t i = 0; i < ARRAY_LEN(lens); i++) {
		autobuf struct buf out = buf_new(2 * INI_LINE_LIMIT);

		CASE_EQUAL(i, ini_read_text("f", (struct span){ text, lens[i] + 2 }, collect, &out, NULL), OK);
		CASE_EQUAL(i, out.len, lens[i] + strlen("//a=@1 "));
	}
	autobuf struct buf out = buf_new(2 * INI_LINE_LIMIT);
	struct note why;

	assert_int_equal(ini_read_text("f", (struct span){ text, INI_LINE_LIMIT + 1 }, collect, &out, &why), E_USAGE);
	assert_string_equal(why.text, "f:1: the line is too long");
	assert_int_equal(out.len, 0);
}

TEST(ini_a_long_file_name_leaves_room_for_the_reason)
{
	autobuf struct buf out = buf_new(1000);
	char name[500];
	struct note why;

	memset(name, 'n', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	assert_int_equal(ini_read_text(name, span_of("a"), collect, &out, &why), E_USAGE);
	assert_non_null(strstr(why.text, "...n"));
	assert_non_null(strstr(why.text, ":1: neither key = value nor a section nor a comment"));
}

static void write_file(const char *folder, const char *name, const char *text)
{
	autofree char *path = xasprintf("%s/%s", folder, name);

	FILE *file = fopen(path, "we");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0 && fclose(file) == 0);
}

TEST(ini_reads_files_and_says_what_it_cannot_read)
{
	autobuf struct buf out = buf_new(1000);
	const char *folder = test_folder();
	autofree char *file = xasprintf("%s/x.conf", folder), *none = xasprintf("%s/none", folder);
	struct note why = { "" };

	write_file(folder, "x.conf", "[a b]\nc = d\n");
	assert_int_equal(ini_read_file(file, collect, &out, &why), OK);
	assert_string_equal(out.data, "a/b/c=d@2 ");
	assert_int_equal(ini_read_file(none, collect, &out, &why), E_NOT_FOUND);
	assert_non_null(strstr(why.text, "no such file"));
	assert_int_not_equal(ini_read_file(folder, collect, &out, &why), OK);
	assert_int_equal(truncate(file, INI_FILE_LIMIT + 1), 0);
	assert_int_equal(ini_read_file(file, collect, &out, &why), E_TOO_LARGE);
}

TEST(ini_reads_a_folder_in_the_order_of_names)
{
	autobuf struct buf out = buf_new(1000);
	const char *folder = test_folder();
	autofree char *none = xasprintf("%s/none", folder);
	struct note why = { "" };

	write_file(folder, "20-b.conf", "k = 2\n");
	write_file(folder, "10-a.conf", "k = 1\n");
	write_file(folder, "Z.conf", "k = 3\n");
	write_file(folder, "30.conf~", "k = 9\n");
	write_file(folder, ".40.conf", "k = 9\n");
	write_file(folder, "README", "not a config\n");
	assert_int_equal(ini_read_folder(folder, collect, &out, &why), OK);
	assert_string_equal(out.data, "//k=1@1 //k=2@1 //k=3@1 ");
	assert_int_equal(ini_read_folder(none, collect, &out, &why), OK);
	write_file(folder, "15-bad.conf", "\nbad\n");
	buf_reset(&out);
	assert_int_equal(ini_read_folder(folder, collect, &out, &why), E_USAGE);
	assert_non_null(strstr(why.text, "/15-bad.conf:2: neither"));
	assert_string_equal(out.data, "//k=1@1 ");
}
