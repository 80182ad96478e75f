#include "client/remote/listing.h"

#include <string.h>

#include "tests/unit/test.h"

#define HEX "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

static enum err read_all(struct listing *l, const char *text)
{
	struct note why;
	enum err e;

	listing_init(l);
	e = listing_add(l, text, strlen(text), &why);
	return e == OK ? listing_end(l, &why) : e;
}

TEST(listing_reads_files_and_folders)
{
	struct listing l;

	assert_int_equal(read_all(&l, "d " HEX " 12 a/\nf " HEX " 9223372036854775807 b c  d\nf " HEX " 0 \xc3\xbc\n"),
			 OK);
	assert_int_equal(l.count, 3);
	assert_true(l.entries[0].is_folder && !l.entries[1].is_folder);
	assert_string_equal(l.entries[0].name, "a");
	assert_string_equal(l.entries[1].name, "b c  d");
	assert_true(l.entries[1].size_bytes == INT64_MAX);
	listing_clear(&l);
	assert_int_equal(read_all(&l, ""), OK);
	assert_int_equal(l.count, 0);
	listing_clear(&l);
}

TEST(listing_with_one_bad_line_is_refused_whole)
{
	static const char *const cases[] = {
		"f " HEX " 1 ..\n",
		"f " HEX " 1 .\n",
		"f " HEX " 1 \n",
		"f " HEX " 1 a/b\n",
		"f " HEX " 1 /a\n",
		"f " HEX " 1 a/\n",
		"d " HEX " 1 a\n",
		"d " HEX " 1 /\n",
		"d " HEX " 1 ../\n",
		"d " HEX " 1 a//\n",
		"f " HEX " 1 a\tb\n",
		"f " HEX " 1 a\xff\n",
		"f " HEX " 1 a\r\n",
		"f " HEX " -1 a\n",
		"f " HEX " 9223372036854775808 a\n",
		"f " HEX "  1 a\n",
		"f xyz 1 a\n",
		"g " HEX " 1 a\n",
		"f " HEX " 1\n",
		"\n",
		"f " HEX " 1 a\nf " HEX " 1 a\n",
		"f " HEX " 1 a\nd " HEX " 1 a/\n",
		"f " HEX " 1 b\nf " HEX " 1 a\n",
		"f " HEX " 1 a", /* cut */
		"<html>",
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct listing l;

		if (read_all(&l, cases[i]) != E_BAD_REQUEST)
			fail_msg("case %zu", i);
		listing_clear(&l);
	}
}

TEST(listing_has_a_limit)
{
	static char block[1 << 20];
	struct listing l;
	struct note why;
	enum err e = OK;

	memset(block, 'x', sizeof block);
	listing_init(&l);
	assert_int_equal(listing_add(&l, block, sizeof block, &why), E_BAD_REQUEST); /* a line without end */
	listing_clear(&l);
	l.taken_bytes = LISTING_LIMIT;
	e = listing_add(&l, "f", 1, &why);
	assert_int_equal(e, E_BAD_REQUEST);
	assert_non_null(strstr(why.text, "longer"));
	listing_clear(&l);
}
