/*
 * httpdate: dates of HTTP (RFC 9110 §5.6.7).
 */
#ifndef COMMON_HTTPDATE_H
#define COMMON_HTTPDATE_H

#include "common/span.h"

enum { HTTPDATE_SIZE = 30 };

/* IMF-fixdate, "Sun, 06 Nov 1994 08:49:37 GMT" and a NUL; years outside 1..9999 are clamped.  Returns `out`. */
char *httpdate_format(int64_t seconds, char out[HTTPDATE_SIZE]);

/*
 * Reads IMF-fixdate and the two obsolete forms (RFC 850, asctime) into seconds since 1970.  False: not a date.  A
 * two-digit year more than 50 years ahead of `now_s` lies in the past (§5.6.7).
 */
bool httpdate_parse(struct span text, int64_t now_s, int64_t *out);

#endif
