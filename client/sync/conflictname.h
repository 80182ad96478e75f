/*
 * conflictname: what a file is called that had to give way: "report (conflict 2026-11-22 laptop).txt".
 */
#ifndef CLIENT_SYNC_CONFLICTNAME_H
#define CLIENT_SYNC_CONFLICTNAME_H

#include "common/base.h"

/*
 * `name`: one segment; `date` and `host` are for people only.  The words go before the last dot of a file's name (at the end for
 * folders, and for names whose only dot is the first byte); `number` above 1 is added to them.  At most 255 bytes: the stem is cut,
 * between characters.  The caller frees it.
 */
char *conflictname_make(const char *name, bool is_folder, const char *date, const char *host, unsigned number);

#endif
