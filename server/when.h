/*
 * when: moments as people type them.
 */
#ifndef SERVER_WHEN_H
#define SERVER_WHEN_H

#include "common/span.h"

/*
 * "2026-01-31", "2026-01-31T12:00", "2026-01-31T12:00:30" with or without "Z" (all of them UTC; a blank may stand for the T), or so
 * long ago: "2h", "30d".  In nanoseconds since 1970.  False: none of them.
 */
bool when_read(struct span text, int64_t *out_ns);

#endif
