/*
 * folderhash: the hash of everything below a collection (store.md, "Folder hash").
 *
 * sum = sum modulo 2^256 of SHA-256(kind | length(name) | name | hash) over the direct members; hash = SHA-256(sum |
 * members).  kind is the byte `f` or `d`, length 2 bytes, sum 32 and members 8 bytes, all big-endian.  Adding, removing
 * or changing a member is one addition and one subtraction.
 */
#ifndef COMMON_FOLDERHASH_H
#define COMMON_FOLDERHASH_H

#include "common/digest.h"

struct folder_sum {
	uint64_t limb[4]; /* the least significant first */
};

/* What one member adds to its collection's sum.  `name` as stored, at most 255 bytes. */
struct folder_sum folder_term(bool is_collection, struct span name, const struct digest *hash);

void folder_add(struct folder_sum *sum, const struct folder_sum *term);
void folder_subtract(struct folder_sum *sum, const struct folder_sum *term);

struct digest folder_hash(const struct folder_sum *sum, int64_t members);

/* 32 bytes, big-endian, and back. */
void folder_sum_write(const struct folder_sum *sum, unsigned char out[DIGEST_SIZE]);
struct folder_sum folder_sum_read(const unsigned char bytes[DIGEST_SIZE]);

#endif
