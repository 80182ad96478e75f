#include "server/auth/secret.h"

#include "common/rand.h"

#include <string.h>

void secret_new_token(char out[SECRET_TOKEN_SIZE], struct digest *out_digest)
{
	memcpy(out, "sd_", 3);
	rand_hex(out + 3, 32);
	*out_digest = digest_of(out, strlen(out));
}

void secret_new_code(char out[SECRET_CODE_SIZE], struct digest *out_digest)
{
	rand_hex(out, 16);
	*out_digest = digest_of(out, strlen(out));
}

char *secret_id(const struct digest *d, char out[SECRET_ID_SIZE])
{
	hex_encode(d->bytes, SECRET_ID_SIZE / 2, out);
	return out;
}
