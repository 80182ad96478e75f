/*
 * progress: one live line on stderr: bytes, rate, time left.  Only on a terminal, redrawn at most ten times a second,
 * and not at all for what is over within half a second.
 */
#ifndef CLIENT_UI_PROGRESS_H
#define CLIENT_UI_PROGRESS_H

#include "common/base.h"

struct progress;

/* `enabled` false: all calls do nothing. */
struct progress *progress_new(bool enabled);
void progress_free(struct progress *p);

/* That many more bytes will be moved. */
void progress_expect(struct progress *p, int64_t bytes);

/* So many were. */
void progress_moved(struct progress *p, size_t bytes);

/* Draws if it is time. */
void progress_tick(struct progress *p);

/* Takes the line away, so that something else can be printed; the next tick draws it again. */
void progress_clear(struct progress *p);

/* The text of the line for these numbers, at most `columns` wide; for tests.  Returns `out`. */
char *progress_text(int64_t moved, int64_t expected, int64_t elapsed_ms, unsigned columns, char *out, size_t size);

#endif
