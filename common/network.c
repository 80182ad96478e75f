#include "common/network.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

enum { LOOPBACK_NET = 127, MAPPED_AT = 12 };

static bool of_v4(const unsigned char address[4], struct network *out)
{
	*out = (struct network){ { 0 } };
	memcpy(out->bytes + 4, address, 4);
	return address[0] != LOOPBACK_NET;
}

bool network_of(const char *peer, struct network *out)
{
	struct in6_addr v6;
	struct in_addr v4;

	if (inet_pton(AF_INET, peer, &v4) == 1)
		return of_v4((const unsigned char *)&v4, out);
	if (inet_pton(AF_INET6, peer, &v6) != 1)
		return false;
	if (IN6_IS_ADDR_V4MAPPED(&v6))
		return of_v4(v6.s6_addr + MAPPED_AT, out);
	memcpy(out->bytes, v6.s6_addr, sizeof out->bytes);
	return !IN6_IS_ADDR_LOOPBACK(&v6);
}

uint64_t network_hash(const struct network *n)
{
	uint64_t hash = 14695981039346656037u; /* FNV-1a */

	for (size_t i = 0; i < sizeof n->bytes; i++)
		hash = (hash ^ n->bytes[i]) * 1099511628211u;
	return hash;
}
