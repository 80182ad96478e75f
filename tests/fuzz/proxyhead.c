/* The PROXY header: whatever comes, no more is asked for than a header may hold, and who is named is a numeric address. */
#include "server/net/proxyhead.h"

#include "server/net/cidr.h"
#include "tests/fuzz/fuzz.h"

FUZZ(input)
{
	char peer[PROXYHEAD_PEER_SIZE] = "";
	size_t have = 0, want = 0;
	enum proxyhead_result result;

	while ((result = proxyhead_scan((struct span){ input.ptr, have }, &want, peer)) == PROXYHEAD_MORE &&
	       have < input.len) {
		MUST(want > 0 && have + want <= PROXYHEAD_LIMIT);
		have = MIN(have + want, input.len);
	}
	if (result == PROXYHEAD_DONE)
		MUST(!peer[0] || cidr_is_address(span_of(peer)));
}
