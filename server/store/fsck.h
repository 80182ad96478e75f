/*
 * fsck: a check under way (store_fsck.h), for the files that make it.
 */
#ifndef SERVER_STORE_FSCK_H
#define SERVER_STORE_FSCK_H

#include "common/arena.h"
#include "common/db.h"
#include "server/store/state.h"
#include "server/store/store_fsck.h"
#include "server/store/store_journal.h"

struct store_fsck {
	struct store *store;
	struct db *db; /* of its own, for reading */
	struct arena *arena;
	bool repairs;
	size_t phase;
	int64_t after; /* where the phase stands: a row's id; 0: at its beginning */
	int64_t after_second;
	struct store_chain chain;
	struct store_fsck_totals totals;
	store_finding_fn *fn;
	void *arg;
};

/* A phase does a piece, and says whether it is done. */
typedef enum err fsck_phase_fn(struct store_fsck *f, bool *out_done);

fsck_phase_fn fsck_folders, fsck_files, fsck_versions, fsck_rows;
fsck_phase_fn fsck_contents, fsck_strays;

/* Tells of a finding and counts it. */
void fsck_found(struct store_fsck *f, const struct store_finding *finding);

/* The path of a node, in the arena; empty: none is known. */
enum err fsck_path(struct store_fsck *f, int64_t node, struct span *out, bool *out_is_gone) must_check;

#endif
