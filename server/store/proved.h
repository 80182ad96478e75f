/*
 * proved: contents that were read back and fitted their digest, today.  So each is proved before it is served, once a day, and what
 * is served again costs nothing more.
 *
 * A table of fixed size: what another content's mark took the place of is proved once more.  Any thread, no lock.
 */
#ifndef SERVER_STORE_PROVED_H
#define SERVER_STORE_PROVED_H

#include "common/digest.h"

struct proved;

struct proved *proved_new(void);
void proved_free(struct proved *p);

bool proved_has(struct proved *p, const struct digest *d);
void proved_add(struct proved *p, const struct digest *d);

#endif
