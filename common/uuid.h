/*
 * uuid: UUIDs as URIs, "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6" (RFC 9562 §4): tokens of locks, ids of resources.
 */
#ifndef COMMON_UUID_H
#define COMMON_UUID_H

#include "common/span.h"

enum { UUID_SIZE = 16, UUID_URI_SIZE = 9 + 36 + 1 };

/* Writes the URI, in lower case, and a NUL.  Returns `out`. */
char *uuid_write(const unsigned char uuid[UUID_SIZE], char out[UUID_URI_SIZE]);

/* Reads one, in any letter case, hyphens where they belong.  False: another URI; `out` is undefined then. */
bool uuid_read(struct span uri, unsigned char out[UUID_SIZE]);

#endif
