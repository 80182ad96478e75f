#include "server/auth/basic.h"

#include <string.h>

#include "tests/unit/test.h"

TEST(basic_reads_what_rfc7617_writes_and_nothing_else)
{
	static const struct {
		const char *value, *user, *secret; /* user NULL: refused */
	} cases[] = {
		{ "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "Aladdin", "open sesame" }, /* RFC 7617 §2 */
		{ "basic dGVzdDoxMjPCow==", "test", "123\xc2\xa3" },                /* §2.1 */
		{ "BASIC   YTpi  ", "a", "b" },
		{ "Basic YTpiOmM=", "a", "b:c" }, /* only the first colon parts */
		{ "Basic Og==", "", "" },
		{ "Basic YWI=", NULL, NULL },             /* no colon */
		{ "Basic YTpi=", NULL, NULL },            /* not in fours */
		{ "Basic YT=p", NULL, NULL },             /* padding inside */
		{ "Basic Y===", NULL, NULL },             /* three of them */
		{ "Basic YTp iYg==", NULL, NULL },        /* a blank inside */
		{ "Basic YTpi, Basic YTpi", NULL, NULL }, /* two lines, joined */
		{ "Basic YQA6Yg==", NULL, NULL },         /* a NUL inside */
		{ "Basic YTpi\n", NULL, NULL },
		{ "Basic", NULL, NULL },
		{ "Basic ", NULL, NULL },
		{ "", NULL, NULL },
		{ "Bearer YTpi", NULL, NULL },
		{ "BasicYTpi", NULL, NULL },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct arena *arena = arena_new();
		struct basic b = { NULL, NULL };
		bool is_read = basic_read(span_of(cases[i].value), arena, &b);

		if (is_read != (cases[i].user != NULL))
			fail_msg("case %zu: \"%s\"", i, cases[i].value);
		if (is_read) {
			assert_string_equal(b.user, cases[i].user);
			assert_string_equal(b.secret, cases[i].secret);
		}
		arena_free(arena);
	}
}

TEST(basic_refuses_credentials_over_its_limit)
{
	struct arena *arena = arena_new();
	char text[6 + BASIC_LIMIT + 4 + 1] = "Basic ";
	struct basic b;

	memset(text + 6, 'O', BASIC_LIMIT + 4); /* "8888..." without a colon, so put one in front */
	memcpy(text + 6, "YTpi", 4);
	text[6 + BASIC_LIMIT] = '\0';
	assert_true(basic_read(span_of(text), arena, &b));
	text[6 + BASIC_LIMIT] = 'O';
	assert_false(basic_read(span_of(text), arena, &b));
	arena_free(arena);
}

TEST(basic_user_names_may_differ_in_case_and_have_a_domain)
{
	static const struct {
		const char *typed, *user;
		bool want;
	} cases[] = {
		{ "ann", "ann", true },       { "Ann", "ann", true },       { "ann", "ANN", true },
		{ "WORK\\ann", "ann", true }, { "a\\b\\ann", "ann", true }, { "bob", "ann", false },
		{ "an", "ann", false },       { "anna", "ann", false },     { "", "ann", false },
		{ "ann\\", "ann", false },    { "ann\\bob", "ann", false },
	};
	char longest[66];

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		if (basic_is_user(cases[i].typed, cases[i].user) != cases[i].want)
			fail_msg("case %zu: \"%s\"", i, cases[i].typed);
	memset(longest, 'x', sizeof longest);
	longest[65] = '\0'; /* one longer than a name may be */
	assert_false(basic_is_user(longest, "ann"));
	longest[64] = '\0';
	assert_true(basic_is_user(longest, longest));
}
