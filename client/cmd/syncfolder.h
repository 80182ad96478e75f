/*
 * syncfolder: what clone, run, status and their like share: opening a linked folder, driving the engine, and saying what it did.
 */
#ifndef CLIENT_CMD_SYNCFOLDER_H
#define CLIENT_CMD_SYNCFOLDER_H

#include "client/cmd/patience.h"
#include "client/session.h"
#include "client/sync/engine.h"
#include "client/sync/foreign.h"

/* A linked folder that a command works with. */
struct syncfolder {
	struct session *s;
	struct linked linked;
	bool is_reading; /* nothing is to be changed, here or there */
	bool is_foreign; /* a server that is not of our kind: `foreign` tells of it */
	struct foreign foreign;
	bool is_strange; /* its marker or state was lost: everything is compared anew */
	char *host;
	size_t up, down, both, conflicts, held;
	struct engine_view *view; /* of `watch`; NULL: everything is read, and nobody's open file waits */
	struct patience patience; /* of `watch` */
	bool with_time;           /* each line begins with the time of day */
};

/*
 * Opens the one that `dir` (NULL: the current folder) is in, and connects to its server.  Failures are said.  syncfolder_close()
 * frees, whatever came.
 */
enum err syncfolder_open(struct session *s, const char *dir, struct syncfolder *out) must_check;
void syncfolder_close(struct syncfolder *f);

/* The folder of the states of all linked folders.  The caller frees it. */
char *syncfolder_states(void);

/*
 * What a path on the command line names below the folder's root: relative to the current folder, or absolute.  E_NOT_FOUND, said: it is
 * not below.  The caller frees it.  It need not exist, but the folder that it is in.
 */
enum err syncfolder_path(const struct syncfolder *f, const char *word, char **out) must_check;

/*
 * Does the server have what two-way sync is safe with?  A refusal is said.  `out_is_foreign`: it is not of our kind; whether it is safe is
 * then for syncfolder_check_foreign() to say, which refuses one that cannot keep two writers apart, unless `is_unsafe`.
 */
enum err syncfolder_check_server(struct session *s, bool *out_is_foreign) must_check;
enum err syncfolder_check_foreign(struct session *s, const struct foreign *foreign, bool is_unsafe) must_check;

/* Runs until nothing is left to do, saying each action, what is held and the totals.  Failures are said. */
enum err syncfolder_run(struct syncfolder *f) must_check;

/*
 * The same once more, for a folder that is watched.  What is held and which
 * conflicts wait is said only when something was done, or if `is_first`; no totals.  `out_done`: how much was done.
 */
enum err syncfolder_run_again(struct syncfolder *f, bool is_first, size_t *out_done) must_check;

/* Says what a run would do, after what is held, which conflicts wait and what is not synced at all; changes nothing. */
enum err syncfolder_show(struct syncfolder *f) must_check;

#endif
