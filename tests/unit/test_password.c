#include "server/auth/password.h"

#include <stdio.h>

#include "server/auth/proof.h"
#include "server/auth/secret.h"
#include "tests/unit/table.h"

TEST(password_fits_its_own_hash_alone)
{
	char hash[PASSWORD_HASH_SIZE], again[PASSWORD_HASH_SIZE];

	assert_int_equal(password_hash("correct horse", hash), OK);
	assert_int_equal(password_hash("correct horse", again), OK);
	assert_memory_equal(hash, "$y$", 3);
	assert_string_not_equal(hash, again); /* salted */
	assert_true(password_matches("correct horse", hash));
	assert_false(password_matches("correct horsf", hash));
	assert_false(password_matches("", hash));
	assert_int_equal(password_hash("caf\xc3\xa9 noir", again), OK);
	assert_true(password_matches("cafe\xcc\x81 noir", again)); /* NFC and NFD are one */
	assert_false(password_matches("cafe noir", again));
	assert_false(password_matches("caf\xff noir", again)); /* no UTF-8 at all */
	assert_false(password_matches("correct horse", ""));
	assert_false(password_matches("correct horse", "$y$broken"));
	assert_false(password_matches("*0", "*0"));
}

TEST(password_that_is_too_short_or_no_password_is_refused)
{
	char token[SECRET_TOKEN_SIZE], long_one[PASSWORD_MOST + 2];
	struct digest digest;
	struct note why;

	secret_new_token(token, &digest);
	memset(long_one, 'x', sizeof long_one - 1);
	long_one[PASSWORD_MOST + 1] = '\0';
	const struct {
		const char *text;
		bool is_fit;
	} cases[] = {
		{ "", false },          { "1234567", false },     { "12345678", true },        { long_one, false },
		{ long_one + 1, true }, { "1234\n678", false },   { "p\xc3\xa4sswort", true }, { token, false },
		{ token + 1, true },    { "1234567\x7f", false },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		CASE_EQUAL(i, password_check(span_of(cases[i].text), &why) == OK, cases[i].is_fit);
	assert_true(password_is_token(span_of(token)));
	assert_false(password_is_token(span_of(token + 1)));
}

TEST(proof_is_of_user_password_and_hash_together)
{
	struct proofs *p = proofs_new(), *other = proofs_new();

	assert_false(proofs_have(p, "ann", "secret", "$y$1"));
	proofs_add(p, "ann", "secret", "$y$1");
	assert_true(proofs_have(p, "ann", "secret", "$y$1"));
	assert_false(proofs_have(p, "bea", "secret", "$y$1"));
	assert_false(proofs_have(p, "ann", "secreT", "$y$1"));
	assert_false(proofs_have(p, "ann", "secret", "$y$2")); /* the password was changed */
	assert_false(proofs_have(p, "an", "nsecret", "$y$1"));
	assert_false(proofs_have(other, "ann", "secret", "$y$1"));
	proofs_add(p, "eve", "secret", ""); /* who has none */
	assert_false(proofs_have(p, "eve", "secret", ""));
	proofs_free(p);
	proofs_free(other);
}

TEST(proof_table_takes_any_number)
{
	struct proofs *p = proofs_new();
	char user[16];
	int kept = 0;

	for (int i = 0; i < 5000; i++) {
		snprintf(user, sizeof user, "u%d", i);
		proofs_add(p, user, "secret", "$y$1");
		assert_true(proofs_have(p, user, "secret", "$y$1"));
	}
	for (int i = 0; i < 5000; i++) {
		snprintf(user, sizeof user, "u%d", i);
		kept += proofs_have(p, user, "secret", "$y$1");
	}
	assert_in_range(kept, 512, 1024);
	proofs_free(p);
}
