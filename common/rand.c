#include "common/rand.h"

#include "common/digest.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

void rand_bytes(void *out, size_t len)
{
	for (size_t got = 0; got < len;) {
		ssize_t n = getrandom((char *)out + got, len - got, 0);

		if (n < 0 && errno != EINTR)
			abort();
		got += n > 0 ? (size_t)n : 0;
	}
}

void rand_hex(char *out, size_t len)
{
	unsigned char bytes[32];

	assert(len <= sizeof bytes);
	rand_bytes(bytes, len);
	hex_encode(bytes, len, out);
	explicit_bzero(bytes, sizeof bytes); /* a token, perhaps */
}
