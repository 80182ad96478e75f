/*
 * rand: random bytes from the kernel (getrandom), for secrets, ids and names of temporaries.
 */
#ifndef COMMON_RAND_H
#define COMMON_RAND_H

#include "common/base.h"

/* Fills `out` with random bytes fit for secrets.  Aborts if the kernel has none to give. */
void rand_bytes(void *out, size_t len);

/* 2 * `len` lower-case hex digits and a NUL from `len` random bytes into `out`; `len` at most 32. */
void rand_hex(char *out, size_t len);

#endif
