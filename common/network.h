/*
 * network: whom a limit "per address" is about: an IPv4 address, or the /64 of an IPv6 one, since whoever has one address
 * of such a network has them all.
 */
#ifndef COMMON_NETWORK_H
#define COMMON_NETWORK_H

#include "common/base.h"

enum { NETWORK_BYTES = 8 };

/* A plain value without padding: may be compared and hashed by its bytes. */
struct network {
	unsigned char bytes[NETWORK_BYTES]; /* an IPv4 address: 0 0 0 0 and it */
};

/*
 * The network of a peer in words ("192.0.2.1", "2001:db8::1").  False: limits per address are not about it: a unix socket, or
 * this machine itself, from where its owner works and where a limit would be one for all.  Never blocks; any thread.
 */
bool network_of(const char *peer, struct network *out) must_check;

/* For tables. */
uint64_t network_hash(const struct network *n);

#endif
