/* basic: an Authorization value; what is read must be text without NUL that lies within what came. */
#include "server/auth/basic.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	char *text = malloc(size ? size : 1); /* of this very size, so that a byte too far is seen */
	struct basic b;

	memcpy(text, data, size);
	if (basic_read((struct span){ text, size }, arena, &b)) {
		if (strlen(b.user) + strlen(b.secret) + 1 > size)
			abort();
		(void)!basic_is_user(b.user, "ann");
	}
	free(text);
	arena_free(arena);
	return 0;
}
