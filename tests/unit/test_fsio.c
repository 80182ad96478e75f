#include "common/fsio.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "tests/unit/store_help.h"
#include "tests/unit/test.h"

static int open_test_folder(void)
{
	return open(test_folder(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

TEST(fsio_file_is_replaced_whole_or_not_at_all)
{
	static const char *const points[] = { "file-write:1:EIO", "file-write:1:short", "file-sync:1:ENOSPC" };
	autoclose int folder = open_test_folder();
	autobuf struct buf have = buf_new(100);
	struct stat st;

	assert_ok(fsio_write_file(folder, "f", 0600, span_of("first")));
	for (size_t i = 0; i < ARRAY_LEN(points); i++) {
		fsio_fault_set(points[i]);
		assert_int_not_equal(fsio_write_file(folder, "f", 0600, span_of("second")), OK);
		fsio_fault_set(NULL);
		buf_reset(&have);
		assert_ok(fsio_read_file(folder, "f", &have));
		assert_string_equal(have.data, "first");
	}
	assert_int_equal(fstatat(folder, "f", &st, 0), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(st.st_nlink, 1);
}

static enum err count_entry(void *arg, const char *name)
{
	(void)name;
	++*(int *)arg;
	return OK;
}

TEST(fsio_failed_replacement_leaves_no_temporary)
{
	autoclose int folder = open_test_folder();
	int count = 0;

	fsio_fault_set("file-sync:1:EIO");
	assert_int_equal(fsio_write_file(folder, "f", 0600, span_of("x")), E_IO);
	fsio_fault_set(NULL);
	assert_ok(fsio_list(folder, count_entry, &count));
	assert_int_equal(count, 0);
}

TEST(fsio_read_file_is_bounded)
{
	autoclose int folder = open_test_folder();
	autobuf struct buf exact = buf_new(5), small = buf_new(4), none = buf_new(10);

	assert_ok(fsio_write_file(folder, "f", 0600, span_of("12345")));
	assert_ok(fsio_read_file(folder, "f", &exact));
	assert_int_equal(exact.len, 5);
	assert_int_equal(fsio_read_file(folder, "f", &small), E_TOO_LARGE);
	assert_int_equal(fsio_read_file(folder, "none", &none), E_NOT_FOUND);
	assert_int_equal(fsio_read_file(folder, ".", &none), E_FORBIDDEN);
}

TEST(fsio_pieces_are_written_in_order_however_many)
{
	enum { COUNT = 3000 };
	static char bytes[COUNT];
	static struct iovec pieces[COUNT];
	autoclose int folder = open_test_folder();
	autoclose int fd = openat(folder, "f", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	char have[COUNT];

	for (int i = 0; i < COUNT; i++) {
		bytes[i] = (char)i;
		pieces[i] = (struct iovec){ &bytes[i], i % 7 != 0 };
	}
	assert_ok(fsio_write_pieces("none", fd, pieces, COUNT));
	assert_int_equal(lseek(fd, 0, SEEK_CUR), COUNT - (COUNT + 6) / 7);
	assert_ok(fsio_read_at(fd, have, 6, 0));
	assert_memory_equal(have, bytes + 1, 6);
	assert_int_equal(fsio_read_at(fd, have, COUNT, 0), E_CORRUPT);
}

TEST(fsio_faults_act_at_their_pass_and_only_there)
{
	fsio_fault_set("a:2:EIO,b:2+:ENOSPC,nonsense,c:x:EIO,d:1:what");
	assert_int_equal(fsio_fault("a"), 0);
	assert_int_equal(fsio_fault("a"), EIO);
	assert_int_equal(fsio_fault("a"), 0);
	assert_int_equal(fsio_fault("b"), 0);
	assert_int_equal(fsio_fault("b"), ENOSPC);
	assert_int_equal(fsio_fault("b"), ENOSPC);
	assert_int_equal(fsio_fault("c"), 0);
	assert_int_equal(fsio_fault("d"), 0);
	fsio_fault_set(NULL);
	assert_int_equal(fsio_fault("b"), 0);
}

TEST(fsio_folder_is_never_opened_through_a_link)
{
	autoclose int folder = open_test_folder();
	int fd = -1;

	assert_ok(fsio_make_folder(folder, "d"));
	assert_ok(fsio_make_folder(folder, "d"));
	assert_int_equal(symlinkat("d", folder, "link"), 0);
	assert_ok(fsio_open_folder(folder, "d", &fd));
	close(fd);
	assert_int_not_equal(fsio_open_folder(folder, "link", &fd), OK);
	assert_int_equal(fsio_make_folder(folder, "link"), E_CONFLICT);
}
