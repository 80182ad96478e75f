#include "common/digest.h"

#include <openssl/evp.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/*
 * Fetched once: EVP_sha256() would look the implementation up in the provider at every EVP_DigestInit (OpenSSL 3),
 * which costs more than hashing a small file.
 */
static const EVP_MD *sha256;

static void fetch(void)
{
	sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	if (!sha256)
		abort();
}

struct hasher {
	EVP_MD_CTX *ctx;
};

struct hasher *hasher_new(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct hasher *h = xcalloc(1, sizeof *h);

	pthread_once(&once, fetch);
	h->ctx = EVP_MD_CTX_new();
	if (!h->ctx || !EVP_DigestInit_ex(h->ctx, sha256, NULL))
		abort();
	return h;
}

void hasher_free(struct hasher *h)
{
	if (!h)
		return;
	EVP_MD_CTX_free(h->ctx);
	free(h);
}

void hasher_add(struct hasher *h, const void *bytes, size_t len)
{
	if (!EVP_DigestUpdate(h->ctx, bytes, len))
		abort();
}

struct digest hasher_finish(struct hasher *h)
{
	struct digest d;

	if (!EVP_DigestFinal_ex(h->ctx, d.bytes, NULL) || !EVP_DigestInit_ex(h->ctx, NULL, NULL))
		abort();
	return d;
}

struct digest digest_of(const void *bytes, size_t len)
{
	struct hasher *h = hasher_new();
	struct digest d;

	hasher_add(h, bytes, len);
	d = hasher_finish(h);
	hasher_free(h);
	return d;
}

bool digest_equal(const struct digest *a, const struct digest *b)
{
	return memcmp(a->bytes, b->bytes, DIGEST_SIZE) == 0;
}

void hex_encode(const void *bytes, size_t len, char *out)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *b = bytes;

	for (size_t i = 0; i < len; i++) {
		*out++ = digits[b[i] >> 4];
		*out++ = digits[b[i] & 15];
	}
	*out = '\0';
}

static int hex_value(char ch)
{
	if (ch >= '0' && ch <= '9')
		return ch - '0';
	ch |= 32;
	return ch >= 'a' && ch <= 'f' ? ch - 'a' + 10 : -1;
}

bool hex_decode(struct span hex, void *out, size_t len)
{
	unsigned char *o = out;

	if (hex.len != 2 * len)
		return false;
	for (size_t i = 0; i < len; i++) {
		int high = hex_value(hex.ptr[2 * i]), low = hex_value(hex.ptr[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		o[i] = (unsigned char)(high << 4 | low);
	}
	return true;
}

char *digest_hex(const struct digest *d, char out[DIGEST_HEX_SIZE])
{
	hex_encode(d->bytes, DIGEST_SIZE, out);
	return out;
}

char *digest_etag(const struct digest *d, char out[DIGEST_ETAG_SIZE])
{
	out[0] = '"';
	hex_encode(d->bytes, DIGEST_SIZE, out + 1);
	out[DIGEST_HEX_SIZE] = '"';
	out[DIGEST_HEX_SIZE + 1] = '\0';
	return out;
}

bool digest_from_hex(struct span hex, struct digest *out)
{
	return hex_decode(hex, out->bytes, DIGEST_SIZE);
}
