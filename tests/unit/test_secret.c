#include "server/auth/secret.h"
#include "server/auth/throttle.h"

#include <string.h>

#include "tests/unit/test.h"

TEST(secret_tokens_are_fresh_and_named_by_their_digest)
{
	char a[SECRET_TOKEN_SIZE], b[SECRET_TOKEN_SIZE], code[SECRET_CODE_SIZE], id[SECRET_ID_SIZE],
	    hex[DIGEST_HEX_SIZE];
	struct digest da, db, want;

	secret_new_token(a, &da);
	secret_new_token(b, &db);
	assert_string_not_equal(a, b);
	assert_int_equal(strlen(a), 67);
	want = digest_of(a, strlen(a));
	assert_true(digest_equal(&da, &want));
	digest_hex(&da, hex);
	assert_int_equal(strlen(secret_id(&da, id)), 8);
	assert_memory_equal(id, hex, 8);
	secret_new_code(code, &db);
	assert_int_equal(strlen(code), 32);
}

TEST(throttle_doubles_up_to_a_limit_and_knows_addresses_apart)
{
	static const unsigned want_ms[] = { 250, 500, 1000, 2000, 4000, 4000 };
	struct throttle *t = throttle_new();

	for (size_t i = 0; i < ARRAY_LEN(want_ms); i++)
		assert_int_equal(throttle_failed(t, "192.0.2.1"), want_ms[i]);
	assert_int_equal(throttle_failed(t, "192.0.2.2"), 250);
	throttle_free(t);
}
