#include "common/digestfield.h"

#include "tests/unit/table.h"

/* Of the empty representation. */
#define SHA256 "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
#define SHA512 "z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg=="

TEST(digestfield_parse_finds_the_digests_it_knows)
{
	static const struct {
		const char *value;
		enum err want;
		bool sha256, sha512;
	} cases[] = {
		{ "sha-256=:" SHA256 ":", OK, true, false },
		{ "sha-512=:" SHA512 ":", OK, false, true },
		{ "sha-256=:" SHA256 ":, sha-512=:" SHA512 ":", OK, true, true },
		{ "sha-512=:" SHA512 ":,\tsha-256=:" SHA256 ": ", OK, true, true },
		{ "  sha-256=:" SHA256 ":", OK, true, false },
		{ "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU:", OK, true, false }, /* no padding */
		{ "sha-256=:" SHA256 ":;a=1;b;c=\"x\"", OK, true, false },
		{ "sha-256=:AAAA:, sha-256=:" SHA256 ":", E_BAD_REQUEST, false, false },
		{ "md5=:1B2M2Y8AsgTpgAmY7PhCfg==:", OK, false, false },
		{ "unixsum=:AA==:, sha-256=:" SHA256 ":", OK, true, false },
		{ "x=1, sha-256=:" SHA256 ":", OK, true, false },
		{ "", OK, false, false },
		{ "sha-256", E_BAD_REQUEST, false, false },
		{ "sha-256=", E_BAD_REQUEST, false, false },
		{ "sha-256=1", E_BAD_REQUEST, false, false },
		{ "sha-256=\"" SHA256 "\"", E_BAD_REQUEST, false, false },
		{ "sha-256=" SHA256, E_BAD_REQUEST, false, false }, /* as the old Digest field had it */
		{ "SHA-256=:" SHA256 ":", E_BAD_REQUEST, false, false },
		{ "sha-256=::", E_BAD_REQUEST, false, false },
		{ "sha-256=:" SHA256, E_BAD_REQUEST, false, false },
		{ "sha-256=:AAAA:", E_BAD_REQUEST, false, false },
		{ "sha-256=:" SHA512 ":", E_BAD_REQUEST, false, false },
		{ "sha-512=:" SHA256 ":", E_BAD_REQUEST, false, false },
		{ "sha-256=:" SHA256 "AAAA:", E_BAD_REQUEST, false, false },
		{ "sha-256=:47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU=:", E_BAD_REQUEST, false, false },
		{ "sha-256=:" SHA256 ":,", E_BAD_REQUEST, false, false },
		{ "sha-256=:" SHA256 ": x", E_BAD_REQUEST, false, false },
		{ "garbage here", E_BAD_REQUEST, false, false },
	};
	struct digest want = digest_of("", 0);

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct digestfield got;

		CASE_EQUAL(i, digestfield_parse(span_of(cases[i].value), &got), cases[i].want);
		if (cases[i].want != OK)
			continue;
		CASE_EQUAL(i, got.has_sha256, cases[i].sha256);
		CASE_EQUAL(i, got.has_sha512, cases[i].sha512);
		CASE_TRUE(i, !got.has_sha256 || digest_equal(&got.sha256, &want));
		CASE_TRUE(i, !got.has_sha512 || (got.sha512[0] == 0xcf && got.sha512[63] == 0x3e));
	}
}

TEST(digestfield_of_several_with_one_name_the_last_counts)
{
	struct digest want = digest_of("", 0);
	struct digestfield got;

	assert_int_equal(digestfield_parse(span_of("sha-256=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:, "
						   "sha-256=:" SHA256 ":"),
					   &got),
			 OK);
	assert_true(digest_equal(&got.sha256, &want));
}

TEST(digestfield_format_is_read_back)
{
	char text[DIGESTFIELD_SIZE];
	struct digest d = digest_of("", 0);
	struct digestfield got;

	assert_string_equal(digestfield_format(&d, text), "sha-256=:" SHA256 ":");
	assert_int_equal(strlen(text), DIGESTFIELD_SIZE - 1);
	for (int i = 0; i < 200; i++) {
		d = digest_of(&d, sizeof d);
		assert_int_equal(digestfield_parse(span_of(digestfield_format(&d, text)), &got), OK);
		assert_true(got.has_sha256 && digest_equal(&got.sha256, &d));
	}
}

TEST(digestfield_is_wanted_with_a_weight_above_zero)
{
	static const struct {
		const char *value;
		bool want;
	} cases[] = {
		{ "sha-256=1", true },
		{ "sha-256=10", true },
		{ "sha-512=10, sha-256=3", true },
		{ "sha-256=3, sha-512=10", true },
		{ "sha-256=0", false },
		{ "sha-256=11", false },
		{ "sha-256=-1", false },
		{ "sha-256=1.5", false },
		{ "sha-256", false },
		{ "sha-256=?1", false },
		{ "sha-256=\"1\"", false },
		{ "sha-512=10", false },
		{ "SHA-256=1", false },
		{ "", false },
		{ "sha-256=1,", false },
		{ "sha-256=1, x=", false },
		{ "sha-256=1, sha-256=0", false },
		{ "sha-256=0, sha-256=1", true },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		CASE_EQUAL(i, digestfield_is_wanted(span_of(cases[i].value)), cases[i].want);
	assert_false(digestfield_is_wanted((struct span){ NULL, 0 }));
}

TEST(checksum_parse_reads_what_owncloud_sends)
{
#define MD5  "d41d8cd98f00b204e9800998ecf8427e"
#define SHA1 "da39a3ee5e6b4b0d3255bfef95601890afd80709"
	static const struct {
		const char *value;
		enum err want;
		int kind, len, first, last;
	} cases[] = {
		{ "SHA1:" SHA1, OK, CHECKSUM_SHA1, 20, 0xda, 0x09 },
		{ "sha1:" SHA1, OK, CHECKSUM_SHA1, 20, 0xda, 0x09 },
		{ " MD5:" MD5 " ", OK, CHECKSUM_MD5, 16, 0xd4, 0x7e },
		{ "MD5:D41D8CD98F00B204E9800998ECF8427E", OK, CHECKSUM_MD5, 16, 0xd4, 0x7e },
		{ "SHA256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", OK, CHECKSUM_SHA256, 32,
		  0xe3, 0x55 },
		{ "ADLER32:00000001", OK, CHECKSUM_ADLER32, 4, 0, 1 },
		{ "Adler32:1", OK, CHECKSUM_ADLER32, 4, 0, 1 },
		{ "Adler32:a0b0c0d", OK, CHECKSUM_ADLER32, 4, 0x0a, 0x0d },
		{ "SHA3-256:abcd", E_NOT_FOUND, 0, 0, 0, 0 },
		{ "CRC:1", E_NOT_FOUND, 0, 0, 0, 0 },
		{ "", E_BAD_REQUEST, 0, 0, 0, 0 },
		{ SHA1, E_BAD_REQUEST, 0, 0, 0, 0 },
		{ ":" SHA1, E_BAD_REQUEST, 0, 0, 0, 0 },
		{ "CRC:", E_BAD_REQUEST, 0, 0, 0, 0 },
		{ "SHA1:", E_BAD_REQUEST, 0, 0, 0, 0 },
		{ "SHA1:" MD5, E_BAD_REQUEST, 0, 0, 0, 0 },
		{ "MD5:" SHA1, E_BAD_REQUEST, 0, 0, 0, 0 },
		{ "MD5:x41d8cd98f00b204e9800998ecf8427e", E_BAD_REQUEST, 0, 0, 0, 0 },
		{ "MD5: " MD5, E_BAD_REQUEST, 0, 0, 0, 0 },
		{ "MD5 :" MD5, E_BAD_REQUEST, 0, 0, 0, 0 },
		{ "ADLER32:", E_BAD_REQUEST, 0, 0, 0, 0 },
		{ "ADLER32:000000001", E_BAD_REQUEST, 0, 0, 0, 0 },
		{ "ADLER32:-1", E_BAD_REQUEST, 0, 0, 0, 0 },
		{ "MD5:" MD5 " SHA1:" SHA1, E_BAD_REQUEST, 0, 0, 0, 0 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct checksum got;

		CASE_EQUAL(i, checksum_parse(span_of(cases[i].value), &got), cases[i].want);
		if (cases[i].want != OK)
			continue;
		CASE_EQUAL(i, got.kind, cases[i].kind);
		CASE_EQUAL(i, got.len, cases[i].len);
		CASE_EQUAL(i, got.bytes[0], cases[i].first);
		CASE_EQUAL(i, got.bytes[got.len - 1], cases[i].last);
	}
}
