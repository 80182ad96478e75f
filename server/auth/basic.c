#include "server/auth/basic.h"

#include <openssl/crypto.h>
#include <string.h>

enum { NAME_LIMIT = 64 };

static int base64_value(char ch)
{
	if (ch >= 'A' && ch <= 'Z')
		return ch - 'A';
	if (ch >= 'a' && ch <= 'z')
		return ch - 'a' + 26;
	if (ch >= '0' && ch <= '9')
		return ch - '0' + 52;
	return ch == '+' ? 62 : ch == '/' ? 63 : -1;
}

/*
 * Strict: groups of four, padding at the end alone (RFC 4648 §4).  EVP_DecodeBlock would count padding as bytes and let
 * white space pass.
 */
static bool base64_decode(struct span text, char *out, size_t *out_len)
{
	size_t padding = 0, len = 0;
	unsigned bits = 0;

	if (!text.len || text.len % 4)
		return false;
	while (padding < 2 && text.ptr[text.len - 1 - padding] == '=')
		padding++;
	for (size_t i = 0; i < text.len; i++) {
		int value = i < text.len - padding ? base64_value(text.ptr[i]) : 0;

		if (value < 0)
			return false;
		bits = bits << 6 | (unsigned)value;
		if (i % 4 != 3)
			continue;
		for (int shift = 16; shift >= 0; shift -= 8)
			out[len++] = (char)(bits >> shift & 0xff);
		bits = 0;
	}
	*out_len = len - padding;
	return true;
}

bool basic_read(struct span authorization, struct arena *arena, struct basic *out)
{
	struct span rest = authorization, scheme;
	char *text, *colon;
	size_t len;

	if (!span_cut(&rest, ' ', &scheme) || !span_eq_nocase(scheme, "basic"))
		return false;
	rest = span_trim(rest);
	if (rest.len > BASIC_LIMIT)
		return false;
	text = arena_alloc(arena, rest.len / 4 * 3 + 4);
	if (!base64_decode(rest, text, &len) || memchr(text, '\0', len))
		return false;
	text[len] = '\0';
	colon = strchr(text, ':');
	if (!colon)
		return false;
	*colon = '\0';
	*out = (struct basic){ .user = text, .secret = colon + 1 };
	return true;
}

/* The name in lower case (ASCII; names have no other letters) in a field of fixed length.  False: too long. */
static bool fold(const char *name, unsigned char out[NAME_LIMIT])
{
	memset(out, 0, NAME_LIMIT);
	for (size_t i = 0; name[i]; i++) {
		if (i == NAME_LIMIT)
			return false;
		out[i] = (unsigned char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] | 32 : name[i]);
	}
	return true;
}

bool basic_is_user(const char *typed, const char *user)
{
	unsigned char a[NAME_LIMIT], b[NAME_LIMIT];
	const char *domain = strrchr(typed, '\\');

	if (!fold(domain ? domain + 1 : typed, a) || !fold(user, b))
		return false;
	return CRYPTO_memcmp(a, b, NAME_LIMIT) == 0;
}
