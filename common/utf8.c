#include "common/utf8.h"

#include <assert.h>

int32_t utf8_next(struct span *rest)
{
	/* The least code point that a form of 2, 3 or 4 bytes may stand for; below it the form is overlong. */
	static const int32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *bytes = (const unsigned char *)rest->ptr;
	unsigned first;
	size_t len;
	int32_t code_point;

	assert(rest->len > 0);
	first = bytes[0];
	rest->ptr++;
	rest->len--;
	if (first < 0x80)
		return (int32_t)first;
	len = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
	if (first < 0xc0 || first > 0xf7 || rest->len < len - 1)
		return -1;
	code_point = (int32_t)(first & (0x7fu >> len));
	for (size_t i = 1; i < len; i++) {
		if ((bytes[i] & 0xc0) != 0x80)
			return -1;
		code_point = code_point << 6 | (bytes[i] & 0x3f);
	}
	if (code_point < least[len] || code_point > 0x10ffff || (code_point >= 0xd800 && code_point <= 0xdfff))
		return -1;
	rest->ptr += len - 1;
	rest->len -= len - 1;
	return code_point;
}

bool utf8_is_valid(struct span text)
{
	while (text.len)
		if (utf8_next(&text) < 0)
			return false;
	return true;
}

bool utf8_is_control(int32_t code_point)
{
	return (code_point >= 0 && code_point < 0x20) || (code_point >= 0x7f && code_point <= 0x9f);
}
