/*
 * digest: SHA-256, the identity of every content.  The strong ETag of a file is its digest in quoted hex.
 */
#ifndef COMMON_DIGEST_H
#define COMMON_DIGEST_H

#include "common/span.h"

enum { DIGEST_SIZE = 32, DIGEST_HEX_SIZE = 65, DIGEST_ETAG_SIZE = 67 };

struct digest {
	unsigned char bytes[DIGEST_SIZE];
};

/* The digest of `len` bytes in memory. */
struct digest digest_of(const void *bytes, size_t len);

bool digest_equal(const struct digest *a, const struct digest *b);

/* 64 lower-case hex digits and a NUL.  Returns `out`. */
char *digest_hex(const struct digest *d, char out[DIGEST_HEX_SIZE]);

/* The strong entity tag: the hex digits in double quotes and a NUL (RFC 9110 §8.8.3).  Returns `out`. */
char *digest_etag(const struct digest *d, char out[DIGEST_ETAG_SIZE]);

/* Exactly 64 hex digits, either case.  False: not a digest. */
bool digest_from_hex(struct span hex, struct digest *out);

/* 2 * len lower-case hex digits and a NUL. */
void hex_encode(const void *bytes, size_t len, char *out);

/* Reads 2 * `len` hex digits.  False: other length or other characters. */
bool hex_decode(struct span hex, void *out, size_t len);

/* A digest that grows as bytes come.  One thread at a time. */
struct hasher;

struct hasher *hasher_new(void);
void hasher_free(struct hasher *h);
void hasher_add(struct hasher *h, const void *bytes, size_t len);

/* The digest of all that was added; the hasher starts over. */
struct digest hasher_finish(struct hasher *h);

#endif
