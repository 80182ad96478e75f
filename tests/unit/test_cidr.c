#include "server/net/cidr.h"

#include "tests/unit/test.h"

static struct cidr_list list_of(const char *text)
{
	struct cidr_list list = { .count = 0 };
	struct span rest = span_of(text), item;

	while (span_cut(&rest, ' ', &item))
		assert_int_equal(cidr_add(&list, item), OK);
	return list;
}

TEST(cidr_has_what_lies_in_its_ranges_and_nothing_else)
{
	static const struct {
		const char *list, *address;
		bool want;
	} cases[] = {
		{ "192.0.2.0/24", "192.0.2.255", true },
		{ "192.0.2.0/24", "192.0.3.0", false },
		{ "192.0.2.7", "192.0.2.7", true },
		{ "192.0.2.7", "192.0.2.8", false },
		{ "10.0.0.0/8 2001:db8::/33", "2001:db8:7fff::1", true },
		{ "10.0.0.0/8 2001:db8::/33", "2001:db8:8000::1", false },
		{ "0.0.0.0/0", "203.0.113.9", true },
		{ "0.0.0.0/0", "::1", false }, /* IPv4's everybody is not IPv6's */
		{ "::/0", "203.0.113.9", true },
		{ "192.0.2.7", "::ffff:192.0.2.7", true }, /* the same host by an IPv6 socket */
		{ "unix", "unix", true },
		{ "::1", "unix", false },
		{ "unix", "::1", false },
		{ "::1", "1", false },
		{ "::1", "", false },
		{ "127.0.0.1", "127.0.0.1.evil", false },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct cidr_list list = list_of(cases[i].list);

		if (cidr_has(&list, span_of(cases[i].address)) != cases[i].want)
			fail_msg("case %zu: %s in %s", i, cases[i].address, cases[i].list);
	}
}

TEST(cidr_refuses_what_is_no_range)
{
	static const char *const bad[] = {
		"",          "/",          "192.0.2.0/33", "192.0.2.1/24", "::/129",      "192.0.2/24",
		"localhost", "192.0.2.0/", "192.0.2.0/-1", "::1/x",        "1.2.3.4/24/8"
	};
	struct cidr_list list = { .count = 0 };

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(cidr_add(&list, span_of(bad[i])), E_BAD_REQUEST);
	for (unsigned i = 0; i < CIDR_LIMIT; i++)
		assert_int_equal(cidr_add(&list, span_of("::1")), OK);
	assert_int_equal(cidr_add(&list, span_of("::1")), E_TOO_LARGE);
}
