/*
 * human: numbers and foreign text as people read them.
 */
#ifndef CLIENT_UI_HUMAN_H
#define CLIENT_UI_HUMAN_H

#include "common/span.h"

enum { HUMAN_SIZE = 24 };

/* "4 B", "1.2 KiB", "96 MiB": at most one decimal, binary prefixes.  Returns `out`. */
char *human_bytes(int64_t bytes, char out[HUMAN_SIZE]);

/* "3 s", "2 min", "1 h 5 min".  Returns `out`. */
char *human_seconds(int64_t seconds, char out[HUMAN_SIZE]);

/* "just now", "2 min ago", "5 h ago", "12 days ago", and before that the day: "2026-01-31".  Returns `out`. */
char *human_ago(int64_t at_s, int64_t now_s, char out[HUMAN_SIZE]);

/*
 * Text fit for a terminal: as it is, or in double quotes with C escapes if it holds control characters or invalid UTF-8
 * (a name must not be able to write to somebody's screen).  The caller frees it.
 */
char *human_quoted(const char *text);

/* Columns it takes on a terminal (UTF-8). */
size_t human_width(const char *text);

#endif
