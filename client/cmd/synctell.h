/*
 * synctell: the lines and the JSON objects of two-way sync.
 */
#ifndef CLIENT_CMD_SYNCTELL_H
#define CLIENT_CMD_SYNCTELL_H

#include "client/cmd/syncfolder.h"
#include "client/ui/human.h"

/* One action's end: "up  notes.txt  1.2 KiB  saved"; a failure goes to stderr and decides the exit code.  Counts it. */
void synctell_end(struct syncfolder *f, const struct apply_end *end);

/* "3 up  1 down  0 conflicts", or {"result":"done",...}. */
void synctell_totals(struct syncfolder *f);

#endif
