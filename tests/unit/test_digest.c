#include "common/digest.h"

#include "tests/unit/table.h"

TEST(digest_of_known_texts)
{
	static const struct {
		const char *text, *hex;
	} cases[] = { /* FIPS 180-4 examples */
		      { "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
		      { "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
		      { "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
			"248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" }
	};
	char hex[DIGEST_HEX_SIZE], tag[DIGEST_ETAG_SIZE];

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct digest d = digest_of(cases[i].text, strlen(cases[i].text)), back;

		CASE_TEXT(i, digest_hex(&d, hex), cases[i].hex);
		CASE_TRUE(i, digest_from_hex(span_of(hex), &back) && digest_equal(&d, &back));
		digest_etag(&d, tag);
		CASE_EQUAL(i, strlen(tag), 66);
		CASE_TRUE(i, tag[0] == '"' && tag[65] == '"' && memcmp(tag + 1, hex, 64) == 0);
	}
}

TEST(digest_hasher_starts_over_after_finish)
{
	struct hasher *h = hasher_new();
	struct digest abc = digest_of("abc", 3), empty = digest_of("", 0), got;

	for (int i = 0; i < 3; i++) {
		hasher_add(h, "a", 1);
		hasher_add(h, "", 0);
		hasher_add(h, "bc", 2);
		got = hasher_finish(h);
		assert_true(digest_equal(&got, &abc));
		got = hasher_finish(h);
		assert_true(digest_equal(&got, &empty));
	}
	hasher_free(h);
	hasher_free(NULL);
}

TEST(digest_equal_sees_every_bit)
{
	struct digest a = digest_of("", 0), b = a;

	for (size_t bit = 0; bit < 8 * (size_t)DIGEST_SIZE; bit++) {
		b.bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
		CASE_TRUE(bit, !digest_equal(&a, &b));
		b.bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
	}
	assert_true(digest_equal(&a, &b));
}

TEST(hex_decode_takes_hex_digits_of_the_right_length)
{
	static const struct {
		const char *hex;
		bool want;
	} cases[] = { { "00ff", true },
		      { "aBCd", true },
		      { "", false },
		      { "00f", false },
		      { "00fff", false },
		      { "00fg", false },
		      { "00f/", false },
		      { "00f:", false },
		      { "@0ff", false },
		      { "`0ff", false },
		      { "0x0f", false },
		      { " 0ff", false },
		      { "\xe1\xe1\xe1\xe1", false } };

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		unsigned char out[2];

		CASE_EQUAL(i, hex_decode(span_of(cases[i].hex), out, 2), cases[i].want);
	}
	for (unsigned c = 0; c < 256; c++) {
		char text[2] = { (char)c, '0' };
		unsigned char out;

		CASE_EQUAL(c, hex_decode((struct span){ text, 2 }, &out, 1),
			   c && c < 128 && strchr("0123456789abcdefABCDEF", (int)c) != NULL);
	}
}

TEST(hex_of_every_byte_comes_back)
{
	for (unsigned c = 0; c < 256; c++) {
		unsigned char byte = (unsigned char)c, back;
		char text[3];

		hex_encode(&byte, 1, text);
		CASE_TRUE(c, hex_decode(span_of(text), &back, 1) && back == byte);
	}
}
