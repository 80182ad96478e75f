/*
 * The machine: phases, one after the other, each in pieces.
 */
#include "server/store/fsck.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/clock.h"
#include "server/store/readers.h"
#include "server/store/tree.h"

#define PIECE_NS NS_PER_S

struct store_fsck *store_fsck_new(struct store *s, bool repair)
{
	struct store_fsck *f = xcalloc(1, sizeof *f);

	f->store = s;
	f->arena = arena_new();
	f->repairs = repair;
	return f;
}

void store_fsck_free(struct store_fsck *f)
{
	if (!f)
		return;
	db_close(f->db);
	arena_free(f->arena);
	free(f);
}

void fsck_found(struct store_fsck *f, const struct store_finding *finding)
{
	f->totals.damaged++;
	f->totals.repaired += finding->is_repaired;
	f->fn(f->arg, finding);
}

enum err fsck_path(struct store_fsck *f, int64_t node, struct span *out, bool *out_is_gone)
{
	enum err e = tree_last_path(f->db, node, f->arena, out, out_is_gone);

	if (e != E_NOT_FOUND)
		return e;
	*out = span_of("");
	*out_is_gone = false;
	return OK;
}

/* ---- the database and the journal ---- */

static enum err check_database(struct store_fsck *f, bool *out_done)
{
	autorows struct db_rows rows = { NULL, NULL };
	char why[200];
	enum err e = db_select_values(f->db, "PRAGMA integrity_check(20)", &rows, NULL, 0);

	*out_done = true;
	while (e == OK && (e = db_next(&rows)) == OK) {
		if (span_is(db_col_text(&rows, 0), "ok"))
			continue;
		db_col_copy(&rows, 0, why, sizeof why);
		fsck_found(f, &(struct store_finding){ .what = "database", .why = why, .path = span_of("") });
	}
	return e == E_NOT_FOUND ? OK : e;
}

static enum err check_journal(struct store_fsck *f, bool *out_done)
{
	char why[80];
	enum err e = store_journal_verify(f->store, &f->chain, out_done);

	if (e != E_CORRUPT)
		return e;
	snprintf(why, sizeof why, "the chain breaks at change %lld", (long long)f->chain.seq);
	fsck_found(f, &(struct store_finding){ .what = "journal", .why = why, .path = span_of("") });
	*out_done = true;
	return OK;
}

/* Numbers that are given out lie above all that were. */
static enum err check_counters(struct store_fsck *f, bool *out_done)
{
	static const struct {
		const char *sql, *why;
	} counters[] = {
		{ "SELECT 1 FROM ns WHERE next_id <= (SELECT max(id) FROM node)",
		  "a node has a number still to be given" },
		{ "SELECT 1 FROM ns WHERE head < (SELECT max(seq) FROM node)", "a node is of a change still to come" },
		{ "SELECT 1 FROM meta WHERE next_segment <= (SELECT max(segment) FROM object)",
		  "a content lies in a segment still to be made" },
		{ "SELECT 1 FROM meta WHERE next_object <= (SELECT max(place) FROM object WHERE segment = 0)",
		  "a content has a number still to be given" },
	};

	*out_done = true;
	for (size_t i = 0; i < ARRAY_LEN(counters); i++) {
		autorows struct db_rows rows = { NULL, NULL };
		enum err e = db_select_values(f->db, counters[i].sql, &rows, NULL, 0);

		if (e == OK)
			e = db_next(&rows);
		if (e == OK)
			fsck_found(f, &(struct store_finding){
					  .what = "counter", .why = counters[i].why, .path = span_of("") });
		else if (e != E_NOT_FOUND)
			return e;
	}
	return OK;
}

/* ---- the machine ---- */

static const struct {
	const char *name;
	fsck_phase_fn *run;
} phases[] = {
	{ "database", check_database }, { "journal", check_journal },  { "counters", check_counters },
	{ "folders", fsck_folders },    { "files", fsck_files },       { "versions", fsck_versions },
	{ "rows", fsck_rows },          { "contents", fsck_contents }, { "strays", fsck_strays },
};

/* A piece of the phase.  What a damaged database cannot tell is damage as well. */
static enum err run_piece(struct store_fsck *f)
{
	bool done = false;
	enum err e;

	arena_reset(f->arena);
	e = phases[f->phase].run(f, &done);
	if (e == E_CORRUPT) {
		fsck_found(f, &(struct store_finding){
				  .what = "database", .why = "a part of it cannot be read", .path = span_of("") });
		done = true;
		e = OK;
	}
	if (done) {
		f->phase++;
		f->after = f->after_second = 0;
	}
	return e;
}

enum err store_fsck_next(struct store_fsck *f, store_finding_fn *fn, void *arg, struct store_fsck_totals *out,
			 bool *out_end)
{
	int64_t began = clock_monotonic_ns();
	enum err e = f->db ? OK : readers_open(f->store->readers, &f->db);

	f->fn = fn;
	f->arg = arg;
	while (e == OK && f->phase < ARRAY_LEN(phases) && clock_monotonic_ns() - began < PIECE_NS)
		e = run_piece(f);
	*out_end = f->phase == ARRAY_LEN(phases);
	f->totals.at = *out_end ? "" : phases[f->phase].name;
	*out = f->totals;
	return e;
}
