/* synctoken: any text as a sync-token; one that is taken is written back as it was. */
#include "server/store/synctoken.h"

#include "tests/fuzz/fuzz.h"

FUZZ(input)
{
	struct sync_token t;
	char same[STORE_SYNC_TOKEN_SIZE];

	if (!sync_token_read(input, &t))
		return;
	MUST(span_is(input, sync_token_write(&t, same)));
	MUST(t.number >= 0 && t.cursor.from >= 0 && t.cursor.seq >= 0 && t.cursor.node >= 0 && t.cursor.at >= 0);
}
