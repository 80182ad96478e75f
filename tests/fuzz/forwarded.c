/* Forwarded and its kin, a field a line: the client that is found is a numeric address of the fields' own bytes. */
#include "server/http/forwarded.h"

#include "tests/fuzz/fuzz.h"

FUZZ(input)
{
	struct span rest = input, line[4] = { { NULL, 0 } };
	struct cidr_list proxies = { .count = 0 };
	struct forwarded f;

	if (cidr_add(&proxies, span_of("10.0.0.0/8")) != OK)
		abort();
	for (size_t i = 0; i < ARRAY_LEN(line); i++)
		if (!span_cut(&rest, '\n', &line[i]))
			line[i].ptr = NULL;
	forwarded_read(&(struct forwarded_fields){ line[0], line[1], line[2], line[3] }, &proxies, &f);
	MUST(fuzz_is_within(f.peer, input) && fuzz_is_within(f.host, input));
	MUST(!f.peer.len || cidr_is_address(f.peer));
}
