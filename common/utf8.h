/*
 * utf8: strict UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF.
 */
#ifndef COMMON_UTF8_H
#define COMMON_UTF8_H

#include "common/span.h"

/*
 * Cuts the first character off `rest` (which must not be empty) and returns its code point.  -1: the bytes at the front
 * are not a character; then exactly one byte was cut.
 */
int32_t utf8_next(struct span *rest);

/* Valid UTF-8 as a whole?  Empty text is. */
bool utf8_is_valid(struct span text);

/* A control character: U+0000 to U+001F or U+007F to U+009F. */
bool utf8_is_control(int32_t code_point);

#endif
