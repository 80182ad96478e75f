#include "server/auth/proof.h"

#include "common/clock.h"
#include "common/rand.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_SIZE = 32, MAC_SIZE = 32, ROWS = 256, WAYS = 4, TEXT_MAX = 1024 };

struct row {
	unsigned char mac[MAC_SIZE];
	int64_t until_ns; /* 0: free */
};

struct proofs {
	unsigned char key[KEY_SIZE];
	pthread_mutex_t lock;
	struct row rows[ROWS][WAYS];
};

struct proofs *proofs_new(void)
{
	struct proofs *p = xcalloc(1, sizeof *p);

	rand_bytes(p->key, sizeof p->key);
	pthread_mutex_init(&p->lock, NULL);
	return p;
}

void proofs_free(struct proofs *p)
{
	if (!p)
		return;
	pthread_mutex_destroy(&p->lock);
	explicit_bzero(p, sizeof *p);
	free(p);
}

/* A NUL between the three: none of them holds one.  False: they are longer than anything that could fit. */
static bool make_mac(const struct proofs *p, const char *user, const char *secret, const char *hash,
		     unsigned char out[MAC_SIZE])
{
	size_t user_len = strlen(user) + 1, secret_len = strlen(secret) + 1, hash_len = strlen(hash);
	char text[TEXT_MAX], *end = text;
	bool ok;

	if (user_len + secret_len + hash_len > sizeof text)
		return false;
	end = mempcpy(end, user, user_len);
	end = mempcpy(end, secret, secret_len);
	end = mempcpy(end, hash, hash_len);
	ok = HMAC(EVP_sha256(), p->key, KEY_SIZE, (unsigned char *)text, (size_t)(end - text), out, NULL) != NULL;
	explicit_bzero(text, sizeof text);
	return ok;
}

/* The row of that MAC, if its time is not over; what is over is wiped on the way. */
static struct row *find(struct proofs *p, const unsigned char mac[MAC_SIZE], int64_t now_ns)
{
	struct row *found = NULL;

	for (size_t i = 0; i < WAYS; i++) {
		struct row *row = &p->rows[mac[0]][i];

		if (row->until_ns && row->until_ns <= now_ns)
			explicit_bzero(row, sizeof *row);
		if (row->until_ns && CRYPTO_memcmp(row->mac, mac, MAC_SIZE) == 0)
			found = row;
	}
	return found;
}

bool proofs_have(struct proofs *p, const char *user, const char *secret, const char *hash)
{
	unsigned char mac[MAC_SIZE];
	bool has;

	if (!hash[0] || !make_mac(p, user, secret, hash, mac))
		return false;
	pthread_mutex_lock(&p->lock);
	has = find(p, mac, clock_monotonic_ns()) != NULL;
	pthread_mutex_unlock(&p->lock);
	return has;
}

void proofs_add(struct proofs *p, const char *user, const char *secret, const char *hash)
{
	unsigned char mac[MAC_SIZE];
	int64_t now_ns = clock_monotonic_ns();
	struct row *row;

	if (!hash[0] || !make_mac(p, user, secret, hash, mac))
		return;
	pthread_mutex_lock(&p->lock);
	row = find(p, mac, now_ns);
	for (size_t i = 0; !row && i < WAYS; i++)
		if (!p->rows[mac[0]][i].until_ns)
			row = &p->rows[mac[0]][i];
	if (!row) { /* the one that ends first makes room */
		row = &p->rows[mac[0]][0];
		for (size_t i = 1; i < WAYS; i++)
			if (p->rows[mac[0]][i].until_ns < row->until_ns)
				row = &p->rows[mac[0]][i];
	}
	memcpy(row->mac, mac, MAC_SIZE);
	row->until_ns = now_ns + PROOF_LIFE_S * NS_PER_S;
	pthread_mutex_unlock(&p->lock);
}
