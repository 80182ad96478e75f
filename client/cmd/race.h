/*
 * race: several writers at once, each with the If-Match of the same version, to one new file: a server that keeps conditions lets
 * exactly one of them win (RFC 9110 §13.1.1).
 */
#ifndef CLIENT_CMD_RACE_H
#define CLIENT_CMD_RACE_H

#include "client/session.h"

struct race_result {
	size_t writers, won;
};

/* Makes `word` (a path on the remote, which must not be there), lets them write it, removes it.  Errors, in `why`. */
enum err race_run(struct session *s, const char *word, struct race_result *out, struct note *why) must_check;

#endif
