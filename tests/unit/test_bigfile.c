#include "server/store/bigfile.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/fsio.h"
#include "tests/unit/test.h"

enum { MIB = 1 << 20 };

struct trial {
	char path[64];
	int fd;
	atomic_size_t used;
	struct bigfile file;
};

static void begin(struct trial *t, int64_t expected, size_t budget)
{
	snprintf(t->path, sizeof t->path, "bigfile-%d", getpid());
	t->fd = open(t->path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	assert_true(t->fd >= 0);
	atomic_init(&t->used, 0);
	bigfile_init(&t->file, t->fd, expected, &t->used, budget);
}

static void end(struct trial *t)
{
	bigfile_clear(&t->file);
	assert_int_equal(atomic_load(&t->used), 0);
	close(t->fd);
	unlink(t->path);
}

static char byte_at(size_t i)
{
	return (char)(i * 7 + i / MIB);
}

static void fill(char *bytes, size_t from, size_t len)
{
	for (size_t i = 0; i < len; i++)
		bytes[i] = byte_at(from + i);
}

/* Adds `size` bytes in pieces; false: an error. */
static enum err add_all(struct trial *t, size_t size, size_t piece)
{
	char *bytes = malloc(piece + 1);
	enum err e = OK;

	for (size_t at = 0; at < size && e == OK; at += piece) {
		size_t len = MIN(piece, size - at);

		fill(bytes + 1, at, len); /* at an odd address */
		e = bigfile_add(&t->file, bytes + 1, len);
	}
	free(bytes);
	return e;
}

static bool is_right(struct trial *t, size_t size)
{
	char *bytes = malloc(MIB), *want = malloc(MIB);
	struct stat st;
	bool right = fstat(t->fd, &st) == 0 && (size_t)st.st_size == size;

	for (size_t at = 0; at < size && right; at += MIB) {
		size_t len = MIN((size_t)MIB, size - at);

		fill(want, at, len);
		right = fsio_read_at(t->fd, bytes, len, (int64_t)at) == OK && memcmp(bytes, want, len) == 0;
	}
	free(bytes);
	free(want);
	return right;
}

TEST(bigfile_holds_what_was_added_whatever_the_pieces)
{
	static const struct {
		size_t size, piece;
		int64_t expected;
		size_t budget;
	} rows[] = {
		{ 0, 1, 0, MIB },
		{ 1, 1, -1, MIB },
		{ 3 * MIB, 70000, 3 * MIB, MIB },
		{ 20 * MIB, MIB, 20 * MIB, MIB },            /* direct from the start, nothing is left over */
		{ 20 * MIB + 1, 262144, 20 * MIB + 1, MIB }, /* a tail that is no block */
		{ 19 * MIB + 4095, 99999, -1, MIB },         /* direct when it has grown */
		{ 20 * MIB, 262144, 20 * MIB, 0 },           /* no memory to spare */
		{ 5 * MIB, 262144, 40 * MIB, MIB },          /* less came than was announced */
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct trial t;

		begin(&t, rows[i].expected, rows[i].budget);
		assert_int_equal(atomic_load(&t.used), rows[i].budget);
		assert_int_equal(add_all(&t, rows[i].size, rows[i].piece), OK);
		assert_int_equal(bigfile_finish(&t.file), OK);
		assert_true(is_right(&t, rows[i].size));
		end(&t);
	}
}

TEST(bigfile_says_what_fails_while_it_is_direct)
{
	static const struct {
		const char *spec;
		enum err want;
	} rows[] = {
		{ "object-write:18:ENOSPC", E_NO_SPACE },
		{ "object-write:18:short", E_NO_SPACE },
		{ "object-write:18:EIO", E_IO },
		{ "object-sync:1:EIO", E_IO },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct trial t;
		enum err e;

		begin(&t, 20 * MIB, MIB);
		fsio_fault_set(rows[i].spec);
		e = add_all(&t, 20 * MIB, 262144);
		if (e == OK)
			e = bigfile_finish(&t.file);
		fsio_fault_set(NULL);
		assert_int_equal(e, rows[i].want);
		end(&t);
	}
}

/* What stops short of a block goes on through the cache: a full disk is told as such, not as a wrong argument. */
TEST(direct_writes_that_do_not_fit_go_on_through_the_cache)
{
	struct trial t;
	char *bytes = aligned_alloc(4096, 8192);

	begin(&t, 0, 0);
	memset(bytes, 'x', 8192);
	if (fsio_set_direct(t.fd, true)) {
		assert_int_equal(fsio_write("test", t.fd, bytes, 4096), OK);
		assert_int_equal(fsio_write("test", t.fd, bytes + 1, 4095), OK);
		assert_int_equal(fsio_write("test", t.fd, bytes + 3, 5), OK);
		assert_int_equal(lseek(t.fd, 0, SEEK_END), 4096 + 4095 + 5);
	}
	free(bytes);
	end(&t);
}
