/*
 * verifier: checks passwords on threads of its own, so that neither a loop nor the workers that the disk is waited for on have
 * to stand in line behind who guesses passwords.
 */
#ifndef SERVER_AUTH_VERIFIER_H
#define SERVER_AUTH_VERIFIER_H

#include "server/auth/proof.h"
#include "server/http/req.h"
#include "server/store/store_access.h"

enum { VERIFIER_QUEUE_LIMIT = 256 };

/* One password to be checked; belongs to the caller, but to the verifier until the ticket was posted. */
struct verification {
	const char *user, *secret;      /* the caller's */
	char hash[STORE_PASSWORD_SIZE]; /* what it should match; "": nothing, after the same time */
	bool matches;                   /* the answer */
	struct req_ticket *ticket;      /* posted when it is known */
	struct verification *next;
};

struct verifier;

/* Threads are started when first needed.  `proofs`, borrowed: asked first, and told what fits. */
struct verifier *verifier_new(struct proofs *proofs);

/* Nothing may wait any more.  NULL is fine. */
void verifier_free(struct verifier *v);

/* Is there room for one more?  Never blocks; any thread. */
bool verifier_has_room(struct verifier *v);

/* Queues it.  Never blocks; any thread.  Without any thread to be had, the answer is no. */
void verifier_put(struct verifier *v, struct verification *job);

#endif
