#include "common/folderhash.h"

#include <string.h>

#include "tests/unit/store_help.h"
#include "tests/unit/test.h"

TEST(folderhash_of_the_empty_collection_is_sha256_of_40_zero_bytes)
{
	struct digest d = folder_hash(&(struct folder_sum){ { 0 } }, 0);
	char hex[DIGEST_HEX_SIZE];

	digest_hex(&d, hex);
	assert_memory_equal(hex, "2c34ce1d", 8);
	assert_string_equal(hex + 58, "2b51eb");
}

TEST(folderhash_adds_and_subtracts_with_carry)
{
	struct folder_sum sum = { { UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX } }, one = { { 1, 0, 0, 0 } };
	struct folder_sum zero = { { 0 } };
	unsigned char bytes[DIGEST_SIZE];

	folder_add(&sum, &one);
	assert_memory_equal(&sum, &zero, sizeof sum);
	folder_subtract(&sum, &one);
	for (int i = 0; i < 4; i++)
		assert_true(sum.limb[i] == UINT64_MAX);
	folder_sum_write(&one, bytes);
	assert_int_equal(bytes[31], 1);
	sum = folder_sum_read(bytes);
	assert_memory_equal(&sum, &one, sizeof sum);
}

TEST(folderhash_does_not_depend_on_order_but_on_kind_name_and_content)
{
	struct digest x = digest_of("x", 1), y = digest_of("y", 1);
	struct folder_sum a = folder_term(false, span_of("a"), &x), b = folder_term(false, span_of("b"), &y), ab = a,
			  ba = b;
	struct folder_sum other[] = { folder_term(true, span_of("a"), &x), folder_term(false, span_of("b"), &x),
				      folder_term(false, span_of("a"), &y) };

	folder_add(&ab, &b);
	folder_add(&ba, &a);
	assert_memory_equal(&ab, &ba, sizeof ab);
	for (size_t i = 0; i < ARRAY_LEN(other); i++)
		assert_memory_not_equal(&a, &other[i], sizeof a);
}

TEST(folderhash_of_equal_subtrees_is_equal_and_guards_a_delete)
{
	struct store *s = help_store_open();
	struct store_node x, y;
	struct cond cond = COND_NONE;
	char etag[DIGEST_ETAG_SIZE];
	struct store_result r;

	assert_ok(help_mkcol(s, "/x").error);
	assert_ok(help_mkcol(s, "/y").error);
	assert_ok(help_mkcol(s, "/x/d").error);
	assert_ok(help_mkcol(s, "/y/d").error);
	assert_ok(help_put_text(s, "/x/d/f", "same").error);
	assert_ok(help_put_text(s, "/y/d/f", "other").error);
	assert_ok(store_lookup(s, span_of("/x"), &x));
	assert_ok(store_lookup(s, span_of("/y"), &y));
	assert_false(digest_equal(&x.digest, &y.digest));
	cond.if_match = digest_etag(&y.digest, etag);
	assert_ok(help_put_text(s, "/y/d/f", "same").error);
	assert_ok(store_lookup(s, span_of("/y"), &y));
	assert_true(digest_equal(&x.digest, &y.digest));
	r = help_delete(s, "/y", &cond);
	assert_int_equal(r.error, E_PRECONDITION);
	assert_true(r.has_digest && digest_equal(&r.digest, &y.digest));
	cond.if_match = digest_etag(&y.digest, etag);
	r = help_delete(s, "/y", &cond);
	assert_ok(r.error);
	assert_true(digest_equal(&r.digest, &x.digest));
	store_close(s);
}
