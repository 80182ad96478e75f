#include "server/dav/spool.h"

#include <string.h>
#include <unistd.h>

#include "tests/unit/test.h"

TEST(spool_keeps_a_small_body_in_memory_and_a_large_one_in_a_file)
{
	for (unsigned runs = 1; runs <= 40; runs += 39) {
		struct spool *s = spool_new(test_folder());
		char block[16384], got[16384];
		struct req_piece piece;

		for (unsigned i = 0; i < runs; i++) {
			memset(block, 'a' + (int)(i % 26), sizeof block);
			assert_int_equal(spool_add(s, block, sizeof block), OK);
		}
		assert_int_equal(spool_finish(s), OK);
		piece = spool_piece(s);
		assert_int_equal(piece.len, (int64_t)(runs * sizeof block));
		assert_int_equal(piece.bytes == NULL, runs > 1);
		for (unsigned i = 0; i < runs; i++) {
			if (piece.bytes)
				memcpy(got, (const char *)piece.bytes + i * sizeof got, sizeof got);
			else
				assert_int_equal(pread(piece.fd, got, sizeof got, (off_t)(i * sizeof got)), sizeof got);
			assert_int_equal(got[0], 'a' + (int)(i % 26));
			assert_memory_equal(got, got + 1, sizeof got - 1);
		}
		spool_free(s);
	}
}
