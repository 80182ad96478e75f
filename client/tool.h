/*
 * tool: a program of the system run over open files, which it sees under names that nobody can guess or replace.
 */
#ifndef CLIENT_TOOL_H
#define CLIENT_TOOL_H

#include <stddef.h>

enum { TOOL_FILES_MAX = 3 };

/* How the program names them: /dev/fd/3 is the first one. */
#define TOOL_FILE_1 "/dev/fd/3"
#define TOOL_FILE_2 "/dev/fd/4"
#define TOOL_FILE_3 "/dev/fd/5"

/*
 * Runs argv[0], looked for in $PATH, with `files` (open, borrowed, at most TOOL_FILES_MAX) and its output to `out`, and waits for its
 * end.  Its exit status; -1: it could not be run, with errno, or a signal ended it, with errno 0.
 */
int tool_run(const char *const argv[], const int *files, size_t count, int out);

#endif
