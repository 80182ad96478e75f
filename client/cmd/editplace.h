/*
 * editplace: where `edit` keeps a file while it is in the editor: a folder for the user alone, one a remote file, that outlives the
 * command: what was not saved for whatever reason is found there by the next one.
 *
 *     $XDG_STATE_HOME/sync/edits/HASH/yours/NAME   what is edited; /base what it was
 */
#ifndef CLIENT_CMD_EDITPLACE_H
#define CLIENT_CMD_EDITPLACE_H

#include "common/digest.h"
#include "common/err.h"
#include "common/span.h"

struct editplace {
	int folder, yours; /* open folders; `folder` is locked */
	char *name, *file; /* the file's name; its path */
};

/* The folder of a remote file, whether it is there or not.  The caller frees it. */
char *editplace_path(const char *remote, const char *path);

/* Makes it if need be.  E_BUSY: another `edit` of that file runs.  `why` says it.  editplace_close() frees, whatever came. */
enum err editplace_open(const char *remote, const char *path, struct editplace *out, struct note *why) must_check;
void editplace_close(struct editplace *p);

/* The file, or what it was, open for reading.  -1: not there. */
int editplace_mine(const struct editplace *p);
int editplace_base(const struct editplace *p);

/* Is there something in the file that it was not before? */
bool editplace_is_changed(const struct editplace *p);

/* Begins an edit of an open file's content.  fd -1: it is not there yet.  Ended in between, no edit was begun. */
enum err editplace_begin(const struct editplace *p, int fd) must_check;

/* An open file's content becomes what it was; the file itself stays.  fd -1: it was not there. */
enum err editplace_set_base(const struct editplace *p, int fd) must_check;

/* False: it was not there. */
bool editplace_base_digest(const struct editplace *p, struct digest *out);

enum err editplace_set_mine(const struct editplace *p, struct span text) must_check;

/* Nothing of it is needed any more. */
void editplace_remove(struct editplace *p);

#endif
