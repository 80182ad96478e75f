/*
 * proof: passwords that were lately seen to fit, so that Basic costs no yescrypt a request.  Kept is a MAC of user, password
 * and stored hash under a random key of this process; one that is used up or old is wiped.
 */
#ifndef SERVER_AUTH_PROOF_H
#define SERVER_AUTH_PROOF_H

#include "common/base.h"

enum { PROOF_LIFE_S = 300 };

struct proofs;

struct proofs *proofs_new(void);
void proofs_free(struct proofs *p); /* NULL is fine */

/* Was this password of `user`, whose stored hash is `hash`, seen to fit within PROOF_LIFE_S?  Any thread. */
bool proofs_have(struct proofs *p, const char *user, const char *secret, const char *hash);

/* It was, just now. */
void proofs_add(struct proofs *p, const char *user, const char *secret, const char *hash);

#endif
