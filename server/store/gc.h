/*
 * gc: a collection under way (store_gc.h), for the files that make it.
 *
 * The order is always: the row out or elsewhere, COMMIT, what is known of places forgotten, then the bytes.  A crash in between
 * leaves bytes that no row names.  A file that is unlinked stays readable for who has it open; a hole is punched only into a segment
 * that nobody has open at that moment (content.c looks again after opening): else its bytes wait for the segment's compaction.
 *
 * Nothing is given up while store_hold() says so: each slice asks under `store.giving_up`, which store_hold() takes as well.
 */
#ifndef SERVER_STORE_GC_H
#define SERVER_STORE_GC_H

#include "common/db.h"
#include "server/store/object.h"
#include "server/store/state.h"
#include "server/store/store_gc.h"

enum { GC_CONTENTS_EACH = 250, GC_MOVES_EACH = 128, GC_COMPACT_EACH = 4 };

struct gc_content {
	int64_t id;
	struct digest hash;
	struct place place;
	bool is_done; /* its row is out, or elsewhere */
};

struct store_gc {
	struct store *store;
	struct db *db; /* of its own, for reading */
	bool rehearses, lets_history_go, only_noted;
	size_t phase;
	int64_t after; /* where the phase stands */
	struct store_gc_totals totals;
	/* segments that are being compacted, in the order of their numbers */
	struct gc_segment {
		int64_t number, allocated_bytes;
	} segments[GC_COMPACT_EACH];
	size_t segment_count;
	bool goes_on;   /* there may be more segments than one round compacts */
	int64_t newest; /* number of the segment that is appended to; smaller ones never are again */
};

/* A phase does a piece, and says whether it is done. */
typedef enum err gc_phase_fn(struct store_gc *g, bool *out_done);

gc_phase_fn gc_contents;
gc_phase_fn gc_choose, gc_compact, gc_remove_segments;
gc_phase_fn gc_strays;

/* Begins a slice in which something is given up; gc_end_slice() ends it.  E_BUSY: it is not the time; E_IO: the store takes no changes. */
enum err gc_begin_slice(struct store_gc *g) must_check;
void gc_end_slice(struct store_gc *g);

#endif
