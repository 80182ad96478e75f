/*
 * disk: what users do to a linked folder, and what is in it: real files.  Each content is written once by a user, "content N"; what a
 * user overwrites or deletes, having it before him, may be lost, all else may not.
 */
#ifndef TESTS_MODEL_DISK_H
#define TESTS_MODEL_DISK_H

#include "tests/model/remote.h"

/* Forgets all contents. */
void disk_begin(void);

/* Everything in the folder but .sync, in the order of treepath_compare(). */
void disk_load(const char *root, struct tree *out);

/* Removes everything but .sync, without a trace. */
void disk_wipe(const char *root);

/* One random change by a user. */
void disk_edit(const char *root);

/* The same on the server, past all clients: a content is written, or one goes. */
void disk_edit_there(void);

/* How many changes there were; the numbers of contents go from 1 to `last`. */
unsigned disk_edits(void);
unsigned disk_last(void);

/* Did a user overwrite or delete it? */
bool disk_is_replaced(unsigned content);

/* Or move it, perhaps with its folder? */
bool disk_is_moved(unsigned content);

#endif
