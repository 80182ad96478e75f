/*
 * difflines: how two files differ, line by line, on standard output, by diff(1).
 */
#ifndef CLIENT_CMD_DIFFLINES_H
#define CLIENT_CMD_DIFFLINES_H

#include "common/err.h"

struct difflines {
	int old, new; /* open files, at their beginning; borrowed */
	const char *old_label, *new_label;
};

/* E_IO: diff(1) could not be run, or failed; `why` says it.  Blocks. */
enum err difflines_show(const struct difflines *d, struct note *why) must_check;

#endif
