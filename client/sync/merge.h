/*
 * merge: a text that was changed on both sides is brought together by lines (textmerge.h) instead of being kept twice, if its name is on
 * the list of those that this may be done to, and what both came from is in the server's history.
 *
 * A clean merge takes the place of the file here, which goes to the trash, as an edit of the server's version; the next round sends
 * it.  Anything else is a conflict as ever.
 */
#ifndef CLIENT_SYNC_MERGE_H
#define CLIENT_SYNC_MERGE_H

#include "client/sync/work.h"

/* Names that are merged unless the config says otherwise; "none" there: no name is. */
#define MERGE_NAMES "*.md *.txt *.rst *.org *.tex *.c *.h *.cpp *.py *.go *.rs *.java *.js *.sh"

/* Turns what would be moved aside into PLAN_MERGE, where a merge may be tried.  `names`: patterns separated by blanks; NULL: MERGE_NAMES. */
void merge_plan(struct work *w, const char *names);

#endif
