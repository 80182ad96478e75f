#include "client/link.h"
#include "client/pin.h"

#include <string.h>

#include "tests/unit/test.h"

#define KEY_A "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define KEY_B "sha256//+/BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB="

TEST(link_is_taken_apart)
{
	static const struct {
		const char *text, *url, *user, *code, *pin;
	} cases[] = {
		{ "https://laptop:8443/#ann:k7Qw~" KEY_A, "https://laptop:8443/", "ann", "k7Qw", KEY_A },
		{ " https://laptop:8443/#ann:k7Qw\t", "https://laptop:8443/", "ann", "k7Qw", NULL },
		{ "https://h/a/b/#a%20b:0-_.z~" KEY_A ";" KEY_B, "https://h/a/b/", "a b", "0-_.z", KEY_A ";" KEY_B },
		{ "http://[::1]:8080/", "http://[::1]:8080/", NULL, NULL, NULL },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct link l;

		assert_int_equal(link_parse(span_of(cases[i].text), &l, NULL), OK);
		assert_string_equal(l.url, cases[i].url);
		assert_true(!l.user == !cases[i].user && (!l.user || strcmp(l.user, cases[i].user) == 0));
		assert_true(!l.code == !cases[i].code && (!l.code || strcmp(l.code, cases[i].code) == 0));
		assert_true(!l.pin == !cases[i].pin && (!l.pin || strcmp(l.pin, cases[i].pin) == 0));
		link_clear(&l);
	}
}

TEST(link_refuses_what_is_incomplete_or_odd)
{
	static const char *const cases[] = {
		"",
		"#",
		"laptop",
		"https://h/#",
		"https://h/#ann",
		"https://h/#ann:",
		"https://h/#:c",
		"https://h/#ann:c~",
		"https://h/#ann:c~x",
		"https://h/#a%zz:c",
		"https://h/#a%00b:c",
		"https://h/#a%3ab:c",
		"https://h/#a b:c",
		"https://h/#ann:c/d",
		"ssh://h/#ann:c",
		"https://h/\n#ann:c",
		"https://h/#ann:c~" KEY_A "x",
		"https://h/#ann:c\xc3\xbc",
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct link l;
		struct note why = { "" };

		if (link_parse(span_of(cases[i]), &l, &why) == OK)
			fail_msg("taken: %s", cases[i]);
		assert_true(why.text[0] && !l.url && !l.code);
	}
}

TEST(link_bounds_its_parts)
{
	char text[LINK_LIMIT + 100];
	struct link l;

	memset(text, 'a', sizeof text);
	memcpy(text, "https://h/#u:", 13);
	text[13 + LINK_CODE_LIMIT] = '\0';
	assert_int_equal(link_parse(span_of(text), &l, NULL), OK);
	link_clear(&l);
	text[13 + LINK_CODE_LIMIT] = 'a';
	text[13 + LINK_CODE_LIMIT + 1] = '\0';
	assert_int_equal(link_parse(span_of(text), &l, NULL), E_USAGE);
	text[13 + LINK_CODE_LIMIT + 1] = 'a';
	assert_int_equal(link_parse((struct span){ text, LINK_LIMIT + 1 }, &l, NULL), E_USAGE);
}

TEST(pin_takes_only_sha256_keys_and_joins_them)
{
	static const struct {
		const char *text, *pin; /* NULL: refused */
	} cases[] = {
		{ KEY_A, KEY_A },
		{ KEY_A ";" KEY_B, KEY_A ";" KEY_B },
		{ "  " KEY_A " , " KEY_B " ", KEY_A ";" KEY_B },
		{ "", NULL },
		{ " ;", NULL },
		{ "/etc/passwd", NULL }, /* curl would read it as a file */
		{ KEY_A "A", NULL },
		{ "sha256//AAAA=", NULL },
		{ "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA-=", NULL },
		{ KEY_A ";x", NULL },
		{ KEY_A ";" KEY_A ";" KEY_A ";" KEY_A ";" KEY_A, NULL },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char *pin = NULL;
		enum err e = pin_parse(span_of(cases[i].text), &pin, NULL);

		if ((e == OK) != (cases[i].pin != NULL))
			fail_msg("case %zu", i);
		if (e == OK)
			assert_string_equal(pin, cases[i].pin);
		base_free_cleanup(&pin);
	}
}
