/*
 * store_proof: a large content is read to its end and compared with its digest while it is already on its way to somebody, who holds
 * back the last of it until it is known to be good.  So rot is never given away whole, and nobody waits for the first byte.
 */
#ifndef SERVER_STORE_STORE_PROOF_H
#define SERVER_STORE_STORE_PROOF_H

#include "server/store/store.h"

/*
 * As store_content_open(), but what is large is not proved: `out_is_proved` false says that store_proof_begin() has to be.  Short, unless
 * the content is small and not proved yet (store_content_is_proved()).
 */
enum err store_content_open_early(struct store *s, const struct store_node *node, struct store_content *out,
				  bool *out_is_proved) must_check;

/* Somebody who waits for a verdict; his memory, until `done` was called or store_proof_end() said so. */
struct store_proof {
	struct store_proof *next;
	struct digest digest;
	/*
	 * Once, on an unspecified thread, short: OK, it is good; E_CORRUPT: it is not, and is marked from now on; E_IO: it cannot be
	 * read; E_BUSY: the store closes, or too many are being proved.
	 */
	void (*done)(void *arg, enum err verdict);
	void *arg;
};

/*
 * Waits for the content of `c`, which store_content_open_early() opened for `digest`.  `done` may be called from inside.  Any
 * thread; does not block.
 */
void store_proof_begin(struct store *s, const struct store_content *c, const struct digest *digest,
		       struct store_proof *proof);

/* Waits no more.  False: `done` was called, or is being. */
bool store_proof_end(struct store *s, struct store_proof *proof) must_check;

#endif
