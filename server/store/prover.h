/*
 * prover: the thread that reads large contents to their end, once a day each, to see whether they still are what they were
 * (store_proof.h has what others see of it).
 *
 * It goes round: some of each in turn, so that a small one does not wait for a huge one.  Whoever waits for a content that is being read
 * waits with the others.  One that nobody waits for any more is read on: who comes back finds it proved, or further on.
 */
#ifndef SERVER_STORE_PROVER_H
#define SERVER_STORE_PROVER_H

#include "server/store/state.h"
#include "server/store/store_proof.h"

struct prover;

/* Starts the thread. */
enum err prover_start(struct store *s, struct prover **out) must_check;

/* Ends it; who still waits is told E_BUSY.  Before the committer ends.  NULL is fine. */
void prover_free(struct prover *p);

#endif
