/* The text that stands for a symbolic link: what is one, what is none, and that a link comes back as it was. */
#include "client/sync/linktext.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/test.h"

static int open_test_folder(void)
{
	int fd = open(test_folder(), O_RDONLY | O_DIRECTORY);

	assert_true(fd >= 0);
	return fd;
}

static int file_of(int folder, const char *bytes, size_t len)
{
	int fd = openat(folder, "text", O_RDWR | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, len), (ssize_t)len);
	return fd;
}

static char *target_of(const char *bytes, size_t len)
{
	int folder = open_test_folder(), fd = file_of(folder, bytes, len);
	char *target = linktext_target(fd, (int64_t)len);

	close(fd);
	close(folder);
	return target;
}

TEST(linktext_is_a_mark_and_a_target)
{
	static const char *const none[] = {
		"", "!", LINKTEXT_MARK, "!<Symlink>x", " " LINKTEXT_MARK "x", "\xef\xbb\xbf" LINKTEXT_MARK "x"
	};
	static const char zero[] = LINKTEXT_MARK "a\0b";
	char *target;

	for (size_t i = 0; i < ARRAY_LEN(none); i++)
		assert_null(target_of(none[i], strlen(none[i])));
	assert_null(target_of(zero, sizeof zero - 1));
	assert_null(target_of(zero, sizeof zero)); /* also at the end */
	target = target_of(LINKTEXT_MARK "../a\n\xff", strlen(LINKTEXT_MARK) + 6);
	assert_string_equal(target, "../a\n\xff");
	free(target);
}

TEST(linktext_target_has_a_longest)
{
	char text[LINKTEXT_BYTES + 1];
	char *target;

	memset(text, 'x', sizeof text);
	memcpy(text, LINKTEXT_MARK, strlen(LINKTEXT_MARK));
	assert_null(target_of(text, sizeof text));
	target = target_of(text, sizeof text - 1);
	assert_int_equal(strlen(target), LINKTEXT_TARGET_BYTES);
	free(target);
}

TEST(linktext_of_a_file_that_is_another_size_than_said_is_none)
{
	int folder = open_test_folder(), fd = file_of(folder, LINKTEXT_MARK "abc", strlen(LINKTEXT_MARK) + 3);

	assert_null(linktext_target(fd, (int64_t)strlen(LINKTEXT_MARK) + 2));
	assert_null(linktext_target(fd, (int64_t)strlen(LINKTEXT_MARK) + 4));
	close(fd);
	close(folder);
}

TEST(linktext_reads_links_and_nothing_else)
{
	char longest[LINKTEXT_TARGET_BYTES + 1] = "";
	int folder = open_test_folder();
	static struct linktext text;
	struct local_id id;
	struct stat st;

	memset(longest, 'y', LINKTEXT_TARGET_BYTES);
	assert_int_equal(symlinkat("../there", folder, "link"), 0);
	assert_int_equal(linktext_read(folder, "link", &text, &id), OK);
	assert_int_equal(text.len, strlen(LINKTEXT_MARK "../there"));
	assert_memory_equal(text.bytes, LINKTEXT_MARK "../there", text.len);
	assert_int_equal(fstatat(folder, "link", &st, AT_SYMLINK_NOFOLLOW), 0);
	assert_true(id.ino == st.st_ino);
	assert_int_equal(symlinkat(longest, folder, "longest"), 0);
	assert_int_equal(linktext_read(folder, "longest", &text, &id), OK);
	assert_int_equal(text.len, LINKTEXT_BYTES);
	close(file_of(folder, "x", 1));
	assert_int_equal(linktext_read(folder, "text", &text, &id), E_PRECONDITION);
	assert_int_equal(linktext_read(folder, "nothing", &text, &id), E_NOT_FOUND);
	close(folder);
}
