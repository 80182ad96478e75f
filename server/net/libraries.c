#include "server/net/libraries.h"

#include <event2/event.h>
#include <openssl/crypto.h>
#include <stdlib.h>

#include "common/memory.h"

static void *crypto_alloc(size_t size_bytes, const char *file not_used, int line not_used)
{
	return size_bytes ? memory_alloc(size_bytes) : NULL;
}

/* CRYPTO_realloc(3): a size of 0 frees. */
static void *crypto_resize(void *old, size_t size_bytes, const char *file not_used, int line not_used)
{
	if (size_bytes)
		return memory_resize(old, size_bytes);
	free(old);
	return NULL;
}

static void crypto_free(void *at, const char *file not_used, int line not_used)
{
	free(at);
}

void libraries_share_memory(void)
{
	event_set_mem_functions(memory_alloc, memory_resize, free);
	(void)CRYPTO_set_mem_functions(crypto_alloc, crypto_resize, crypto_free);
}
