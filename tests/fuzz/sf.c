/* sf: members lie within what came, in its order, and reading ends. */
#include "common/sf.h"

#include "tests/fuzz/fuzz.h"

FUZZ(text)
{
	struct span rest = text;
	struct sf_member member;
	unsigned char bytes[64];
	size_t len;

	for (size_t before = text.len + 1; sf_dict_next(&rest, &member) == SF_MEMBER; before = rest.len) {
		MUST(rest.len < before);
		MUST(member.key.len > 0 && fuzz_is_within(member.key, text) && fuzz_is_within(member.text, text));
		if (member.type == SF_BYTES && sf_decode_bytes(member.text, bytes, sizeof bytes, &len))
			MUST(len <= sizeof bytes && len * 4 <= member.text.len * 3);
	}
}
