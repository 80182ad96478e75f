#include "server/http/forwarded.h"

#include "tests/unit/test.h"

static struct span field(const char *text)
{
	return text ? span_of(text) : (struct span){ NULL, 0 };
}

TEST(forwarded_client_is_the_first_address_that_is_none_of_our_proxies)
{
	static const struct {
		const char *forwarded, *x_for, *peer;
	} cases[] = {
		{ NULL, NULL, "" },
		{ NULL, "192.0.2.1", "192.0.2.1" },
		{ NULL, "203.0.113.66, 192.0.2.1", "192.0.2.1" }, /* what the client itself said counts for nothing */
		{ NULL, "192.0.2.1, 10.0.0.7, 10.0.0.8", "192.0.2.1" },
		{ NULL, "10.0.0.7, 10.0.0.8", "10.0.0.7" },
		{ NULL, "192.0.2.1, unknown", "" },
		{ NULL, "192.0.2.1, unknown, 10.0.0.8", "10.0.0.8" },
		{ NULL, "192.0.2.1:4711", "192.0.2.1" },
		{ NULL, "[2001:db8::1]:4711", "2001:db8::1" },
		{ NULL, "2001:db8::1", "2001:db8::1" },
		{ NULL, "192.0.2.1\" user=root", "" },
		{ NULL, ",,", "" },
		{ "for=192.0.2.1", NULL, "192.0.2.1" },
		{ "for=203.0.113.66, For=\"[2001:db8::1]:80\";proto=https", NULL, "2001:db8::1" },
		{ "by=10.0.0.1; for = 192.0.2.1", NULL, "192.0.2.1" },
		{ "for=_hidden", NULL, "" },
		{ "proto=https", NULL, "" },
		{ "for=\"192.0.2.1", NULL, "" },
		{ "for=192.0.2.1", "192.0.2.1", "192.0.2.1" },
		{ "for=203.0.113.66", "192.0.2.1", "" }, /* one of the two is forged: neither is believed */
		{ "", "192.0.2.1", "" },
	};
	struct cidr_list proxies = { .count = 0 };

	assert_int_equal(cidr_add(&proxies, span_of("10.0.0.0/8")), OK);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct forwarded_fields fields = { .forwarded = field(cases[i].forwarded),
						   .x_for = field(cases[i].x_for) };
		struct forwarded f;

		forwarded_read(&fields, &proxies, &f);
		if (!span_is(f.peer, cases[i].peer))
			fail_msg("case %zu: %.*s", i, (int)f.peer.len, f.peer.ptr);
	}
}

TEST(forwarded_scheme_and_host_are_the_nearest_proxys)
{
	static const struct {
		const char *forwarded, *proto, *host, *want_host;
		bool has_proto, is_https;
	} cases[] = {
		{ NULL, "https", "a.example:8443", "a.example:8443", true, true },
		{ NULL, "HTTP", NULL, "", true, false },
		{ NULL, "http, https", "evil.example, a.example", "a.example", true, true },
		{ NULL, "gopher", NULL, "", false, false },
		{ "for=1.2.3.4;proto=https;host=a.example", NULL, NULL, "a.example", true, true },
		{ "proto=http;host=evil.example, proto=https;host=\"a.example:1\"", NULL, NULL, "a.example:1", true,
		  true },
		{ "proto=https;host=a.example", "http", "a.example", "a.example", false, false },
		{ "proto=https;host=a.example", "https", "b.example", "", true, true },
	};
	struct cidr_list none = { .count = 0 };

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct forwarded_fields fields = { .forwarded = field(cases[i].forwarded),
						   .x_proto = field(cases[i].proto),
						   .x_host = field(cases[i].host) };
		struct forwarded f;

		forwarded_read(&fields, &none, &f);
		if (!span_is(f.host, cases[i].want_host) || f.has_proto != cases[i].has_proto ||
		    (f.has_proto && f.is_https != cases[i].is_https))
			fail_msg("case %zu", i);
	}
}
