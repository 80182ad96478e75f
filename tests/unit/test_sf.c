#include "common/sf.h"

#include <openssl/evp.h>

#include "tests/unit/table.h"

/* How many members; -1: malformed. */
static int count(const char *text, struct sf_member *last)
{
	struct span rest = span_of(text);
	struct sf_member member;
	int n = 0;

	for (;;)
		switch (sf_dict_next(&rest, &member)) {
		case SF_MEMBER:
			*last = member;
			n++;
			break;
		case SF_END:
			return n;
		case SF_MALFORMED:
			return -1;
		}
}

TEST(sf_dictionaries_follow_rfc8941_4_2_2)
{
	static const struct {
		const char *text;
		int want;
	} cases[] = {
		{ "", 0 },
		{ "  ", 0 },
		{ "a", 1 },
		{ "a=1", 1 },
		{ "a=1,b=2", 2 },
		{ "a=1 , b=2", 2 },
		{ "a=1\t,\tb=2 ", 2 },
		{ "a=?1, b=?0;x, c=tok/en:*, d=\"s\\\"t\\\\r\", e=:AA==:, f=-1.5, g=(1 2 \"x\";y=1);z", 7 },
		{ "a=()", 1 },
		{ "a=( 1 )", 1 },
		{ "*a_b-c.d*9=1", 1 },
		{ "a=999999999999999", 1 },
		{ "a=-999999999999999", 1 },
		{ "a=123456789012.123", 1 },
		{ "a=1;b=2;  c=3", 1 },
		{ "a;b, c", 2 },
		{ "a=1,", -1 },
		{ "a=1, ", -1 },
		{ ",a=1", -1 },
		{ "a=1,,b=2", -1 },
		{ "a=1 b=2", -1 },
		{ "\ta=1", -1 },
		{ "A=1", -1 },
		{ "1=1", -1 },
		{ "a=", -1 },
		{ "a =1", -1 },
		{ "a= 1", -1 },
		{ "a=9999999999999999", -1 },
		{ "a=-", -1 },
		{ "a=+1", -1 },
		{ "a=--1", -1 },
		{ "a=1.", -1 },
		{ "a=.5", -1 },
		{ "a=1.2345", -1 },
		{ "a=1234567890123.1", -1 },
		{ "a=1.2.3", -1 },
		{ "a=\"", -1 },
		{ "a=\"x", -1 },
		{ "a=\"\\x\"", -1 },
		{ "a=\"\\", -1 },
		{ "a=\"\t\"", -1 },
		{ "a=\"\x7f\"", -1 },
		{ "a=\"\xc3\xa9\"", -1 },
		{ "a=?2", -1 },
		{ "a=?", -1 },
		{ "a=:AA", -1 },
		{ "a=:A A:", -1 },
		{ "a=:A-_A:", -1 },
		{ "a=(", -1 },
		{ "a=(1", -1 },
		{ "a=(1,2)", -1 },
		{ "a=(1)(2)", -1 },
		{ "a=(1\"x\")", -1 },
		{ "a=((1))", -1 },
		{ "a=1;", -1 },
		{ "a=1;B=2", -1 },
		{ "a=1;b=", -1 },
		{ "a=1 ;b=2", -1 },
		{ "a=@1", -1 },
		{ "a={}", -1 },
	};
	struct sf_member last;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		CASE_EQUAL(i, count(cases[i].text, &last), cases[i].want);
}

TEST(sf_members_have_type_text_and_number)
{
	static const struct {
		const char *text;
		int type;
		const char *value;
		int64_t number;
	} cases[] = {
		{ "a=12;x", SF_INTEGER, "12", 12 },
		{ "a=-7", SF_INTEGER, "-7", -7 },
		{ "a=1.5", SF_DECIMAL, "1.5", 1 },
		{ "a=\"x;y\";z", SF_STRING, "\"x;y\"", 0 },
		{ "a=tok/en;z", SF_TOKEN, "tok/en", 0 },
		{ "a=*", SF_TOKEN, "*", 0 },
		{ "a=:AA==:", SF_BYTES, "AA==", 0 },
		{ "a=::", SF_BYTES, "", 0 },
		{ "a=?1", SF_BOOLEAN, "?1", 1 },
		{ "a=?0", SF_BOOLEAN, "?0", 0 },
		{ "a", SF_BOOLEAN, "", 1 },
		{ "a=(1 2)", SF_INNER_LIST, "", 0 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct sf_member member;

		CASE_EQUAL(i, count(cases[i].text, &member), 1);
		CASE_TRUE(i, span_is(member.key, "a"));
		CASE_EQUAL(i, member.type, cases[i].type);
		CASE_TRUE(i, span_is(member.text, cases[i].value));
		CASE_EQUAL(i, member.number, cases[i].number);
	}
}

TEST(sf_with_a_nul_is_malformed)
{
	struct span rest = { "a=t\0x", 5 };
	struct sf_member member;

	assert_int_equal(sf_dict_next(&rest, &member), SF_MALFORMED);
}

TEST(sf_decode_bytes_reads_what_openssl_writes)
{
	unsigned char bytes[70], back[70];
	char text[120] = "";
	size_t len;

	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (unsigned char)(i * 37 + 251);
	for (size_t n = 0; n <= sizeof bytes; n++) {
		int written = EVP_EncodeBlock((unsigned char *)text, bytes, (int)n);
		struct span base64 = { text, (size_t)written };

		CASE_TRUE(n, sf_decode_bytes(base64, back, n, &len) && len == n && memcmp(back, bytes, n) == 0);
		if (n)
			CASE_TRUE(n, !sf_decode_bytes(base64, back, n - 1, &len));
		while (base64.len && base64.ptr[base64.len - 1] == '=')
			base64.len--;
		CASE_TRUE(n, sf_decode_bytes(base64, back, n, &len) && len == n);
	}
}

TEST(sf_decode_bytes_refuses_what_is_not_base64)
{
	static const char *const cases[] = { "A",     "AAAAA",    "A===", "=",    "====",  "AA=",
					     "AAA==", "AA==AA==", "A-==", "A A=", "AAAA=", "AAAA==" };
	unsigned char out[10];
	size_t len;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		CASE_TRUE(i, !sf_decode_bytes(span_of(cases[i]), out, sizeof out, &len));
}
