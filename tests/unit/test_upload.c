#include "server/store/upload.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/fsio.h"
#include "tests/unit/store_check.h"
#include "tests/unit/store_help.h"
#include "tests/unit/test.h"

static char *pattern(size_t len)
{
	char *bytes = xmalloc(len);

	for (size_t i = 0; i < len; i++)
		bytes[i] = (char)(i * 31 + i / 4096);
	return bytes;
}

TEST(upload_of_each_size_comes_back_as_it_was)
{
	static const size_t sizes[] = { 0, 1, 4095, 4096, 4097, 65536, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 5000000 };
	struct store *s = help_store_open();
	char *folder = strdup(store_folder(s));
	char *bytes = pattern(5000000);

	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		assert_ok(help_put(s, "/f", bytes, sizes[i], NULL).error);
		assert_true(help_has(s, "/f", bytes, sizes[i]));
	}
	store_close(s);
	assert_true(check_store(folder));
	free(bytes);
	free(folder);
}

TEST(upload_says_when_it_would_touch_the_disk)
{
	struct store *s = help_store_open();
	struct upload *small = upload_new(s, 1000), *large = upload_new(s, 2 << 20), *unknown = upload_new(s, -1);
	char *bytes = pattern(2 << 20);
	struct digest digest;

	assert_false(upload_would_block(small, 1000));
	assert_true(upload_would_block(large, 1));
	assert_false(upload_would_block(unknown, 1 << 20));
	assert_true(upload_would_block(unknown, (1 << 20) + 1));
	assert_ok(upload_add(unknown, bytes, 700000));
	assert_false(upload_would_block(unknown, 0));
	assert_true(upload_would_block(unknown, 700000));
	assert_ok(upload_add(unknown, bytes + 700000, 700000));
	assert_true(upload_would_block(unknown, 0));
	assert_ok(upload_finish(unknown, &digest));
	assert_int_equal(upload_size(unknown), 1400000);
	assert_null(upload_bytes(unknown));
	assert_true(digest_equal(&digest, &(struct digest[]){ digest_of(bytes, 1400000) }[0]));
	upload_free(small);
	upload_free(large);
	upload_free(unknown);
	free(bytes);
	store_close(s);
}

TEST(upload_goes_to_a_file_when_the_memory_budget_is_used_up)
{
	struct store_options options = STORE_DEFAULTS;
	struct store *s = NULL;
	struct upload *first, *second;
	char bytes[8192] = "x";
	struct note why;

	options.create = true;
	options.memory_budget_bytes = 8192;
	assert_ok(store_open(test_folder(), &options, &s, &why));
	first = upload_new(s, 8192);
	second = upload_new(s, 8192);
	assert_false(upload_would_block(first, 8192));
	assert_ok(upload_add(first, bytes, 8192));
	assert_true(upload_would_block(second, 1));
	upload_free(first);
	assert_false(upload_would_block(second, 1));
	upload_free(second);
	store_close(s);
}

TEST(upload_that_is_given_up_leaves_nothing_behind)
{
	struct store *s = help_store_open();
	char *folder = strdup(store_folder(s)), *bytes = pattern(3 << 20);
	struct upload *begun = upload_new(s, -1), *finished = help_upload(s, bytes, 3 << 20);
	struct cond cond = COND_NONE;

	assert_ok(upload_add(begun, bytes, 3 << 20));
	upload_free(begun);
	upload_free(finished);
	cond.if_match = "\"nothing\"";
	assert_int_equal(help_put(s, "/f", bytes, 3 << 20, &cond).error, E_PRECONDITION);
	store_close(s);
	assert_true(check_store(folder));
	free(bytes);
	free(folder);
}

TEST(upload_of_a_content_that_is_there_keeps_one_copy)
{
	struct store *s = help_store_open();
	char *folder = strdup(store_folder(s)), *bytes = pattern(3 << 20);

	assert_ok(help_put(s, "/a", bytes, 3 << 20, NULL).error);
	assert_ok(help_put(s, "/b", bytes, 3 << 20, NULL).error);
	assert_true(help_has(s, "/b", bytes, 3 << 20));
	store_close(s);
	assert_true(check_store(folder));
	free(bytes);
	free(folder);
}

TEST(upload_fails_cleanly_at_every_step_of_a_large_body)
{
	static const char *const points[] = { "object-create", "object-write", "object-sync", "object-link",
					      "object-folder-sync" };
	struct store *s = help_store_open();
	char *folder = strdup(store_folder(s)), *bytes = pattern(2 << 20);

	for (size_t i = 0; i < ARRAY_LEN(points); i++) {
		char *spec = xasprintf("%s:1:%s", points[i], i % 2 ? "ENOSPC" : "EIO");

		fsio_fault_set(spec);
		assert_null(help_upload(s, bytes, 2 << 20));
		fsio_fault_set(NULL);
		free(spec);
	}
	fsio_fault_set("object-write:1:short");
	assert_null(help_upload(s, bytes, 2 << 20));
	fsio_fault_set(NULL);
	assert_ok(help_put(s, "/f", bytes, 2 << 20, NULL).error);
	store_close(s);
	assert_true(check_store(folder));
	free(bytes);
	free(folder);
}
