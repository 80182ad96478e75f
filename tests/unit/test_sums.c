#include "common/fsio.h"
#include "tests/unit/store_help.h"
#include "tests/unit/test.h"

static const char abc_sha1[] = "a9993e364706816aba3e25717850c26c9cd0d89d";
static const char abc_md5[] = "900150983cd24fb0d6963f7d28e17f72";

static struct store_sums sums_of(struct store *s, const char *path)
{
	struct store_node node;
	struct store_sums sums;

	assert_ok(store_lookup(s, span_of(path), &node));
	assert_ok(store_content_sums(s, &node, &sums));
	assert_true(sums.has_sha1 && sums.has_md5);
	return sums;
}

static void assert_hex(const unsigned char *bytes, size_t len, const char *hex)
{
	char text[2 * STORE_SHA1_SIZE + 1];

	hex_encode(bytes, len, text);
	assert_string_equal(text, hex);
}

TEST(sums_are_computed_once_and_kept)
{
	struct store *s = help_store_open();

	assert_ok(help_put_text(s, "/f", "abc").error);
	for (int i = 0; i < 2; i++) {
		struct store_sums sums = sums_of(s, "/f");

		assert_hex(sums.sha1, sizeof sums.sha1, abc_sha1);
		assert_hex(sums.md5, sizeof sums.md5, abc_md5);
		fsio_fault_set("content-open:1+:EIO"); /* the second time nothing is read */
	}
	fsio_fault_set(NULL);
	store_close(s);
}

TEST(sums_that_came_with_a_put_are_kept)
{
	struct store *s = help_store_open();
	struct store_sums given = { .has_sha1 = true, .has_md5 = true, .sha1 = { 1, 2 }, .md5 = { 3 } };
	struct store_step step = { .op = STORE_PUT,
				   .path = span_of("/f"),
				   .upload = help_upload(s, "abc", 3),
				   .mtime_ns = STORE_MTIME_NOW,
				   .sums = &given };
	struct store_sums sums;

	assert_ok(help_run(s, &step).error);
	sums = sums_of(s, "/f");
	assert_memory_equal(sums.sha1, given.sha1, sizeof sums.sha1);
	assert_memory_equal(sums.md5, given.md5, sizeof sums.md5);
	/* The content's, not the name's. */
	assert_ok(help_put_text(s, "/g", "abc").error);
	sums = sums_of(s, "/g");
	assert_memory_equal(sums.sha1, given.sha1, sizeof sums.sha1);
	store_close(s);
}

TEST(sums_of_large_and_empty_contents)
{
	enum { LARGE = 3 << 20 };
	struct store *s = help_store_open();
	autofree char *large = xcalloc(1, LARGE);
	struct store_sums sums;

	assert_ok(help_put(s, "/large", large, LARGE, NULL).error);
	assert_ok(help_put(s, "/empty", "", 0, NULL).error);
	sums = sums_of(s, "/large");
	assert_hex(sums.md5, sizeof sums.md5, "d1dd210d6b1312cb342b56d02bd5e651");
	sums = sums_of(s, "/empty");
	assert_hex(sums.sha1, sizeof sums.sha1, "da39a3ee5e6b4b0d3255bfef95601890afd80709");
	assert_hex(sums.md5, sizeof sums.md5, "d41d8cd98f00b204e9800998ecf8427e");
	store_close(s);
}
