/*
 * partial: what has arrived of a file: a temporary beside its target, which an interrupted download leaves for the next
 * one to go on with.
 */
#ifndef CLIENT_PARTIAL_H
#define CLIENT_PARTIAL_H

#include "common/digest.h"
#include "common/err.h"

struct partial {
	int folder, fd; /* folder is borrowed; fd -1: not open */
	char name[40];  /* ".sync-<16 hex>.part" */
	int64_t written_bytes;
	struct hasher *hasher; /* of what is written */
};

void partial_init(struct partial *p);

/* Closes it; the file stays. */
void partial_clear(struct partial *p);

/* A new, empty one in `folder`.  E_IO, E_NO_SPACE, E_FORBIDDEN. */
enum err partial_create(struct partial *p, int folder) must_check;

/*
 * One that was left before.  E_NOT_FOUND: it is gone, is no plain file of ours, somebody else is writing it, or `name` is
 * none of ours.  Reads it whole, for the digest.
 */
enum err partial_reopen(struct partial *p, int folder, const char *name) must_check;

/* Back to empty. */
enum err partial_restart(struct partial *p) must_check;

enum err partial_write(struct partial *p, const void *bytes, size_t len) must_check;

/* Removes it. */
void partial_remove(struct partial *p);

#endif
