#include "server/api/accounts.h"

#include "common/clock.h"
#include "server/api/fields.h"
#include "server/auth/password.h"
#include "server/auth/secret.h"
#include "tests/unit/store_help.h"
#include "tests/unit/table.h"

#include <stdlib.h>

static struct note why;
static const struct accounts_address at = { "https://h:8443/", "sha256//AbC=" };

static enum err add(struct store *s, const char *request, struct buf *answer)
{
	buf_reset(answer);
	return accounts_add(s, span_of(request), answer, &why);
}

TEST(accounts_first_user_may_write_everything_and_no_later_one)
{
	struct store *s = help_store_open();
	struct buf answer = buf_new(10000);

	assert_ok(add(s, "user=ann\n", &answer));
	assert_non_null(strstr(answer.data, "user=ann\nright=write:/\n"));
	assert_ok(add(s, "user=bea\n", &answer));
	assert_null(strstr(answer.data, "right="));
	assert_ok(add(s, "user=cem\nright=write:/docs/\nright=read:/\n", &answer));
	assert_non_null(strstr(answer.data, "right=read:/\nright=write:/docs\n"));
	assert_int_equal(add(s, "user=ANN\n", &answer), E_CONFLICT);
	buf_reset(&answer);
	assert_ok(accounts_list(s, &answer, &why));
	assert_non_null(strstr(answer.data, "user=bea\npassword=no\ntokens=0\n"));
	buf_clear(&answer);
	store_close(s);
}

TEST(accounts_first_user_gets_what_is_named_when_it_is)
{
	struct store *s = help_store_open();
	struct buf answer = buf_new(10000);

	assert_ok(add(s, "user=ann\nright=read:/docs\n", &answer));
	assert_non_null(strstr(answer.data, "user=ann\nright=read:/docs\ncreated="));
	buf_clear(&answer);
	store_close(s);
}

TEST(accounts_requests_that_are_not_good_change_nothing)
{
	static const char *const requests[] = {
		"",
		"user=\n",
		"user=-a\n",
		"user=a b\n",
		"user=ann\nright=docs\n",
		"user=ann\nright=write:relative\n",
		"user=ann\nadmin=yes\n",
		"user=ann\npassword=long enough\n",
		"user=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n",
	};
	struct store *s = help_store_open();
	struct buf answer = buf_new(10000);
	int64_t users;

	for (size_t i = 0; i < ARRAY_LEN(requests); i++) {
		CASE_EQUAL(i, add(s, requests[i], &answer), E_BAD_REQUEST);
		CASE_TRUE(i, why.text[0]);
	}
	assert_ok(store_user_count(s, &users));
	assert_int_equal(users, 0);
	buf_clear(&answer);
	store_close(s);
}

TEST(accounts_passwords_are_kept_as_hashes_and_can_go)
{
	struct store *s = help_store_open();
	struct buf answer = buf_new(10000);
	struct store_user u;

	assert_ok(add(s, "user=ann\n", &answer));
	assert_int_equal(accounts_set_password(s, span_of("user=ann\npassword=short\n"), &why), E_BAD_REQUEST);
	assert_int_equal(accounts_set_password(s, span_of("user=eve\npassword=long enough\n"), &why), E_NOT_FOUND);
	assert_ok(accounts_set_password(s, span_of("user=ann\npassword=long = enough\n"), &why));
	assert_ok(store_user_find(s, "ann", &u));
	assert_true(password_matches("long = enough", u.password));
	store_user_clear(&u);
	buf_reset(&answer);
	assert_ok(accounts_list(s, &answer, &why));
	assert_non_null(strstr(answer.data, "password=yes\n"));
	assert_null(strstr(answer.data, "$y$"));
	assert_ok(accounts_set_password(s, span_of("user=ann\n"), &why));
	assert_ok(store_user_find(s, "ann", &u));
	assert_string_equal(u.password, "");
	store_user_clear(&u);
	buf_clear(&answer);
	store_close(s);
}

TEST(accounts_rights_are_replaced_as_a_whole)
{
	struct store *s = help_store_open();
	struct buf answer = buf_new(10000);

	assert_ok(add(s, "user=ann\n", &answer));
	buf_reset(&answer);
	assert_ok(accounts_set_rights(s, span_of("user=ann\nright=read:/b\nright=write:/a\n"), &answer, &why));
	assert_non_null(strstr(answer.data, "user=ann\nright=write:/a\nright=read:/b\ncreated="));
	buf_reset(&answer);
	assert_ok(accounts_set_rights(s, span_of("user=ann\n"), &answer, &why));
	assert_null(strstr(answer.data, "right="));
	assert_int_equal(accounts_set_rights(s, span_of("user=eve\n"), &answer, &why), E_NOT_FOUND);
	assert_ok(accounts_remove(s, span_of("ann"), &why));
	assert_int_equal(accounts_remove(s, span_of("ann"), &why), E_NOT_FOUND);
	buf_clear(&answer);
	store_close(s);
}

static enum err invite(struct store *s, const char *request, struct buf *answer)
{
	buf_reset(answer);
	return accounts_invite(s, &at, span_of(request), answer, &why);
}

TEST(accounts_invite_makes_who_is_not_there_and_changes_nobody)
{
	struct store *s = help_store_open();
	struct buf answer = buf_new(10000);
	struct store_token t = { .user = "ann" };
	struct digest code;
	const char *link;

	assert_ok(invite(s, "user=ann\n", &answer));
	assert_memory_equal(answer.data, "user=ann\nright=write:/\nlink=", 27);
	link = strstr(answer.data, "link=https://h:8443/#ann:");
	assert_non_null(link);
	link += strlen("link=https://h:8443/#ann:");
	assert_memory_equal(link + SECRET_CODE_SIZE - 1, "~sha256//AbC=\n", 14);
	code = digest_of(link, SECRET_CODE_SIZE - 1);
	assert_ok(store_code_redeem(s, "ann", &code, &t));
	assert_ok(invite(s, "user=ANN\n", &answer)); /* the code is for the name that is there */
	assert_non_null(strstr(answer.data, "#ann:"));
	assert_ok(invite(s, "user=ann\nright=write:/\n", &answer));
	assert_int_equal(invite(s, "user=ann\nright=write:/other\n", &answer), E_CONFLICT);
	assert_ok(invite(s, "user=bea\nright=read:/docs\n", &answer));
	assert_int_equal(
	    accounts_invite(s, &(struct accounts_address){ NULL, NULL }, span_of("user=cem\n"), &answer, &why),
	    E_BAD_REQUEST);
	buf_reset(&answer);
	assert_ok(accounts_list(s, &answer, &why));
	assert_null(strstr(answer.data, "cem"));
	assert_non_null(strstr(answer.data, "user=bea\nright=read:/docs\n"));
	buf_clear(&answer);
	store_close(s);
}

TEST(accounts_link_has_the_form_that_login_reads)
{
	char *link = accounts_link(&at, "ann", "c0de");

	assert_string_equal(link, "https://h:8443/#ann:c0de~sha256//AbC=");
	free(link);
	link = accounts_link(&(struct accounts_address){ "https://h", NULL }, "ann", "c0de");
	assert_string_equal(link, "https://h/#ann:c0de");
	free(link);
}
