/* digestfield: a digest that is read is written and read the same. */
#include "common/digestfield.h"

#include "tests/fuzz/fuzz.h"

FUZZ(text)
{
	char formatted[DIGESTFIELD_SIZE];
	struct digestfield field, again;
	struct checksum sum;

	if (digestfield_parse(text, &field) == OK && field.has_sha256) {
		MUST(digestfield_parse(span_of(digestfield_format(&field.sha256, formatted)), &again) == OK);
		MUST(again.has_sha256 && !again.has_sha512 && digest_equal(&field.sha256, &again.sha256));
	}
	(void)digestfield_is_wanted(text);
	if (checksum_parse(text, &sum) == OK)
		MUST(sum.len == 32 || sum.len == 20 || sum.len == 16 || sum.len == 4);
}
