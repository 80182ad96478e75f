/*
 * scan: the local tree against the base, walked together in one order: what is told is where they differ, and what must not be
 * touched.
 *
 * Everything is opened by name from an open folder, and no symbolic link is followed.  A file whose size, times and inode are those of
 * its base row is not read, unless it changed so lately that another change would not show (local_id_is_settled).  What cannot be read
 * is held, never taken for absent.
 *
 * Memory does not grow with what differs: at most SCAN_ROOM differences are told, those of a window of the walk's order; the rest is
 * only counted, and its files are not read.  What is held is told always: nothing above it may go.
 */
#ifndef CLIENT_SYNC_SCAN_H
#define CLIENT_SYNC_SCAN_H

#include <signal.h>

#include "client/sync/base.h"
#include "client/sync/dirty.h"
#include "client/sync/ignore.h"
#include "common/arena.h"

/* About 400 bytes each, here and in the plan. */
enum { SCAN_ROOM = 80000 };

struct scan_entry {
	const char *path;
	struct plan_value value;     /* PLAN_HELD: `why` says it */
	const struct base_row *base; /* NULL: it has none */
	bool is_ignored;             /* by a rule; the base had it */
	bool covers_below;           /* held with everything below */
	bool is_residue_gone;        /* a folder that stayed for what was ignored in it is gone */
	const char *why;
	/* of a file, or of a link as its text: */
	struct local_id id;
	int64_t size_bytes; /* of the content */
	int64_t taken_ns;
	bool is_executable;
	bool is_link;
};

/* The same content as in the base, with another time or inode. */
struct scan_refresh {
	const char *path;
	struct local_id id;
	int64_t taken_ns;
};

/* What is not synced and concerns nobody: a symbolic link, a socket. */
struct scan_skip {
	const char *path;
	const char *why;
};

struct scan {
	struct arena *arena;        /* all paths and rows below */
	struct scan_entry *entries; /* in the order of treepath_compare() */
	size_t entry_count, entry_room;
	struct scan_refresh *refreshes;
	size_t refresh_count, refresh_room;
	struct scan_skip *skips;
	size_t skip_count, skip_room, skips_untold;
	int64_t files, top; /* that are there and synced; `top`: directly in the root, folders too */
	const char *end;    /* nothing from here on is told; NULL: all is */
	int64_t gone_untold,
	    gone_untold_top; /* of the base, not here, outside the window; `top`: directly in the root */
};

struct scan_config {
	int root;              /* an open folder */
	struct base *base;     /* NULL: nothing is known, everything is told, every file is read */
	struct ignore *ignore; /* learns the .syncignore files */
	const volatile sig_atomic_t *interrupted;
	const struct dirty *dirty; /* folders to be read; the others are as in the base.  NULL: all are read */
	bool holds_open;           /* a file that somebody has open for writing is held; SIGIO has to be ignored then */
	const char *from;          /* where the window begins; NULL: at the first */
	size_t room;               /* how much it holds at most; 0: SCAN_ROOM */
	bool without_times;        /* the server keeps none: a new time alone is no news */
	bool has_modes; /* the file system keeps the executable bit: a file with another than in the base is told of */
	struct base
	    *spelling;   /* the file system normalises names: as this knows them, else composed.  NULL: it does not */
	bool with_links; /* symbolic links are synced, as the texts that stand for them (linktext.h) */
};

/*
 * Walks everything.  E_INTERRUPTED; E_IO and the like: the root itself cannot be read, or the base; `why` says it.  scan_clear() frees.
 * Blocks on the disk.
 */
enum err scan_run(const struct scan_config *config, struct scan *out, struct note *why) must_check;
void scan_clear(struct scan *s);

/* Is nothing in the folder but what is not synced: ignored, links, special files, folders of such? */
bool scan_is_residue(const struct scan_config *config, const char *path);

/* Why a file is held that changed while it was read, or is open for writing. */
extern const char scan_being_written[];

#endif
