#include "server/auth/who.h"

#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "server/auth/secret.h"
#include "tests/unit/test.h"

static struct store *new_store(void)
{
	static const struct store_right all = { true, "/" };
	struct store_options options = STORE_DEFAULTS;
	struct store *s;
	struct note why;

	options.create = true;
	assert_int_equal(store_open(test_folder(), &options, &s, &why), OK);
	assert_int_equal(store_user_add(s, "ann", &all, 1), OK);
	return s;
}

static void add_token(struct store *s, int64_t expires_s, char out[SECRET_TOKEN_SIZE])
{
	struct store_token t = { .user = "ann", .label = "l", .expires_s = expires_s };

	secret_new_token(out, &t.secret);
	assert_int_equal(store_token_add(s, &t), OK);
}

TEST(auth_token_ends_when_it_expires_also_in_the_cache)
{
	struct store *s = new_store();
	struct auth *a = auth_new(s, NULL);
	const struct access *access;
	char token[SECRET_TOKEN_SIZE];
	int64_t now_s = clock_now_s();

	add_token(s, now_s + 100, token);
	assert_int_equal(auth_look_up(a, span_of(token), &access), OK);
	assert_string_equal(access_user(access), "ann");
	clock_set_fixed((now_s + 99) * NS_PER_S);
	assert_int_equal(auth_look_up(a, span_of(token), &access), OK);
	clock_set_fixed((now_s + 100) * NS_PER_S);
	assert_int_equal(auth_look_up(a, span_of(token), &access), E_UNAUTHENTICATED);
	clock_set_fixed(0);
	auth_free(a);
	store_close(s);
}

TEST(auth_revoked_token_is_refused_at_once_and_others_stay)
{
	struct store *s = new_store();
	struct auth *a = auth_new(s, NULL);
	const struct access *access;
	char gone[SECRET_TOKEN_SIZE], stays[SECRET_TOKEN_SIZE], hex[DIGEST_HEX_SIZE];
	struct digest digest;

	add_token(s, 0, gone);
	add_token(s, 0, stays);
	assert_int_equal(auth_look_up(a, span_of(gone), &access), OK);
	assert_int_equal(auth_look_up(a, span_of(stays), &access), OK);
	digest = digest_of(gone, strlen(gone));
	assert_int_equal(store_token_remove(s, digest_hex(&digest, hex)), OK);
	assert_int_equal(auth_look_up(a, span_of(gone), &access), E_UNAUTHENTICATED);
	assert_int_equal(auth_look_up(a, span_of(stays), &access), OK);
	auth_free(a);
	store_close(s);
}

TEST(auth_keeps_tokens_of_one_slot_apart)
{
	struct store *s = new_store();
	struct auth *a = auth_new(s, NULL);
	char tokens[300][SECRET_TOKEN_SIZE]; /* more than the cache has slots */
	const struct access *access;

	for (size_t i = 0; i < ARRAY_LEN(tokens); i++)
		add_token(s, 0, tokens[i]);
	for (int round = 0; round < 2; round++)
		for (size_t i = 0; i < ARRAY_LEN(tokens); i++) {
			assert_int_equal(auth_look_up(a, span_of(tokens[i]), &access), OK);
			tokens[i][10] ^= 1; /* nearly right */
			assert_int_equal(auth_look_up(a, span_of(tokens[i]), &access), E_UNAUTHENTICATED);
			tokens[i][10] ^= 1;
		}
	auth_free(a);
	store_close(s);
}

TEST(auth_looks_at_no_secret_that_is_empty_or_endless)
{
	struct store *s = new_store();
	struct auth *a = auth_new(s, NULL);
	const struct access *access;
	char long_one[SECRET_LIMIT + 1];

	memset(long_one, 'x', sizeof long_one);
	assert_int_equal(auth_look_up(a, span_of(""), &access), E_UNAUTHENTICATED);
	assert_int_equal(auth_look_up(a, (struct span){ long_one, sizeof long_one }, &access), E_UNAUTHENTICATED);
	auth_free(a);
	store_close(s);
}

TEST(auth_renew_tells_what_the_same_token_gives_now)
{
	static const struct store_right less[] = { { false, "/" } };
	struct store *s = new_store();
	struct auth *a = auth_new(s, NULL);
	const struct access *first, *now;
	struct access *kept;
	char token[SECRET_TOKEN_SIZE], hex[DIGEST_HEX_SIZE];
	struct digest digest;

	add_token(s, 0, token);
	assert_int_equal(auth_look_up(a, span_of(token), &first), OK);
	kept = malloc(access_size(first));
	memcpy(kept, first, access_size(first));
	assert_int_equal(auth_renew(a, kept, &now), OK);
	assert_ptr_equal(now, kept);
	assert_int_equal(store_user_set_rights(s, "ann", less, 1), OK);
	assert_int_equal(auth_renew(a, kept, &now), OK);
	assert_true(access_may_read(now, span_of("/x")) && !access_may_write(now, span_of("/x")));
	digest = digest_of(token, strlen(token));
	assert_int_equal(store_token_remove(s, digest_hex(&digest, hex)), OK);
	assert_int_equal(auth_renew(a, kept, &now), E_UNAUTHENTICATED);
	free(kept);
	auth_free(a);
	store_close(s);
}

TEST(auth_renew_sees_a_token_expire_though_nothing_was_changed)
{
	struct store *s = new_store();
	struct auth *a = auth_new(s, NULL);
	const struct access *first, *now;
	char token[SECRET_TOKEN_SIZE];
	int64_t now_s = clock_now_s();

	add_token(s, now_s + 100, token);
	assert_int_equal(auth_look_up(a, span_of(token), &first), OK);
	clock_set_fixed((now_s + 99) * NS_PER_S);
	assert_int_equal(auth_renew(a, first, &now), OK);
	clock_set_fixed((now_s + 100) * NS_PER_S);
	assert_int_equal(auth_renew(a, first, &now), E_UNAUTHENTICATED);
	clock_set_fixed(0);
	auth_free(a);
	store_close(s);
}
