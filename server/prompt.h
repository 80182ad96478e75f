/*
 * prompt: a secret from whoever types it, or from a pipe; never from the command line, which others can see.
 */
#ifndef SERVER_PROMPT_H
#define SERVER_PROMPT_H

#include "common/err.h"

/*
 * Reads a new secret: from a terminal on stdin without echo, twice, each after a question on stderr; else the first line of
 * stdin.  `out` of `size` bytes is the caller's to wipe.  E_USAGE: too long, cut by a NUL, nothing there, or the two
 * differ; E_INTERRUPTED: a signal came meanwhile, and the terminal is as it was.  Blocks.
 */
enum err prompt_new_secret(const char *what, char *out, size_t size, struct note *why) must_check;

#endif
