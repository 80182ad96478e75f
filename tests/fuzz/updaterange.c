/* updaterange: what is taken lies in the file. */
#include "server/dav/updaterange.h"

#include "tests/fuzz/fuzz.h"

FUZZ(text)
{
	static const int64_t sizes[] = { 0, 1, 1000, INT64_MAX };

	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		int64_t first;

		if (updaterange_read(text, sizes[i], 3, &first) == OK)
			MUST(first >= 0 && first <= sizes[i]);
	}
}
