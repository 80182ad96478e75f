/* right: "read:/docs" as a token's scope; what is taken must be a clean path. */
#include "server/auth/rights.h"

#include "common/path.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct store_token t = { .rights_count = 1 };
	struct note why;
	char *prefix = NULL;
	struct access *a;

	if (rights_parse((struct span){ (const char *)data, size }, &t.rights[0], &prefix, &why) != OK)
		return 0;
	if (path_check(span_of(prefix)) != OK)
		abort();
	a = access_new(&t);
	if (access_level(a, span_of(prefix)) < ACCESS_READ || access_level(a, span_of("/")) < ACCESS_WAY)
		abort();
	free(a);
	free(prefix);
	return 0;
}
