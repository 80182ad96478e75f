/*
 * proxyhead: the header of the PROXY protocol, versions 1 and 2, by which a proxy says for whom it connects (its authors'
 * document "The PROXY protocol", §2.1 and §2.2).  Pure: a scanner of bytes that a stranger may have sent.
 */
#ifndef SERVER_NET_PROXYHEAD_H
#define SERVER_NET_PROXYHEAD_H

#include "common/span.h"

enum {
	PROXYHEAD_LIMIT =
	    1024, /* bytes of a whole header: version 1 has at most 107; the rest is room for version 2's extensions */
	PROXYHEAD_PEER_SIZE = 64
};

enum proxyhead_result { PROXYHEAD_MORE, PROXYHEAD_DONE, PROXYHEAD_REFUSED };

/*
 * Reads the header that `bytes` begins with.
 *   PROXYHEAD_MORE     `out_want` more bytes surely belong to it, and may be read from the socket
 *   PROXYHEAD_DONE     `out_peer` is the client's numeric address; "": the proxy speaks for itself (LOCAL, UNKNOWN)
 *   PROXYHEAD_REFUSED  it is none
 * By `out_want` the caller never reads a byte of what follows: that may be TLS.
 */
enum proxyhead_result proxyhead_scan(struct span bytes, size_t *out_want, char out_peer[PROXYHEAD_PEER_SIZE]);

#endif
