#include "common/uuid.h"

#include <stdio.h>

#include "common/digest.h"

static const char prefix[] = "urn:uuid:";

enum { PREFIX_LEN = sizeof prefix - 1, TEXT_LEN = 36, HEX_LEN = 2 * UUID_SIZE };

static bool is_hyphen_place(size_t i)
{
	return i == 8 || i == 13 || i == 18 || i == 23;
}

char *uuid_write(const unsigned char uuid[UUID_SIZE], char out[UUID_URI_SIZE])
{
	char hex[HEX_LEN + 1];

	hex_encode(uuid, UUID_SIZE, hex);
	snprintf(out, UUID_URI_SIZE, "%s%.8s-%.4s-%.4s-%.4s-%.12s", prefix, hex, hex + 8, hex + 12, hex + 16, hex + 20);
	return out;
}

bool uuid_read(struct span uri, unsigned char out[UUID_SIZE])
{
	char hex[HEX_LEN];
	size_t n = 0;

	if (uri.len != PREFIX_LEN + TEXT_LEN || !span_eq_nocase((struct span){ uri.ptr, PREFIX_LEN }, prefix))
		return false;
	for (size_t i = 0; i < TEXT_LEN; i++) {
		char c = uri.ptr[PREFIX_LEN + i];

		if (is_hyphen_place(i) != (c == '-'))
			return false;
		if (c != '-')
			hex[n++] = c;
	}
	return hex_decode((struct span){ hex, HEX_LEN }, out, UUID_SIZE);
}
