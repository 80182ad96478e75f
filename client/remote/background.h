/*
 * background: a few threads for steps that wait for the disk, so that transfers go on meanwhile.  For http.c only.
 */
#ifndef CLIENT_REMOTE_BACKGROUND_H
#define CLIENT_REMOTE_BACKGROUND_H

#include "common/base.h"

struct background;

typedef void background_fn(void *arg);

/* `wake(wake_arg)` is called on a thread of ours whenever something was finished.  Threads start when there is work. */
struct background *background_new(background_fn *wake, void *wake_arg);

/* Waits for what is running; what is finished and not collected is forgotten.  NULL is fine. */
void background_free(struct background *b);

/* Runs `work(arg)` on a thread; then background_collect() calls `done(arg)`. */
void background_add(struct background *b, background_fn *work, background_fn *done, void *arg);

/* Calls `done` of everything that is finished, on the caller's thread; returns how many. */
size_t background_collect(struct background *b);

#endif
