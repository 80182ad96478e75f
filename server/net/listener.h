/*
 * listener: listening sockets: what an address in words means, and a socket bound to it.
 */
#ifndef SERVER_NET_LISTENER_H
#define SERVER_NET_LISTENER_H

#include "common/err.h"

#include <sys/socket.h>
#include <sys/un.h>

struct listener_address {
	union {
		struct sockaddr any;
		struct sockaddr_storage storage;
		struct sockaddr_un local;
	} addr;
	socklen_t len;
};

/*
 * "192.0.2.1:8443", "[::1]:8443" or "unix:PATH" into an address.  Numbers only: names are not looked up.  E_BAD_REQUEST: not an
 * address; `why` says so.
 */
enum err listener_parse(const char *text, struct listener_address *out, struct note *why) must_check;

/*
 * Binds and listens, non-blocking and close-on-exec.  An IPv6 socket takes IPv6 alone, so that [::] and 0.0.0.0 can stand
 * side by side.  `is_first`: fails with E_BUSY if somebody else listens there; the next ones share the port (SO_REUSEPORT).
 * A unix socket is made with mode `mode`; a dead one in its place is removed.  E_FORBIDDEN, E_BUSY, E_IO.
 */
enum err listener_bind(const struct listener_address *where, bool is_first, unsigned mode, int *out_fd,
		       struct note *why) must_check;

/* The address a socket is bound to, in the form that listener_parse() reads.  The caller frees it. */
char *listener_bound(int fd);

/* Where the other end of a connection is: a numeric address without port, or "unix". */
enum { LISTENER_PEER_SIZE = 64 };
void listener_peer(int fd, char out[LISTENER_PEER_SIZE]);

/* The user behind a unix connection (SO_PEERCRED).  False: not known. */
bool listener_peer_uid(int fd, unsigned *out_uid);

/* No delay (TCP_NODELAY is inherited by what is accepted). */
void listener_tune(int fd);

#endif
