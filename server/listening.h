/*
 * listening: which addresses `serve` listens on, and what they are called in a URL.
 *
 * Inherited sockets win over the config's list, that over the default: port 8443 of every address, or of loopback alone
 * with --no-tls.  Captive mode has a free loopback port, and besides it only what was asked for by name.  A unix socket is
 * for a proxy on this machine and speaks plain HTTP.
 */
#ifndef SERVER_LISTENING_H
#define SERVER_LISTENING_H

#include "server/config.h"

enum { LISTENING_LIMIT = 2 * CONFIG_LISTEN_LIMIT };

struct listening {
	struct server_listen items[LISTENING_LIMIT]; /* addresses borrowed from the config */
	bool is_optional[LISTENING_LIMIT];           /* a default that this machine may lack (IPv6) */
	unsigned count;
};

/*
 * E_USAGE: an inherited descriptor is not fit, or plain HTTP was asked for where strangers could listen in.  Takes the
 * inherited descriptors out of the environment.
 */
enum err listening_choose(const struct config *config, bool no_tls, bool is_captive, struct listening *out,
			  struct note *why) must_check;

/*
 * "https://HOST:PORT/" for an address that was bound; a wildcard is called by the host's name.  A unix socket keeps its
 * name.  The caller frees it.
 */
char *listening_url(const char *bound, bool is_tls);

#endif
