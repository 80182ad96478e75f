#include "server/net/cidr.h"

#include <arpa/inet.h>
#include <string.h>

enum { V4_AT = 12, V4_BITS = 32, V6_BITS = 128, TEXT_MAX = 46 };

/* An IPv4 address is mapped into IPv6's (RFC 4291 §2.5.5.2), so that one comparison serves both. */
static bool read_address(struct span text, unsigned char out[CIDR_BYTES], bool *out_is_v4)
{
	static const unsigned char mapped[V4_AT] = { [10] = 0xff, [11] = 0xff };
	char copy[TEXT_MAX];

	if (!text.len || text.len >= sizeof copy || memchr(text.ptr, '\0', text.len))
		return false;
	memcpy(copy, text.ptr, text.len);
	copy[text.len] = '\0';
	*out_is_v4 = inet_pton(AF_INET, copy, out + V4_AT) == 1;
	if (*out_is_v4)
		memcpy(out, mapped, sizeof mapped);
	return *out_is_v4 || inet_pton(AF_INET6, copy, out) == 1;
}

/* Are the first `bits` bits the same? */
static bool has_prefix(const unsigned char *a, const unsigned char *b, unsigned bits)
{
	unsigned whole = bits / 8, rest = bits % 8;

	if (memcmp(a, b, whole) != 0)
		return false;
	return rest == 0 || (a[whole] ^ b[whole]) >> (8 - rest) == 0;
}

static bool is_zero_behind(const unsigned char *bytes, unsigned bits)
{
	for (unsigned i = bits; i < V6_BITS; i++)
		if (bytes[i / 8] & (0x80 >> i % 8))
			return false;
	return true;
}

enum err cidr_add(struct cidr_list *list, struct span text)
{
	struct span rest = text, address;
	bool has_bits = text.len && memchr(text.ptr, '/', text.len) != NULL, is_v4;
	struct cidr c;
	int64_t bits = 0;

	if (span_is(text, "unix")) {
		list->has_unix = true;
		return OK;
	}
	if (list->count == CIDR_LIMIT)
		return E_TOO_LARGE;
	if (!span_cut(&rest, '/', &address) || !read_address(address, c.bytes, &is_v4) ||
	    (has_bits && !span_to_int64(rest, &bits)))
		return E_BAD_REQUEST;
	if (!has_bits)
		bits = is_v4 ? V4_BITS : V6_BITS;
	if (bits < 0 || bits > (is_v4 ? V4_BITS : V6_BITS))
		return E_BAD_REQUEST;
	c.prefix = (unsigned)bits + (is_v4 ? V6_BITS - V4_BITS : 0);
	if (!is_zero_behind(c.bytes, c.prefix))
		return E_BAD_REQUEST;
	list->items[list->count++] = c;
	return OK;
}

bool cidr_has(const struct cidr_list *list, struct span address)
{
	unsigned char bytes[CIDR_BYTES];
	bool is_v4;

	if (span_is(address, "unix"))
		return list->has_unix;
	if (!list->count || !read_address(address, bytes, &is_v4))
		return false;
	for (unsigned i = 0; i < list->count; i++)
		if (has_prefix(list->items[i].bytes, bytes, list->items[i].prefix))
			return true;
	return false;
}

bool cidr_is_address(struct span text)
{
	unsigned char bytes[CIDR_BYTES];
	bool is_v4;

	return read_address(text, bytes, &is_v4);
}
