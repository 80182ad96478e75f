/*
 * A connection by way of a proxy that sends the PROXY protocol's header first.  It is read straight from the socket, exactly
 * as long as it is: what follows may be TLS, which OpenSSL reads for itself.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/log.h"
#include "server/net/wire_priv.h"

_Static_assert((int)PROXYHEAD_PEER_SIZE <= (int)LISTENER_PEER_SIZE,
	       "a proxy's client fits where the peer's address is");

static bool refuse(struct wire *w, const char *why)
{
	log_warning("refuse peer=%s proxy_protocol=%s", w->peer, QUOTED(why));
	wire_forget_input(w);
	wire_drop(w);
	return false;
}

/* Up to `want` bytes more into the input.  False: none for now, or the connection is over. */
static bool read_more(struct wire *w, size_t want)
{
	ssize_t n;

	if (!w->in.size) {
		w->in.size = PROXYHEAD_LIMIT;
		w->in.data = xmalloc(w->in.size);
	}
	if (want > w->in.size - w->in.end)
		return refuse(w, "the header is too long");
	do
		n = recv(w->stream.fd, w->in.data + w->in.end, want, 0);
	while (n < 0 && errno == EINTR);
	if (n > 0) {
		w->in.end += (size_t)n;
		w->stream.bytes_in += (uint64_t)n;
		return true;
	}
	if (n == 0 || (errno != EAGAIN && errno != EWOULDBLOCK)) {
		wire_forget_input(w);
		wire_drop(w);
	}
	return false;
}

bool wire_take_proxy(struct wire *w)
{
	char peer[PROXYHEAD_PEER_SIZE];
	size_t want;

	/* Who may come by a unix socket its file's mode says. */
	if (strcmp(w->peer, "unix") != 0 && !cidr_has(&w->carrier->trusted, span_of(w->peer)))
		return refuse(w, "not from a trusted proxy");
	for (;;) {
		struct span seen = { w->in.size ? w->in.data : "", w->in.end };

		switch (proxyhead_scan(seen, &want, peer)) {
		case PROXYHEAD_MORE:
			if (!read_more(w, want))
				return false;
			break;
		case PROXYHEAD_REFUSED:
			return refuse(w, "no header of it");
		case PROXYHEAD_DONE:
			wire_forget_input(w);
			if (peer[0])
				memcpy(w->peer, peer, sizeof peer);
			wire_begin(w);
			return w->state != WIRE_DEAD;
		}
	}
}
