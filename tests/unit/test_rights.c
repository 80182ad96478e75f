#include "server/auth/rights.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/test.h"

enum { NONE = ACCESS_NONE, WAY = ACCESS_WAY, READ = ACCESS_READ, WRITE = ACCESS_WRITE };

/* "read:/a write:/b" to rights. */
static unsigned fill(struct store_right *out, char *text)
{
	unsigned n = 0;

	for (char *word = text; word && *word; n++) {
		char *space = strchr(word, ' ');

		if (space)
			*space++ = '\0';
		out[n].write = word[0] == 'w';
		out[n].prefix = strchr(word, '/');
		word = space;
	}
	return n;
}

TEST(rights_are_what_scope_and_user_both_allow)
{
	static const struct {
		const char *rights, *scope, *path;
		int want;
	} cases[] = {
		{ "write:/", "", "/", WRITE },
		{ "write:/", "", "/a/b", WRITE },
		{ "read:/", "", "/a", READ },
		{ "", "", "/", NONE },
		{ "", "write:/", "/", NONE },
		{ "write:/docs", "", "/", WAY },
		{ "write:/docs", "", "/docs", WRITE },
		{ "write:/docs", "", "/docs/x", WRITE },
		{ "write:/docs", "", "/docsx", NONE }, /* segments whole */
		{ "write:/docs", "", "/doc", NONE },
		{ "write:/a/b/c", "", "/a/b", WAY },
		{ "write:/a/b/c", "", "/a/x", NONE },
		{ "read:/ write:/a", "", "/a/b", WRITE },
		{ "read:/ write:/a", "", "/b", READ },
		{ "write:/", "read:/docs", "/docs/x", READ }, /* the scope takes away */
		{ "write:/", "read:/docs", "/", WAY },
		{ "write:/", "read:/docs", "/x", NONE },
		{ "read:/docs", "write:/", "/docs", READ }, /* and so do the rights */
		{ "write:/a", "write:/b", "/a", NONE },
		{ "write:/a", "write:/b", "/b", NONE },
		{ "write:/a", "write:/b", "/", NONE },
		{ "write:/a/b", "read:/a write:/a/b/c", "/a", WAY },
		{ "write:/a/b", "read:/a write:/a/b/c", "/a/b", READ },
		{ "write:/a/b", "read:/a write:/a/b/c", "/a/b/c/d", WRITE },
		{ "read:/ write:/a", "read:/a write:/a", "/a", WRITE }, /* the same prefix twice */
		{ "write:/caf\xc3\xa9", "", "/cafe\xcc\x81/x", WRITE }, /* NFC and NFD are one name */
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char rights[100], scope[100];
		struct store_token t = { .expires_s = 7 };
		struct access *a;

		snprintf(rights, sizeof rights, "%s", cases[i].rights);
		snprintf(scope, sizeof scope, "%s", cases[i].scope);
		t.rights_count = fill(t.rights, rights);
		t.scope_count = fill(t.scope, scope);
		a = access_new(&t);
		if ((int)access_level(a, span_of(cases[i].path)) != cases[i].want)
			fail_msg("case %zu: [%s] [%s] at %s gives %d", i, cases[i].rights, cases[i].scope,
				 cases[i].path, access_level(a, span_of(cases[i].path)));
		free(a);
	}
}

TEST(access_is_a_flat_block_that_survives_its_token)
{
	struct store_token t = { .user = "ann", .label = "ann@laptop", .expires_s = 7, .rights_count = 1 };
	char *prefix = strdup("/docs");
	struct access *a, *copy;

	t.rights[0] = (struct store_right){ true, prefix };
	a = access_new(&t);
	memset(prefix, 'x', 5);
	free(prefix);
	copy = malloc(access_size(a));
	memcpy(copy, a, access_size(a));
	free(a);
	assert_true(access_may_write(copy, span_of("/docs/x")));
	assert_false(access_may_read(copy, span_of("/")));
	assert_string_equal(access_user(copy), "ann");
	assert_string_equal(access_client(copy), "ann@laptop");
	assert_int_equal(access_expires_s(copy), 7);
	free(copy);
}

TEST(rights_hold_as_many_prefixes_as_scope_and_user_have)
{
	struct store_token t = { .scope_count = STORE_RIGHTS_LIMIT, .rights_count = STORE_RIGHTS_LIMIT };
	char names[2 * STORE_RIGHTS_LIMIT][16];
	struct access *a;

	for (unsigned i = 0; i < STORE_RIGHTS_LIMIT; i++) { /* chains: every pair is nested */
		snprintf(names[i], sizeof names[i], "/a/%u", i);
		snprintf(names[i + STORE_RIGHTS_LIMIT], sizeof names[i], "/a/x%u", i);
		t.scope[i] = (struct store_right){ true, names[i] };
		t.rights[i] = (struct store_right){ true, names[i + STORE_RIGHTS_LIMIT] };
	}
	t.scope[0].prefix = "/a";
	t.rights[0].prefix = "/";
	a = access_new(&t);
	assert_int_equal(access_level(a, span_of("/a/31/b")), WRITE);
	assert_int_equal(access_level(a, span_of("/b")), NONE);
	free(a);
}

TEST(rights_are_read_as_people_write_them)
{
	static const struct {
		const char *text, *prefix; /* NULL: refused */
		bool write;
	} cases[] = {
		{ "read:/docs", "/docs", false },   { "write:/", "/", true },
		{ "write://", "/", true },          { "read:/docs/", "/docs", false },
		{ "read://a//b//", "/a/b", false }, { "read:/cafe\xcc\x81", "/caf\xc3\xa9", false },
		{ "read:docs", NULL, false },       { "read:", NULL, false },
		{ "read:/a/../b", NULL, false },    { "exec:/docs", NULL, false },
		{ "/docs", NULL, false },           { "", NULL, false },
		{ "read:/a\nb", NULL, false },      { "READ:/a", NULL, false },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct store_right right;
		struct note why = { "" };
		char *prefix = NULL;
		enum err e = rights_parse(span_of(cases[i].text), &right, &prefix, &why);

		if ((e == OK) != (cases[i].prefix != NULL))
			fail_msg("case %zu: %s", i, cases[i].text);
		if (e == OK) {
			assert_string_equal(right.prefix, cases[i].prefix);
			assert_int_equal(right.write, cases[i].write);
		} else {
			assert_int_equal(e, E_BAD_REQUEST);
			assert_true(why.text[0]);
		}
		free(prefix);
	}
}
