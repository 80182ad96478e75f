/*
 * forwarded: what proxies say of the client they forward for: Forwarded (RFC 7239) and the X-Forwarded-* fields that came
 * before it.  Pure.
 */
#ifndef SERVER_HTTP_FORWARDED_H
#define SERVER_HTTP_FORWARDED_H

#include "server/net/cidr.h"

/* The fields' values, several lines joined by ", "; ptr NULL: absent. */
struct forwarded_fields {
	struct span forwarded, x_for, x_proto, x_host;
};

/* Spans borrow from the fields; empty: not said. */
struct forwarded {
	struct span peer; /* a numeric address */
	struct span host; /* "example.org:8443" */
	bool has_proto, is_https;
};

/*
 * Each proxy adds an element on the right: from there to the left goes the way through our own ones (`proxies`), and the
 * first address that is none of them is the client; what is further left is what that client says, and counts for nothing.
 * When both families of fields are there only what they agree on is taken: our proxy writes one of them, and the other
 * may be the client's own.  Call it only for a request that came from one of `proxies`.
 */
void forwarded_read(const struct forwarded_fields *fields, const struct cidr_list *proxies, struct forwarded *out);

#endif
