#include "common/digestfield.h"

#include "common/sf.h"

#include <string.h>

#include <openssl/evp.h>

/* Reads a member's bytes, which must be `len`. */
static bool read_digest(const struct sf_member *member, void *out, size_t len)
{
	size_t got;

	return member->type == SF_BYTES && sf_decode_bytes(member->text, out, len, &got) && got == len;
}

enum err digestfield_parse(struct span value, struct digestfield *out)
{
	struct sf_member member;
	enum sf_result result;

	*out = (struct digestfield){ 0 };
	while ((result = sf_dict_next(&value, &member)) == SF_MEMBER) {
		if (span_is(member.key, "sha-256")) {
			if (!read_digest(&member, out->sha256.bytes, DIGEST_SIZE))
				return E_BAD_REQUEST;
			out->has_sha256 = true;
		} else if (span_is(member.key, "sha-512")) {
			if (!read_digest(&member, out->sha512, DIGESTFIELD_SHA512_SIZE))
				return E_BAD_REQUEST;
			out->has_sha512 = true;
		}
	}
	return result == SF_END ? OK : E_BAD_REQUEST;
}

char *digestfield_format(const struct digest *d, char out[DIGESTFIELD_SIZE])
{
	static const char before[] = "sha-256=:";
	size_t len = strlen(before);

	memcpy(out, before, len);
	len += (size_t)EVP_EncodeBlock((unsigned char *)out + len, d->bytes, DIGEST_SIZE);
	out[len] = ':';
	out[len + 1] = '\0';
	return out;
}

bool digestfield_is_wanted(struct span value)
{
	struct sf_member member;
	enum sf_result result;
	bool is_wanted = false;

	if (!value.ptr)
		return false;
	while ((result = sf_dict_next(&value, &member)) == SF_MEMBER)
		if (span_is(member.key, "sha-256"))
			is_wanted = member.type == SF_INTEGER && member.number >= 1 && member.number <= 10;
	return result == SF_END && is_wanted;
}

static const struct {
	const char *name;
	size_t len;
} checksums[] = {
	[CHECKSUM_SHA256] = { "SHA256", 32 },
	[CHECKSUM_SHA1] = { "SHA1", 20 },
	[CHECKSUM_MD5] = { "MD5", 16 },
	[CHECKSUM_ADLER32] = { "ADLER32", 4 },
};

static bool is_name(struct span text)
{
	for (size_t i = 0; i < text.len; i++) {
		char ch = text.ptr[i];

		if (!(ch >= '0' && ch <= '9') && !(ch >= 'a' && ch <= 'z') && !(ch >= 'A' && ch <= 'Z') && ch != '-')
			return false;
	}
	return text.len > 0;
}

enum err checksum_parse(struct span value, struct checksum *out)
{
	char padded[2 * DIGEST_SIZE];
	struct span hex = span_trim(value), name;

	span_cut(&hex, ':', &name);
	if (!hex.ptr || !is_name(name))
		return E_BAD_REQUEST;
	for (size_t i = 0; i < ARRAY_LEN(checksums); i++) {
		size_t digits = 2 * checksums[i].len;

		if (!span_eq_nocase(name, checksums[i].name))
			continue;
		*out = (struct checksum){ .kind = (enum checksum_kind)i, .len = checksums[i].len };
		if (i == CHECKSUM_ADLER32 && hex.len > 0 && hex.len < digits) {
			memset(padded, '0', digits);
			memcpy(padded + digits - hex.len, hex.ptr, hex.len);
			hex = (struct span){ padded, digits };
		}
		return hex_decode(hex, out->bytes, out->len) ? OK : E_BAD_REQUEST;
	}
	return hex.len ? E_NOT_FOUND : E_BAD_REQUEST;
}
