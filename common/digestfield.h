/*
 * digestfield: digests in header fields: Repr-Digest, Content-Digest and what asks for them (RFC 9530), and OC-Checksum
 * of ownCloud's clients.
 */
#ifndef COMMON_DIGESTFIELD_H
#define COMMON_DIGESTFIELD_H

#include "common/digest.h"
#include "common/err.h"

enum { DIGESTFIELD_SIZE = 55, DIGESTFIELD_SHA512_SIZE = 64 };

/* What a digest field says; other algorithms than these two are ignored, as §2 wants. */
struct digestfield {
	bool has_sha256, has_sha512;
	struct digest sha256;
	unsigned char sha512[DIGESTFIELD_SHA512_SIZE];
};

/*
 * Reads the value of Repr-Digest or Content-Digest; several lines joined by ", ".  E_BAD_REQUEST: not a dictionary, or a
 * digest of ours that is not bytes of its length.
 */
enum err digestfield_parse(struct span value, struct digestfield *out) must_check;

/* The value of a field with the one digest: "sha-256=:...:" and a NUL.  Returns `out`. */
char *digestfield_format(const struct digest *d, char out[DIGESTFIELD_SIZE]);

/*
 * Does Want-Repr-Digest or Want-Content-Digest ask for sha-256 (§4: a weight from 1 to 10)?  What is malformed asks for
 * nothing; ptr NULL: absent.
 */
bool digestfield_is_wanted(struct span value);

enum checksum_kind { CHECKSUM_SHA256, CHECKSUM_SHA1, CHECKSUM_MD5, CHECKSUM_ADLER32 };

struct checksum {
	enum checksum_kind kind;
	size_t len; /* 32, 20, 16, 4 */
	unsigned char bytes[DIGEST_SIZE];
};

/*
 * Reads "SHA1:da39a3...": the algorithm in any letter case.  E_NOT_FOUND: well-formed, but an algorithm that is not in
 * the table; E_BAD_REQUEST: not a checksum, or not of the algorithm's length (ADLER32 may lack leading zeros).
 */
enum err checksum_parse(struct span value, struct checksum *out) must_check;

#endif
