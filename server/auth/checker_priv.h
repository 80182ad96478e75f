/* checker_priv: what the server's end of the checker (checker.c) and the keeper's (checker_keeper.c) agree on. */
#ifndef SERVER_AUTH_CHECKER_PRIV_H
#define SERVER_AUTH_CHECKER_PRIV_H

#include "server/auth/checker.h"
#include "server/auth/password.h"
#include "server/store/store_access.h"

/* Each is one packet on the question's own socket (SOCK_SEQPACKET), whole or not at all. */
struct checker_packet {
	char user[STORE_USER_SIZE], secret[PASSWORD_MOST + 1], address[64];
};
struct checker_verdict {
	enum err error;
	struct note why;
};

/* The keeper: takes sockets of questions from `control` until the server has closed its end, then ends the process. */
_Noreturn void checker_keep(int control, const char *service);

#endif
