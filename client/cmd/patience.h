/*
 * patience: files that watch waits for because somebody has them open for writing: said once when that lasts.
 */
#ifndef CLIENT_CMD_PATIENCE_H
#define CLIENT_CMD_PATIENCE_H

#include "client/sync/work.h"
#include "client/ui/output.h"

struct patience_file {
	char *path;
	unsigned looks;
	bool is_there; /* in the newest plan */
};

/* Begins as { 0 }; patience_clear() frees. */
struct patience {
	struct patience_file *files;
	size_t count;
};

/* A plan was the last of its run: counts what waits in it, and says what did so for the tenth time. */
void patience_look(struct patience *p, const struct work *work, struct output *out);
void patience_clear(struct patience *p);

#endif
