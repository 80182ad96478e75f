/*
 * choice: which server a command speaks to, and as whom.  Option before environment before config (cli.md).
 */
#ifndef CLIENT_CHOICE_H
#define CLIENT_CHOICE_H

#include "client/remote/origin.h"
#include "client/settings.h"

struct choice {
	char *name; /* of the remote; for SYNC_URL its host */
	char *url;  /* of the root, in one spelling: the key of the state */
	struct origin origin;
	char *user, *secret, *pin;      /* NULL: none */
	char *client_cert, *client_key; /* files, to be shown to the server; NULL: none; the key may be in the first */
	bool is_basic, allow_plain, is_from_environment;
};

/*
 * `name`: what -r or an operand names; NULL: SYNC_URL, SYNC_REMOTE, the default remote, the only one.  SYNC_TOKEN,
 * SYNC_TOKEN_FILE, SYNC_PIN, SYNC_USER, SYNC_CLIENT_CERT and SYNC_CLIENT_KEY belong to SYNC_URL if it is set, and then to no other
 * remote.  E_USAGE: there is
 * none, or something about it is wrong; `why` says it.  choice_clear() frees what it holds.
 */
enum err choice_make(const struct settings *c, const char *name, struct choice *out, struct note *why) must_check;
void choice_clear(struct choice *choice);

/* What is wrong with the files of its certificate, if it has one.  E_USAGE. */
enum err choice_check_certificate(const struct choice *choice, struct note *why) must_check;

/*
 * The server of a whole URL: the one of the environment or the config whose tree it is in, else it is spoken to as nobody.  `out_path`:
 * the clean path below its root, which the caller frees.  E_USAGE: no such URL, or it names nothing below a root.
 */
enum err choice_find(const struct settings *c, const char *url, struct choice *out, char **out_path,
		     struct note *why) must_check;

#endif
