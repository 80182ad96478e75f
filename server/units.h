/*
 * units: sizes and durations as people write them in a config.
 */
#ifndef SERVER_UNITS_H
#define SERVER_UNITS_H

#include "common/span.h"

/* "512", "64KiB", "32 MiB", "2GiB", "1TiB"; K, M, G, T and KB... mean the same powers of 1024.  False: not a size. */
bool units_read_bytes(struct span text, int64_t *out);

/* "30", "30s", "10m", "24h", "30d", "2w", "1y" (365 days), in seconds.  False: not a duration. */
bool units_read_seconds(struct span text, int64_t *out);

enum { UNITS_TEXT_SIZE = 32 };

/* "4 B", "1.2 KiB", "96 MiB".  Returns `out`. */
const char *units_write_bytes(int64_t bytes, char out[UNITS_TEXT_SIZE]);

/* "12 s", "5 min", "3 h 20 min", "41 d 3 h".  Returns `out`. */
const char *units_write_seconds(int64_t seconds, char out[UNITS_TEXT_SIZE]);

/* "850 us", "1.2 ms", "3.4 s".  Returns `out`. */
const char *units_write_us(int64_t microseconds, char out[UNITS_TEXT_SIZE]);

#endif
