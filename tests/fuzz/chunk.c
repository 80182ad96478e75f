/*
 * The chunked coding: however the bytes are cut, content, verdict and what is left behind are the same; and content never
 * grows beyond what came.
 */
#include "server/net/chunk.h"

#include <string.h>

#include "tests/fuzz/fuzz.h"

struct decoded {
	enum chunk_result result;
	size_t len, used;
	uint32_t sum;
};

static struct decoded decode(struct span all, size_t step)
{
	struct decoded d = { .result = CHUNK_MORE };
	struct chunk c = { 0 };

	for (size_t at = 0; at < all.len && d.result == CHUNK_MORE; at += step) {
		struct span in = { all.ptr + at, MIN(step, all.len - at) }, run;
		size_t given = in.len;

		while ((d.result = chunk_next(&c, &in, &run)) == CHUNK_DATA) {
			MUST(run.len > 0);
			d.len += run.len;
			for (size_t i = 0; i < run.len; i++)
				d.sum = d.sum * 31 + (uint8_t)run.ptr[i];
		}
		d.used += given - in.len;
	}
	MUST(d.len <= d.used && d.used <= all.len);
	return d;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span all = { (const char *)data + 1, size - 1 };
	struct decoded whole, cut;

	if (size < 2)
		return 0;
	whole = decode(all, all.len);
	cut = decode(all, 1u + data[0] % 32);
	MUST(whole.result == cut.result && whole.len == cut.len && whole.used == cut.used && whole.sum == cut.sum);
	return 0;
}
