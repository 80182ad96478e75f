#include "server/auth/password.h"

#include "common/path.h"
#include "server/auth/secret.h"

#include <crypt.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

static const char METHOD[] = "$y$";

/* A setting of the cost that new passwords get, for who has none to compare with. */
static const char NOBODY[] = "$y$j9T$LdJMENpBABJJ3hIHjB1Bi.";

bool password_is_token(struct span secret)
{
	return secret.len == SECRET_TOKEN_SIZE - 1 && span_starts(secret, "sd_");
}

enum err password_check(struct span text, struct note *why)
{
	if (text.len < PASSWORD_LEAST || text.len > PASSWORD_MOST)
		return note_set(why, E_BAD_REQUEST, "a password has %d to %d bytes", PASSWORD_LEAST, PASSWORD_MOST);
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.ptr[i] < ' ' || text.ptr[i] == 0x7f)
			return note_set(why, E_BAD_REQUEST, "the password holds a control character");
	if (password_is_token(text))
		return note_set(why, E_BAD_REQUEST, "that looks like a token, not like a password");
	return OK;
}

/*
 * Hashes into `out`; the memory it takes is wiped.  In NFC (RFC 7617 §2.1, RFC 8265 §4.2.2): a letter with its accent is one
 * password, whether a keyboard sends one character or two.
 */
static bool hash_with(const char *text, const char *setting, char out[PASSWORD_HASH_SIZE])
{
	void *data = NULL;
	int size = 0;
	char *composed = path_key(span_of(text));
	const char *hash = crypt_ra(composed, setting, &data, &size);
	bool ok = hash && strlen(hash) < PASSWORD_HASH_SIZE;

	if (ok)
		memcpy(out, hash, strlen(hash) + 1);
	if (data && size > 0)
		explicit_bzero(data, (size_t)size);
	explicit_bzero(composed, strlen(composed));
	free(composed);
	free(data);
	return ok;
}

enum err password_hash(const char *text, char out[PASSWORD_HASH_SIZE])
{
	autofree char *setting = crypt_gensalt_ra(METHOD, 0, NULL, 0);

	return setting && hash_with(text, setting, out) ? OK : E_INTERNAL;
}

bool password_matches(const char *text, const char *hash)
{
	char made[PASSWORD_HASH_SIZE] = "";
	size_t len = strlen(hash);
	bool is_same = hash_with(text, len ? hash : NOBODY, made);

	if (!is_same && len) /* the stored one is broken: nobody shall see that by a quick answer */
		(void)!hash_with(text, NOBODY, made);
	is_same = is_same && len && strlen(made) == len && CRYPTO_memcmp(made, hash, len) == 0;
	explicit_bzero(made, sizeof made);
	return is_same;
}
