/*
 * checker: passwords are checked by PAM in processes beside the server, which itself may start none (sandbox.h).
 *
 *     server  --(a socket of the question's own)-->  keeper  --fork-->  one process for that question  -->  PAM
 *
 * The keeper is forked before the server gives up anything, and does no more than start, time and bury the others; it never sees a
 * password.  So whatever a module does, wait, leak, crash, ends with its question.
 */
#ifndef SERVER_AUTH_CHECKER_H
#define SERVER_AUTH_CHECKER_H

#include "common/err.h"

enum { CHECKER_DEADLINE_MS = 10000, CHECKER_AT_ONCE = 8 };

struct checker;

/*
 * Forks the keeper, for the PAM service `service` (pam.h), with the identity that the caller has now: what may be asked of PAM
 * depends on it.  Before any thread.  E_IO with the reason.
 */
enum err checker_start(const char *service, struct checker **out, struct note *why) must_check;

/* The keeper ends, and with it who still asks.  NULL is fine. */
void checker_free(struct checker *c);

struct checker_question {
	const char *user;    /* NULL: nobody; PAM is asked all the same, about a name that no system has */
	const char *secret;  /* of at most PASSWORD_MOST bytes */
	const char *address; /* whence */
};

/*
 * Blocks, up to a little more than CHECKER_DEADLINE_MS; any thread, CHECKER_AT_ONCE of them are answered side by side.
 * E_UNAUTHENTICATED: no; E_BUSY: nobody can say, which is logged as an error, once a minute.
 */
enum err checker_ask(struct checker *c, const struct checker_question *q) must_check;

#endif
