#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/db.h"
#include "server/store/store_access.h"
#include "tests/unit/store_help.h"
#include "tests/unit/test.h"

static struct store_token token_of(const char *secret, const char *user)
{
	struct store_token t = { .secret = digest_of(secret, strlen(secret)) };

	strncpy(t.user, user, sizeof t.user - 1);
	strncpy(t.label, "ann@laptop", sizeof t.label - 1);
	return t;
}

static struct store *store_with_ann(void)
{
	struct store *s = help_store_open();

	assert_ok(store_user_add(s, "ann", &(struct store_right){ true, "/" }, 1));
	return s;
}

TEST(access_user_names_are_checked_and_unique)
{
	static const char *const bad[] = { "",
					   "-a",
					   ".a",
					   "a b",
					   "a/b",
					   "\xc3\xa9",
					   "12345678901234567890123456789012345678901234567890123456789012345" };
	struct store *s = store_with_ann();
	int64_t count;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(store_user_add(s, bad[i], NULL, 0), E_BAD_REQUEST);
	assert_int_equal(store_user_add(s, "ann", NULL, 0), E_CONFLICT);
	assert_ok(store_user_count(s, &count));
	assert_int_equal(count, 1);
	store_close(s);
}

TEST(access_token_is_found_with_rights_until_removed)
{
	struct store *s = store_with_ann();
	struct store_token t = token_of("secret", "ann"), found;
	uint64_t version = store_access_version(s);
	char hex[DIGEST_HEX_SIZE];

	t.scope[t.scope_count++] = (struct store_right){ false, "/docs" };
	assert_ok(store_token_add(s, &t));
	assert_true(store_access_version(s) > version);
	assert_ok(store_token_find(s, &t.secret, &found));
	assert_string_equal(found.user, "ann");
	assert_string_equal(found.label, "ann@laptop");
	assert_int_equal(found.scope_count, 1);
	assert_string_equal(found.scope[0].prefix, "/docs");
	assert_int_equal(found.rights_count, 1);
	assert_true(found.rights[0].write);
	store_token_clear(&found);
	digest_hex(&t.secret, hex);
	assert_int_equal(store_token_remove(s, "0123456"), E_NOT_FOUND);
	assert_int_equal(store_token_remove(s, "not-hexa"), E_NOT_FOUND);
	hex[9] = '\0';
	version = store_access_version(s);
	assert_ok(store_token_remove(s, hex));
	assert_true(store_access_version(s) > version);
	assert_int_equal(store_token_find(s, &t.secret, &found), E_NOT_FOUND);
	assert_int_equal(store_token_remove(s, hex), E_NOT_FOUND);
	store_close(s);
}

TEST(access_expired_tokens_and_foreign_users_are_nothing)
{
	struct store *s = store_with_ann();
	struct store_token t = token_of("old", "ann"), found;

	t.expires_s = clock_now_s() - 1;
	assert_ok(store_token_add(s, &t));
	assert_int_equal(store_token_find(s, &t.secret, &found), E_NOT_FOUND);
	t = token_of("x", "bea");
	assert_int_equal(store_token_add(s, &t), E_NOT_FOUND);
	store_close(s);
}

TEST(access_code_works_once_for_its_user_and_in_time)
{
	struct store *s = store_with_ann();
	struct store_token t = token_of("token", "ann"), bea = token_of("b", "bea"), found;
	struct digest code = digest_of("code", 4), late = digest_of("late", 4), wrong = digest_of("no", 2);

	assert_ok(store_user_add(s, "bea", NULL, 0));
	assert_int_equal(store_code_add(s, "eve", &code, INT64_MAX), E_NOT_FOUND);
	assert_ok(store_code_add(s, "ann", &code, clock_now_s() + 600));
	assert_ok(store_code_add(s, "ann", &late, clock_now_s() - 1));
	assert_int_equal(store_code_redeem(s, "ann", &wrong, &t), E_UNAUTHENTICATED);
	assert_int_equal(store_code_redeem(s, "ann", &late, &t), E_UNAUTHENTICATED);
	assert_int_equal(store_code_redeem(s, "bea", &code, &bea), E_UNAUTHENTICATED);
	assert_ok(store_code_redeem(s, "ann", &code, &t));
	assert_ok(store_token_find(s, &t.secret, &found));
	store_token_clear(&found);
	assert_int_equal(store_code_redeem(s, "ann", &code, &t), E_UNAUTHENTICATED);
	store_close(s);
}

TEST(access_names_of_users_differ_by_more_than_case)
{
	struct store *s = store_with_ann();
	struct store_user u;

	assert_int_equal(store_user_add(s, "Ann", NULL, 0), E_CONFLICT);
	assert_ok(store_user_find(s, "ANN", &u));
	assert_string_equal(u.name, "ann");
	assert_string_equal(u.password, "");
	assert_int_equal(u.rights_count, 1);
	store_user_clear(&u);
	assert_int_equal(store_user_find(s, "bea", &u), E_NOT_FOUND);
	store_close(s);
}

struct users {
	char names[100];
	int64_t tokens;
};

static bool add_name(void *arg, const struct store_user *u)
{
	struct users *all = arg;

	strncat(all->names, u->name, sizeof all->names - strlen(all->names) - 1);
	all->tokens += u->tokens;
	return true;
}

TEST(access_a_user_goes_with_his_tokens_codes_and_rights)
{
	struct store *s = store_with_ann();
	struct store_token t = token_of("secret", "ann"), old = token_of("old", "ann"), found;
	struct digest code = digest_of("code", 4);
	struct users all = { .tokens = 0 };
	struct store_user u;

	old.expires_s = 1;
	assert_ok(store_token_add(s, &t));
	assert_ok(store_token_add(s, &old));
	assert_ok(store_user_add(s, "Bea", NULL, 0));
	assert_ok(store_code_add(s, "ann", &code, INT64_MAX));
	assert_ok(store_user_list(s, add_name, &all));
	assert_string_equal(all.names, "Beaann");
	assert_int_equal(all.tokens, 1); /* what has expired is none */
	assert_int_equal(store_user_remove(s, "ANN"), E_NOT_FOUND);
	assert_ok(store_user_remove(s, "ann"));
	assert_int_equal(store_user_remove(s, "ann"), E_NOT_FOUND);
	assert_int_equal(store_token_find(s, &t.secret, &found), E_NOT_FOUND);
	assert_ok(store_user_add(s, "ann", NULL, 0)); /* who comes by that name has nothing of hers */
	assert_ok(store_user_find(s, "ann", &u));
	assert_int_equal(u.rights_count, 0);
	store_user_clear(&u);
	assert_int_equal(store_token_find(s, &t.secret, &found), E_NOT_FOUND);
	assert_int_equal(store_code_redeem(s, "ann", &code, &t), E_UNAUTHENTICATED);
	store_close(s);
}

TEST(access_rights_and_passwords_are_replaced_and_seen_as_a_change)
{
	static const struct store_right rights[] = { { false, "/b" }, { true, "/a" }, { false, "/a" } };
	struct store *s = store_with_ann();
	uint64_t version = store_access_version(s);
	struct store_user u;

	assert_ok(store_user_set_rights(s, "ann", rights, ARRAY_LEN(rights)));
	assert_true(store_access_version(s) > version);
	version = store_access_version(s);
	assert_ok(store_user_set_password(s, "ann", "$y$x"));
	assert_true(store_access_version(s) > version);
	assert_ok(store_user_find(s, "ann", &u));
	assert_string_equal(u.password, "$y$x");
	assert_int_equal(u.rights_count, 2); /* in order; write includes read */
	assert_string_equal(u.rights[0].prefix, "/a");
	assert_true(u.rights[0].write);
	store_user_clear(&u);
	assert_ok(store_user_set_password(s, "ann", NULL));
	assert_ok(store_user_find(s, "ann", &u));
	assert_string_equal(u.password, "");
	store_user_clear(&u);
	assert_int_equal(store_user_set_rights(s, "bea", NULL, 0), E_NOT_FOUND);
	assert_int_equal(store_user_set_password(s, "bea", NULL), E_NOT_FOUND);
	store_close(s);
}

static int64_t used_at(struct store *s, const struct digest *secret)
{
	struct store_token found;
	int64_t used_s;

	assert_ok(store_token_find(s, secret, &found));
	used_s = found.used_s;
	store_token_clear(&found);
	return used_s;
}

TEST(access_last_use_is_written_once_a_minute_and_is_no_change_of_rights)
{
	struct store *s = store_with_ann();
	struct store_token t = token_of("secret", "ann");
	uint64_t version;

	assert_ok(store_token_add(s, &t));
	version = store_access_version(s);
	assert_int_equal(used_at(s, &t.secret), 0);
	store_token_used(s, &t.secret, 1000);
	help_mkcol(s, "/a"); /* comes after it in the one queue */
	assert_int_equal(used_at(s, &t.secret), 1000);
	store_token_used(s, &t.secret, 1059);
	help_mkcol(s, "/b");
	assert_int_equal(used_at(s, &t.secret), 1000);
	store_token_used(s, &t.secret, 1060);
	store_token_used(s, &(struct digest){ { 0 } }, 1060); /* of a token that is gone */
	help_mkcol(s, "/c");
	assert_int_equal(used_at(s, &t.secret), 1060);
	assert_int_equal(store_access_version(s), version);
	store_close(s);
}

TEST(access_store_of_the_first_format_is_brought_up_to_date)
{
	struct store *s = store_with_ann();
	struct store_token t = token_of("secret", "ann"), found;
	struct store_user u;
	char folder[512], path[600];
	struct db *db;

	assert_ok(store_token_add(s, &t));
	snprintf(folder, sizeof folder, "%s", store_folder(s));
	snprintf(path, sizeof path, "%s/db", folder);
	store_close(s);
	assert_ok(db_open(path, DB_WRITE, &db));
	assert_ok(db_exec(db, "ALTER TABLE token DROP COLUMN used_s; DROP INDEX user_name;" HELP_UNDO_HISTORY
			      "; PRAGMA user_version = 1"));
	db_close(db);
	s = help_store_reopen(folder);
	assert_non_null(s);
	assert_ok(store_token_find(s, &t.secret, &found));
	assert_int_equal(found.used_s, 0);
	store_token_clear(&found);
	assert_ok(store_user_find(s, "ANN", &u));
	store_user_clear(&u);
	store_close(s);
}
