/*
 * wildmatch: one pattern of gitignore(5) against one path.
 *
 *     ?       one character but "/"
 *     *       any run of them
 *     [a-z]   one of a set, never "/"; [!a-z] none of it; [[:alpha:]] a class
 *     **      alone between slashes: any folders, also none; at the end: everything below
 *
 * A backslash takes the next character as it is.  Other runs of "*" are one "*".  The cost is pattern times text, whatever the
 * pattern.
 */
#ifndef CLIENT_SYNC_WILDMATCH_H
#define CLIENT_SYNC_WILDMATCH_H

#include "common/span.h"

enum { WILDMATCH_PATTERN_LIMIT = 1024 };

struct wildmatch;

/* Reads the pattern, which is copied.  NULL: it can match nothing (an open bracket, a lone backslash at the end, over the limit). */
struct wildmatch *wildmatch_new(struct span pattern);
void wildmatch_free(struct wildmatch *w);

bool wildmatch_matches(const struct wildmatch *w, struct span text);

#endif
