/*
 * link: a login link, https://HOST:PORT/#USER:CODE~sha256//PIN= (cli.md, "Login link").
 */
#ifndef CLIENT_LINK_H
#define CLIENT_LINK_H

#include "common/err.h"
#include "common/span.h"

enum { LINK_LIMIT = 4096, LINK_USER_LIMIT = 255, LINK_CODE_LIMIT = 255 };

struct link {
	char *url;         /* what stands before the "#" */
	char *user, *code; /* NULL: there was no "#" */
	char *pin;         /* as pin_parse() gives it; NULL: none */
};

/*
 * Takes a link apart; a plain URL is a link without user, code and pin.  The user is percent-decoded.  E_USAGE: not a
 * link.  link_clear() frees what it holds and forgets the code.
 */
enum err link_parse(struct span text, struct link *out, struct note *why) must_check;
void link_clear(struct link *l);

#endif
