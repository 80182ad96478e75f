#include "client/remote/origin.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/test.h"

TEST(origin_of_a_url)
{
	static const struct {
		const char *url, *base, *host, *root;
		bool is_plain, is_loopback;
	} cases[] = {
		{ "https://laptop:8443/", "https://laptop:8443", "laptop", "/", false, false },
		{ "https://laptop", "https://laptop:443", "laptop", "/", false, false },
		{ "http://127.0.0.1:80/a/b", "http://127.0.0.1:80", "127.0.0.1", "/a/b/", true, true },
		{ "http://127.8.9.1/", "http://127.8.9.1:80", "127.8.9.1", "/", true, true },
		{ "http://[::1]:8080/", "http://[::1]:8080", "::1", "/", true, true },
		{ "http://localhost/", "http://localhost:80", "localhost", "/", true, true },
		{ "http://localhost.evil.org/", "http://localhost.evil.org:80", "localhost.evil.org", "/", true,
		  false },
		{ "http://127.0.0.1.evil.org/", "http://127.0.0.1.evil.org:80", "127.0.0.1.evil.org", "/", true,
		  false },
		{ "http://128.0.0.1/", "http://128.0.0.1:80", "128.0.0.1", "/", true, false },
		{ "http://[::2]/", "http://[::2]:80", "::2", "/", true, false },
		{ "https://[fe80::1%25eth0]/", "https://[fe80::1%25eth0]:443", "fe80::1", "/", false, false },
		{ "https://a%62c/", "https://abc:443", "abc", "/", false, false },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct origin o;

		if (origin_parse(cases[i].url, &o, NULL) != OK)
			fail_msg("case %zu", i);
		assert_string_equal(o.base, cases[i].base);
		assert_string_equal(o.host, cases[i].host);
		assert_string_equal(o.root, cases[i].root);
		if (o.is_plain != cases[i].is_plain || o.is_loopback != cases[i].is_loopback)
			fail_msg("case %zu", i);
		origin_clear(&o);
	}
}

TEST(origin_refuses_secrets_and_other_schemes)
{
	static const char *const cases[] = { "",
					     "laptop",
					     "ftp://h/",
					     "https://u@h/",
					     "https://u:p@h/",
					     "https://h/?a",
					     "https://h/#a",
					     "file:///etc/x",
					     "https://a%2562c/",
					     "https://a%%62c/",
					     "https://h:x/" };

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct origin o;

		if (origin_parse(cases[i], &o, NULL) != E_USAGE)
			fail_msg("taken: %s", cases[i]);
		origin_clear(&o);
	}
}

TEST(origin_holds_only_its_own_scheme_host_and_port)
{
	static const struct {
		const char *url;
		bool want;
	} cases[] = {
		{ "https://h:8443/x", true },     { "https://H:8443/", true },
		{ "https://h/", false },          { "http://h:8443/", false },
		{ "https://h.x:8443/", false },   { "https://h:8443@evil/", false },
		{ "https://evil/h:8443", false }, { "/x", false },
	};
	struct origin o;

	assert_int_equal(origin_parse("https://h:8443/a/", &o, NULL), OK);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		if (origin_holds(&o, cases[i].url) != cases[i].want)
			fail_msg("case %zu", i);
	origin_clear(&o);
}
