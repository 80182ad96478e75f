/*
 * when: times as people and our own protocol write them (RFC 3339, and a little less).
 */
#ifndef COMMON_WHEN_H
#define COMMON_WHEN_H

#include "common/span.h"

enum { WHEN_SIZE = 32 };

/*
 * Reads a moment into nanoseconds since 1970:
 *
 *     2026-11-28T21:30:05Z   2026-11-28T21:30:05.25+01:00   2026-11-28 21:30   2026-11-28
 *
 * A time without a fraction means the end of its second (or minute), so that what a listing shows at 21:30:05 is in the state
 * at that time; a day alone means its first moment.  Without a zone it is UTC; with `is_local` the process's own zone, and then
 * also `now`, `yesterday` (a day ago) and `90s`, `30m`, `2h`, `3d`, `1w`, with or without `ago` after them, counted back from
 * `now_ns`.  False: none of these, or a day that does not exist.
 */
bool when_parse(struct span text, bool is_local, int64_t now_ns, int64_t *out_ns);

/* RFC 3339 in UTC, whole seconds: "2026-11-28T21:30:05Z".  Returns `out`. */
char *when_format(int64_t at_ns, char out[WHEN_SIZE]);

#endif
