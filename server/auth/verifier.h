/*
 * verifier: checks passwords on threads of its own, so that neither a loop nor the workers that the disk is waited for on have
 * to stand in line behind who guesses passwords.  The store's own hash is asked first, then, where there is one, PAM, on threads
 * that may wait for long.
 */
#ifndef SERVER_AUTH_VERIFIER_H
#define SERVER_AUTH_VERIFIER_H

#include "server/auth/checker.h"
#include "server/http/req.h"
#include "server/store/store_access.h"

enum { VERIFIER_QUEUE_LIMIT = 256 };

/* One password to be checked; belongs to the caller, but to the verifier until the ticket was posted. */
struct verification {
	const char *user, *secret;      /* the caller's */
	bool is_nobody;                 /* there is no such user: the answer is no, after the same time */
	const char *address;            /* of the client; for PAM */
	char hash[STORE_PASSWORD_SIZE]; /* what it should match; "": nothing, after the same time */
	enum err answer;                /* OK, E_UNAUTHENTICATED; E_BUSY: too many wait, or PAM cannot say */
	struct req_ticket *ticket;      /* posted when it is known */
	struct verification *next;
};

struct verifier;

/* Threads are started when first needed.  `checker`, borrowed: how PAM is asked; NULL: it is not. */
struct verifier *verifier_new(struct checker *checker);

/* Nothing may wait any more.  NULL is fine. */
void verifier_free(struct verifier *v);

/* Was this password of `user`, whose stored hash is `hash`, seen to fit within PROOF_LIFE_S (proof.h)?  Never blocks; any thread. */
bool verifier_knows(struct verifier *v, const char *user, const char *secret, const char *hash);

/* Is there room for one more?  Never blocks; any thread. */
bool verifier_has_room(struct verifier *v);

/* Queues it.  Never blocks; any thread.  Without any thread to be had, the answer is E_BUSY. */
void verifier_put(struct verifier *v, struct verification *job);

#endif
