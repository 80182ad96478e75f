#include "client/local.h"
#include "client/partial.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/fsio.h"
#include "tests/unit/test.h"

static int open_test_folder(void)
{
	int fd = open(test_folder(), O_RDONLY | O_DIRECTORY);

	assert_true(fd >= 0);
	return fd;
}

static void put(int folder, const char *name, const char *text)
{
	int fd = openat(folder, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static void assert_content(int folder, const char *name, const char *want)
{
	struct buf text = buf_new(1000);
	enum err e = fsio_read_file(folder, name, &text);

	if (want) {
		assert_int_equal(e, OK);
		assert_string_equal(text.data, want);
	} else {
		assert_int_equal(e, E_NOT_FOUND);
	}
	buf_clear(&text);
}

static struct local_id id_of(int folder, const char *name)
{
	struct stat st;

	assert_int_equal(fstatat(folder, name, &st, 0), 0);
	return local_id_of(&st);
}

TEST(local_replace_takes_the_place_of_the_expected_version_alone)
{
	autoclose int folder = open_test_folder();
	struct local_id id;

	put(folder, "t", "new");
	assert_int_equal(local_replace(folder, "t", "f", NULL, false), OK);
	assert_content(folder, "f", "new");
	/* something is there, and nothing should be */
	put(folder, "t", "newer");
	assert_int_equal(local_replace(folder, "t", "f", NULL, false), E_PRECONDITION);
	assert_content(folder, "f", "new");
	assert_content(folder, "t", "newer");
	/* the version that was looked at */
	id = id_of(folder, "f");
	assert_int_equal(local_replace(folder, "t", "f", &id, false), OK);
	assert_content(folder, "f", "newer");
	assert_content(folder, "t", NULL);
	/* another one by now */
	id = id_of(folder, "f");
	put(folder, "f", "somebody's");
	put(folder, "t", "newest");
	assert_int_equal(local_replace(folder, "t", "f", &id, false), E_PRECONDITION);
	assert_content(folder, "f", "somebody's");
	assert_content(folder, "t", "newest");
	/* gone by now */
	assert_int_equal(unlinkat(folder, "f", 0), 0);
	assert_int_equal(local_replace(folder, "t", "f", &id, false), E_PRECONDITION);
	assert_content(folder, "f", NULL);
	/* whatever is there */
	put(folder, "f", "x");
	assert_int_equal(local_replace(folder, "t", "f", NULL, true), OK);
	assert_content(folder, "f", "newest");
}

TEST(local_folder_below_never_follows_a_link_or_leaves_its_root)
{
	static const char *const refused[] = { "link", "link/x", "a/../..", "..", ".", "a//b", "file", "file/x" };
	autoclose int folder = open_test_folder();
	struct note why;
	int fd = -1;

	put(folder, "file", "x");
	assert_int_equal(symlinkat("/tmp", folder, "link"), 0);
	assert_int_equal(local_folder_below(folder, "a/b/c", false, &fd, &why), E_NOT_FOUND);
	assert_int_equal(local_folder_below(folder, "a/b/c", true, &fd, &why), OK);
	close(fd);
	assert_int_equal(local_folder_below(folder, "", true, &fd, &why), OK);
	close(fd);
	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		enum err e = local_folder_below(folder, refused[i], true, &fd, &why);

		if (e == OK)
			fail_msg("opened: %s", refused[i]);
	}
}

TEST(local_open_takes_regular_files_alone)
{
	autoclose int folder = open_test_folder();
	struct stat st;
	struct note why;
	int fd = -1;

	put(folder, "f", "x");
	assert_int_equal(mkdirat(folder, "d", 0700), 0);
	assert_int_equal(mkfifoat(folder, "p", 0600), 0);
	assert_int_equal(symlinkat("f", folder, "l"), 0);
	assert_int_equal(local_open(folder, "f", false, &fd, &st, &why), OK);
	close(fd);
	assert_int_equal(local_open(folder, "l", true, &fd, &st, &why), OK);
	close(fd);
	assert_int_equal(local_open(folder, "l", false, &fd, &st, &why), E_IO);
	assert_int_equal(local_open(folder, "d", true, &fd, &st, &why), E_USAGE);
	assert_int_equal(local_open(folder, "p", true, &fd, &st, &why), E_IO); /* and does not wait for a writer */
	assert_int_equal(local_open(folder, "none", true, &fd, &st, &why), E_NOT_FOUND);
}

TEST(local_id_settles_two_seconds_after_the_last_change)
{
	struct local_id id = { .mtime_ns = 10 * NS_PER_S, .ctime_ns = 20 * NS_PER_S };

	assert_false(local_id_is_settled(&id, 21 * NS_PER_S));
	assert_false(local_id_is_settled(&id, 22 * NS_PER_S));
	assert_true(local_id_is_settled(&id, 22 * NS_PER_S + 1));
}

TEST(partial_goes_on_where_it_stopped)
{
	autoclose int folder = open_test_folder();
	struct partial p;
	struct digest want = digest_of("hello world", 11), got;
	char name[sizeof p.name];

	partial_init(&p);
	assert_int_equal(partial_create(&p, folder), OK);
	assert_int_equal(partial_write(&p, "hello", 5), OK);
	memcpy(name, p.name, sizeof name);
	partial_clear(&p);
	assert_int_equal(partial_reopen(&p, folder, name), OK);
	assert_int_equal(p.written_bytes, 5);
	assert_int_equal(partial_write(&p, " world", 6), OK);
	got = hasher_finish(p.hasher);
	assert_true(digest_equal(&got, &want));
	assert_int_equal(partial_restart(&p), OK);
	assert_int_equal(partial_write(&p, "hello world", 11), OK);
	got = hasher_finish(p.hasher);
	assert_true(digest_equal(&got, &want));
	assert_content(folder, name, "hello world");
	partial_remove(&p);
	assert_content(folder, name, NULL);
}

TEST(partial_of_somebody_else_is_left_alone)
{
	autoclose int folder = open_test_folder();
	struct partial writing, p;

	partial_init(&writing);
	partial_init(&p);
	assert_int_equal(partial_create(&writing, folder), OK);
	assert_int_equal(partial_reopen(&p, folder, writing.name), E_NOT_FOUND); /* it is being written */
	put(folder, "other", "x");
	assert_int_equal(partial_reopen(&p, folder, "other"), E_NOT_FOUND);
	assert_int_equal(partial_reopen(&p, folder, "../x"), E_NOT_FOUND);
	assert_int_equal(symlinkat("other", folder, ".sync-0123456789abcdef.part"), 0);
	assert_int_equal(partial_reopen(&p, folder, ".sync-0123456789abcdef.part"), E_NOT_FOUND);
	assert_int_equal(unlinkat(folder, ".sync-0123456789abcdef.part", 0), 0);
	assert_int_equal(linkat(folder, "other", folder, ".sync-0123456789abcdef.part", 0), 0);
	assert_int_equal(partial_reopen(&p, folder, ".sync-0123456789abcdef.part"), E_NOT_FOUND);
	partial_remove(&writing);
}
