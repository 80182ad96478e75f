#include "server/dav/bodycheck.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "common/digestfield.h"

/*
 * Two fields with two digests each and one checksum are the most that can be declared.  SHA-256 is compared with what the
 * upload computed anyway; each other hash is computed beside it, and only when it was named.
 */
enum { WANTED_MAX = 5 };

struct wanted {
	EVP_MD_CTX *ctx; /* NULL: SHA-256, known without work */
	unsigned char bytes[EVP_MAX_MD_SIZE];
	size_t len;
};

struct bodycheck {
	struct wanted wanted[WANTED_MAX];
	unsigned count;
};

static void want(struct bodycheck *b, const EVP_MD *md, const void *bytes, size_t len)
{
	struct wanted *w = &b->wanted[b->count++];

	memcpy(w->bytes, bytes, len);
	w->len = len;
	if (!md)
		return;
	w->ctx = EVP_MD_CTX_new();
	if (!w->ctx || !EVP_DigestInit_ex(w->ctx, md, NULL))
		abort();
}

/* RFC 9530: without a content coding, which PUT refuses, both fields are over the same bytes. */
static enum err read_digest_field(struct bodycheck *b, struct span value)
{
	struct digestfield field;
	enum err e;

	if (!value.ptr)
		return OK;
	if ((e = digestfield_parse(value, &field)) != OK)
		return e;
	if (field.has_sha256)
		want(b, NULL, field.sha256.bytes, DIGEST_SIZE);
	if (field.has_sha512)
		want(b, EVP_sha512(), field.sha512, DIGESTFIELD_SHA512_SIZE);
	return OK;
}

static enum err read_checksum(struct bodycheck *b, struct span value)
{
	struct checksum sum;
	enum err e;

	if (!value.ptr)
		return OK;
	if ((e = checksum_parse(value, &sum)) != OK)
		return e == E_NOT_FOUND ? OK : e; /* an algorithm nobody here knows proves nothing, like no field */
	switch (sum.kind) {
	case CHECKSUM_SHA256:
		want(b, NULL, sum.bytes, sum.len);
		break;
	case CHECKSUM_SHA1:
		want(b, EVP_sha1(), sum.bytes, sum.len);
		break;
	case CHECKSUM_MD5:
		want(b, EVP_md5(), sum.bytes, sum.len);
		break;
	case CHECKSUM_ADLER32:
		break; /* 32 bits beside the SHA-256 that every client can compare: not worth a library */
	}
	return OK;
}

enum err bodycheck_new(struct req *r, struct bodycheck **out, const char **why)
{
	struct bodycheck *b = xcalloc(1, sizeof *b);

	*out = NULL;
	if (read_digest_field(b, req_header(r, "Repr-Digest")) != OK)
		*why = "Repr-Digest cannot be read";
	else if (read_digest_field(b, req_header(r, "Content-Digest")) != OK)
		*why = "Content-Digest cannot be read";
	else if (read_checksum(b, req_header(r, "OC-Checksum")) != OK)
		*why = "OC-Checksum cannot be read";
	if (*why) {
		bodycheck_free(b);
		return E_BAD_REQUEST;
	}
	if (b->count)
		*out = b;
	else
		bodycheck_free(b);
	return OK;
}

void bodycheck_free(struct bodycheck *b)
{
	if (!b)
		return;
	for (unsigned i = 0; i < b->count; i++)
		EVP_MD_CTX_free(b->wanted[i].ctx);
	free(b);
}

void bodycheck_add(struct bodycheck *b, const void *bytes, size_t len)
{
	for (unsigned i = 0; b && i < b->count; i++)
		if (b->wanted[i].ctx && !EVP_DigestUpdate(b->wanted[i].ctx, bytes, len))
			abort();
}

enum err bodycheck_finish(struct bodycheck *b, const struct digest *digest, const char **why)
{
	for (unsigned i = 0; b && i < b->count; i++) {
		struct wanted *w = &b->wanted[i];
		unsigned char got[EVP_MAX_MD_SIZE];

		if (!w->ctx)
			memcpy(got, digest->bytes, DIGEST_SIZE);
		else if (!EVP_DigestFinal_ex(w->ctx, got, NULL))
			abort();
		if (memcmp(got, w->bytes, w->len) != 0) {
			*why = "the body does not fit the digest that was declared for it";
			return E_BAD_REQUEST;
		}
	}
	return OK;
}

struct store_sums bodycheck_sums(const struct bodycheck *b)
{
	struct store_sums sums = { .has_sha1 = false };

	for (unsigned i = 0; b && i < b->count; i++) {
		const struct wanted *w = &b->wanted[i];

		if (w->len == STORE_SHA1_SIZE) {
			sums.has_sha1 = true;
			memcpy(sums.sha1, w->bytes, w->len);
		} else if (w->len == STORE_MD5_SIZE) {
			sums.has_md5 = true;
			memcpy(sums.md5, w->bytes, w->len);
		}
	}
	return sums;
}
