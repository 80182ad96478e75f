#include "server/api/tokens.h"

#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "server/api/fields.h"
#include "tests/unit/test.h"

static struct store *new_store(void)
{
	struct store_options options = STORE_DEFAULTS;
	struct store *s;
	struct note why;

	options.create = true;
	options.reserve_bytes = 0;
	assert_int_equal(store_open(test_folder(), &options, &s, &why), OK);
	return s;
}

/* The first value of a field; the caller frees it. */
static char *field(const struct buf *answer, const char *name)
{
	struct span rest = buf_span(answer), key, value;

	while (fields_next(&rest, &key, &value))
		if (span_is(key, name))
			return span_dup(value);
	fail_msg("no %s in %s", name, answer->data);
	return NULL;
}

static enum err add(struct store *s, const char *request, struct buf *answer)
{
	struct note why = { "" };

	buf_reset(answer);
	return tokens_add(s, span_of(request), answer, &why);
}

TEST(tokens_first_user_comes_with_the_first_token_and_no_other)
{
	struct store *s = new_store();
	struct buf answer = buf_new(10000);
	struct store_token found;
	struct digest secret;
	char *token;

	assert_int_equal(add(s, "user=-x\n", &answer), E_BAD_REQUEST);
	assert_int_equal(add(s, "user=ann\nlabel=ann@laptop\nscope=read:/docs/\ndays=2\n", &answer), OK);
	token = field(&answer, "token");
	secret = digest_of(token, strlen(token));
	assert_int_equal(store_token_find(s, &secret, &found), OK);
	assert_string_equal(found.user, "ann");
	assert_string_equal(found.label, "ann@laptop");
	assert_int_equal(found.scope_count, 1);
	assert_string_equal(found.scope[0].prefix, "/docs");
	assert_false(found.scope[0].write);
	assert_int_equal(found.rights_count, 1);
	assert_true(found.rights[0].write);
	assert_in_range(found.expires_s - clock_now_s(), 2 * 86400 - 5, 2 * 86400);
	store_token_clear(&found);
	assert_int_equal(add(s, "user=bob\n", &answer), E_NOT_FOUND);
	free(token);
	buf_clear(&answer);
	store_close(s);
}

TEST(tokens_requests_that_are_not_good_change_nothing)
{
	static const char *const requests[] = {
		"",
		"label=x\n",
		"user=\n",
		"user=ann\nscope=docs\n",
		"user=ann\nscope=read:relative\n",
		"user=ann\ndays=0\n",
		"user=ann\ndays=36501\n",
		"user=ann\ndays=1x\n",
		"user=ann\nadmin=yes\n",
		"user=ann\nlabel=a\x01z\n",
		"user=ann\nlabel=0123456789012345678901234567890123456789012345678901234567890123456789\n",
	};
	struct store *s = new_store();
	struct buf answer = buf_new(10000);
	int64_t users;

	for (size_t i = 0; i < ARRAY_LEN(requests); i++)
		if (add(s, requests[i], &answer) != E_BAD_REQUEST)
			fail_msg("case %zu: %s", i, requests[i]);
	assert_int_equal(store_user_count(s, &users), OK);
	assert_int_equal(users, 0);
	buf_clear(&answer);
	store_close(s);
}

TEST(tokens_are_listed_without_secrets_and_removed_by_id)
{
	struct store *s = new_store();
	struct buf answer = buf_new(10000);
	struct note why = { "" };
	char *token, *id;

	assert_int_equal(add(s, "user=ann\n", &answer), OK);
	token = field(&answer, "token");
	id = field(&answer, "id");
	buf_reset(&answer);
	assert_int_equal(tokens_list(s, &answer, &why), OK);
	assert_null(strstr(answer.data, token));
	assert_non_null(strstr(answer.data, id));
	assert_int_equal(tokens_remove(s, span_of("1234567"), &why), E_BAD_REQUEST);
	assert_int_equal(tokens_remove(s, span_of("zzzzzzzz"), &why), E_BAD_REQUEST);
	id[0] = id[0] == '0' ? '1' : '0';
	assert_int_equal(tokens_remove(s, span_of(id), &why), E_NOT_FOUND);
	free(id);
	id = field(&answer, "id");
	assert_int_equal(tokens_remove(s, span_of(id), &why), OK);
	buf_reset(&answer);
	assert_int_equal(tokens_list(s, &answer, &why), OK);
	assert_int_equal(answer.len, 0);
	free(id);
	free(token);
	buf_clear(&answer);
	store_close(s);
}

TEST(tokens_code_works_once_for_its_user_and_until_it_expires)
{
	struct store *s = new_store();
	struct buf answer = buf_new(10000), token = buf_new(256);
	struct note why = { "" };
	char *code;

	assert_int_equal(tokens_add_code(s, span_of("user=ann\n"), &answer, &why), E_NOT_FOUND);
	assert_int_equal(add(s, "user=ann\n", &answer), OK);
	buf_reset(&answer);
	assert_int_equal(tokens_add_code(s, span_of("user=ann\nscope=read:/\n"), &answer, &why), E_BAD_REQUEST);
	assert_int_equal(tokens_add_code(s, span_of("user=ann\n"), &answer, &why), OK);
	code = field(&answer, "code");
	assert_int_equal(tokens_redeem(s, "bob", code, span_of("l"), &token, &why), E_UNAUTHENTICATED);
	assert_int_equal(tokens_redeem(s, "ann", "0", span_of("l"), &token, &why), E_UNAUTHENTICATED);
	assert_int_equal(tokens_redeem(s, "ann", code, span_of("a\nb"), &token, &why), E_BAD_REQUEST);
	clock_set_fixed(clock_now_ns() + 600 * NS_PER_S);
	assert_int_equal(tokens_redeem(s, "ann", code, span_of("l"), &token, &why), E_UNAUTHENTICATED);
	clock_set_fixed(0);
	assert_int_equal(tokens_redeem(s, "ann", code, span_of("l"), &token, &why), OK);
	assert_int_equal(token.len, 68);
	assert_int_equal(tokens_redeem(s, "ann", code, span_of("l"), &token, &why), E_UNAUTHENTICATED);
	free(code);
	buf_clear(&answer);
	buf_clear(&token);
	store_close(s);
}
