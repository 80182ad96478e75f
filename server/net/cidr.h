/*
 * cidr: a list of addresses and address ranges in words ("192.0.2.0/24", "::1", "unix").
 */
#ifndef SERVER_NET_CIDR_H
#define SERVER_NET_CIDR_H

#include "common/err.h"
#include "common/span.h"

enum { CIDR_LIMIT = 64, CIDR_BYTES = 16 };

struct cidr {
	unsigned char bytes[CIDR_BYTES]; /* IPv4 as ::ffff:a.b.c.d */
	unsigned prefix;                 /* bits that count, of 128 */
};

/* A plain value; zeroed: empty, nobody is in it. */
struct cidr_list {
	struct cidr items[CIDR_LIMIT];
	unsigned count;
	bool has_unix; /* who comes by a unix socket */
};

/*
 * Adds "ADDRESS", "ADDRESS/BITS" or "unix".  E_BAD_REQUEST: none of these, or bits are set behind the prefix; E_TOO_LARGE:
 * the list is full.
 */
enum err cidr_add(struct cidr_list *list, struct span text) must_check;

/* Is the numeric address (or "unix") in the list?  What is no address is in no list.  Never blocks; any thread. */
bool cidr_has(const struct cidr_list *list, struct span address);

/* Is it a numeric IPv4 or IPv6 address? */
bool cidr_is_address(struct span text);

#endif
