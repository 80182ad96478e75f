/*
 * settings: what of the config a running server works by, made ready for use; replaced as a whole by a reload.
 *
 * Read on loops, by whoever finds them through app, and not kept beyond the loop's turn: server_apply() says when nobody has
 * the old ones any more.
 */
#ifndef SERVER_SETTINGS_H
#define SERVER_SETTINGS_H

#include "server/browser.h"
#include "server/config.h"
#include "server/dav/methods.h"
#include "server/net/tls.h"

struct settings {
	const struct config *config;
	struct config *owned; /* the same, if it goes with these settings */
	struct tls *tls;      /* NULL: no TLS here */
	char *pin;            /* of its key; NULL without TLS */
	bool needs_pin;       /* no authority vouches for the key */
	struct browser_origins origins;
	struct cidr_list proxies;
	struct dav_options dav;
};

/*
 * Reads certificate and key: the configured pair, else the service manager's (tls_tls.crt and tls_tls.key in
 * $CREDENTIALS_DIRECTORY), else the store's own in `folder`, which is made first if `makes_key` (`out_made_key`: it was).
 * `config` is borrowed, or taken in every case if `owns`.  E_NOT_FOUND, E_FORBIDDEN, E_BAD_REQUEST, E_USAGE with the file in
 * `why`.  Blocks.
 */
struct settings_options {
	const char *folder;
	bool no_tls, makes_key, owns;
};
enum err settings_new(struct config *config, const struct settings_options *options, struct settings **out,
		      bool *out_made_key, struct note *why) must_check;

/* NULL is fine. */
void settings_free(struct settings *s);

#endif
