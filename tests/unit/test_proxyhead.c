#include "server/net/proxyhead.h"

#include <string.h>

#include "tests/unit/test.h"

/* Feeds a header the way the wire does: never more bytes than were asked for. */
static enum proxyhead_result feed(const char *bytes, size_t len, size_t *out_used, char *peer)
{
	enum proxyhead_result result;
	size_t have = 0, want;

	while ((result = proxyhead_scan((struct span){ bytes, have }, &want, peer)) == PROXYHEAD_MORE && have < len) {
		assert_true(want > 0);
		have = MIN(have + want, len);
	}
	*out_used = have;
	return result;
}

TEST(proxyhead_reads_both_versions_and_not_a_byte_of_what_follows)
{
#define V2 "\r\n\r\n\0\r\nQUIT\n"
	static const struct {
		const char *bytes;
		size_t len;
		const char *peer;
	} cases[] = {
#define CASE(text, peer) { text "\x16\x03\x01", sizeof(text) - 1 + 3, peer }
		CASE("PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n", "192.0.2.1"),
		CASE("PROXY TCP6 2001:db8:0:0::1 2001:db8::2 1 65535\r\n", "2001:db8::1"),
		CASE("PROXY UNKNOWN\r\n", ""),
		CASE("PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n", ""),
		CASE(V2 "\x21\x11\x00\x0c\xc0\x00\x02\x01\xc6\x33\x64\x01\x01\x02\x03\x04", "192.0.2.1"),
		CASE(V2 "\x21\x11\x00\x10\xc0\x00\x02\x01\xc6\x33\x64\x01\x01\x02\x03\x04\x04\x00\x01\x00",
		     "192.0.2.1"),
		CASE(V2 "\x21\x21\x00\x24"
			" \x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01 \x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x02\0\1\0\2",
		     "2001:db8::1"),
		CASE(V2 "\x20\x00\x00\x00", ""),   /* LOCAL: a health check of the proxy itself */
		CASE(V2 "\x21\x31\x00\x02xx", ""), /* by a unix socket */
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char peer[PROXYHEAD_PEER_SIZE] = "?";
		size_t used;

		if (feed(cases[i].bytes, cases[i].len, &used, peer) != PROXYHEAD_DONE || used != cases[i].len - 3 ||
		    strcmp(peer, cases[i].peer) != 0)
			fail_msg("case %zu: used %zu of %zu, peer %s", i, used, cases[i].len - 3, peer);
		for (size_t cut = 0; cut < used; cut++)
			assert_int_equal(feed(cases[i].bytes, cut, &used, peer), PROXYHEAD_MORE);
		used = cases[i].len - 3;
	}
}

TEST(proxyhead_refuses_everything_else)
{
	static const struct {
		const char *bytes;
		size_t len;
	} cases[] = {
#define BAD(text) { text, sizeof(text) - 1 }
		BAD("GET / HTTP/1.1\r\n"),
		BAD("\x16\x03\x01"),
		BAD("PROXY TCP4 192.0.2.1 198.51.100.1 56324\r\n"),
		BAD("PROXY TCP4 192.0.2.1 198.51.100.1 56324 443 9\r\n"),
		BAD("PROXY TCP4 2001:db8::1 2001:db8::2 1 2\r\n"),
		BAD("PROXY TCP4 192.0.2.1  198.51.100.1 1 2\r\n"),
		BAD("PROXY TCP4 192.0.2.1 198.51.100.1 1 65536\r\n"),
		BAD("PROXY TCP4 192.0.2.1 198.51.100.1 1 2\n"),
		BAD("PROXY TCP5 192.0.2.1 198.51.100.1 1 2\r\n"),
		BAD("PROXY TCP4 192.0.2.1;x=\"1\" 198.51.100.1 1 2\r\n"),
		BAD("PROXY TCP4 "
		    "11111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111"
		    "11111"),
		BAD(V2 "\x31\x11\x00\x0c"
		       "aaaabbbbccdd"), /* version 3 */
		BAD(V2 "\x22\x11\x00\x0c"
		       "aaaabbbbccdd"), /* a command that is none */
		BAD(V2 "\x21\x11\x00\x04"
		       "aaaa"), /* too short for its family */
		BAD(V2 "\x21\x11\xff\xff"
		       "aaaabbbbccdd"), /* longer than anybody needs */
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char peer[PROXYHEAD_PEER_SIZE];
		size_t used;

		if (feed(cases[i].bytes, cases[i].len, &used, peer) != PROXYHEAD_REFUSED)
			fail_msg("case %zu", i);
	}
}
