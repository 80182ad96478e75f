/*
 * The machine: phases, one after the other, each in pieces; the short ones are here.
 */
#include "server/store/gc.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/fsio.h"
#include "server/store/aside.h"
#include "server/store/commit.h"
#include "server/store/ids.h"
#include "server/store/lock.h"
#include "server/store/parts.h"
#include "server/store/readers.h"
#include "server/store/store_retain.h"

enum { LEFT_FOR_S = 86400 };

#define PIECE_NS      NS_PER_S
#define PAUSE_MOST_NS (50 * NS_PER_MS)

enum { PHASE_CONTENTS = 1, PHASE_CHOOSE = 2 }; /* in the table below */

struct store_gc *store_gc_new(struct store *s, unsigned flags)
{
	struct store_gc *g = xcalloc(1, sizeof *g);

	g->store = s;
	g->rehearses = flags & STORE_GC_REHEARSE;
	g->lets_history_go = flags & STORE_GC_HISTORY;
	g->only_noted = flags & STORE_GC_NOTED;
	return g;
}

void store_gc_free(struct store_gc *g)
{
	if (!g)
		return;
	db_close(g->db);
	free(g);
}

enum err gc_begin_slice(struct store_gc *g)
{
	struct store *s = g->store;

	if (store_is_read_only(s))
		return E_IO;
	pthread_mutex_lock(&s->giving_up);
	if (clock_monotonic_ns() >= atomic_load(&s->held_until_ns))
		return OK;
	pthread_mutex_unlock(&s->giving_up);
	return E_BUSY;
}

void gc_end_slice(struct store_gc *g)
{
	pthread_mutex_unlock(&g->store->giving_up);
}

/* ---- history ---- */

static enum err retain(struct store_gc *g, bool *out_done)
{
	struct store_retained done = { .versions = 0 };
	enum err e = g->lets_history_go ? store_retain(g->store, clock_now_ns(), g->rehearses, &done) : OK;

	*out_done = true;
	if (e == E_BUSY) /* it is being done */
		return OK;
	g->totals.versions = done.versions;
	g->totals.trashed = done.trashed;
	g->totals.changes = done.changes;
	return e;
}

/* ---- what ran out ---- */

struct expiry {
	int64_t now_s, count;
	bool any_locks;
};

static enum err count_expired(struct db *db, int64_t now_s, int64_t *out)
{
	autorows struct db_rows rows = { NULL, NULL };
	enum err e = db_select(db,
			       "SELECT (SELECT count(*) FROM code WHERE expires_s <= ?1)"
			       " + (SELECT count(*) FROM lock WHERE expires <= ?1)",
			       &rows, DB_INT(now_s));

	if (e == OK && (e = db_next(&rows)) == OK)
		*out = db_col_int(&rows, 0);
	return e;
}

static enum err remove_expired(struct db *db, void *arg)
{
	struct expiry *x = arg;
	enum err e;

	if ((e = count_expired(db, x->now_s, &x->count)) != OK ||
	    (e = db_run(db, "DELETE FROM code WHERE expires_s <= ?1", DB_INT(x->now_s))) != OK)
		return e;
	return lock_sweep(db, &x->any_locks);
}

static enum err expire(struct store_gc *g, bool *out_done)
{
	struct expiry x = { .now_s = clock_now_s() };
	enum err e = count_expired(g->db, x.now_s, &x.count);

	*out_done = true;
	if (e == OK && x.count && !g->rehearses)
		e = commit_call(g->store, remove_expired, &x);
	g->totals.expired = x.count;
	return e;
}

/* ---- what crashes left ---- */

/* What a command that was killed put below tmp/ (snapshots, and files on their way in) and nobody took: the next start would sweep it. */
static enum err look_at_temporary(void *arg, const char *name)
{
	struct store_gc *g = arg;
	struct span text = span_of(name);
	struct stat st;

	if ((!span_starts(text, "import-") && !span_starts(text, "snapshot-")) ||
	    fstatat(g->store->tmp_fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
	    clock_now_s() - st.st_mtim.tv_sec < LEFT_FOR_S)
		return OK;
	if (!g->rehearses && unlinkat(g->store->tmp_fd, name, 0) != 0)
		return OK;
	g->totals.strays++;
	g->totals.stray_bytes += st.st_size;
	g->totals.freed_bytes += st.st_size;
	return OK;
}

static void add_strays(struct store_gc *g, const struct object_strays *found)
{
	g->totals.strays += found->count;
	g->totals.stray_bytes += found->bytes;
	g->totals.freed_bytes += found->bytes;
}

static enum err sweep_temporary(struct store_gc *g, bool *out_done)
{
	struct object_strays found;
	enum err e = fsio_list(g->store->tmp_fd, look_at_temporary, g);

	*out_done = true;
	if (e == OK && (e = aside_sweep(g->store, g->db, g->rehearses, &found)) == OK)
		add_strays(g, &found);
	if (e == OK && (e = parts_sweep(g->store, g->rehearses, &found)) == OK)
		add_strays(g, &found);
	return e;
}

enum err gc_strays(struct store_gc *g, bool *out_done)
{
	struct object_strays found;
	enum err e;

	if (!g->rehearses && (e = gc_begin_slice(g)) != OK)
		return e;
	e = object_sweep_folder(g->store->obj_fd, (unsigned)g->after, g->db, ids_first(g->store->ids), g->rehearses,
				&found);
	if (!g->rehearses)
		gc_end_slice(g);
	add_strays(g, &found);
	*out_done = ++g->after == OBJECT_FOLDERS;
	return e;
}

/* ---- the machine ---- */

static const struct {
	const char *name;
	gc_phase_fn *run;
} phases[] = {
	{ "history", retain },
	[PHASE_CONTENTS] = { "contents", gc_contents },
	[PHASE_CHOOSE] = { "segments", gc_choose },
	{ "compaction", gc_compact },
	{ "dead segments", gc_remove_segments },
	{ "strays", gc_strays },
	{ "left-overs", sweep_temporary },
	{ "expired", expire },
};

/* One piece, and then as long a pause: changes that came meanwhile go first, and the disk is theirs as well. */
static enum err run_piece(struct store_gc *g, bool *out_done)
{
	int64_t began = clock_monotonic_ns(), took_ns;
	enum err e = phases[g->phase].run(g, out_done);

	took_ns = MIN(clock_monotonic_ns() - began, PAUSE_MOST_NS);
	if (!g->rehearses && !atomic_load(&g->store->is_closing))
		nanosleep(&(struct timespec){ .tv_nsec = took_ns }, NULL);
	return e;
}

enum err store_gc_next(struct store_gc *g, struct store_gc_totals *out, bool *out_end)
{
	int64_t began = clock_monotonic_ns();
	enum err e = g->db ? OK : readers_open(g->store->readers, &g->db);

	while (e == OK && g->phase < ARRAY_LEN(phases) && clock_monotonic_ns() - began < PIECE_NS) {
		bool done = false;

		e = run_piece(g, &done);
		if (done && g->only_noted && g->phase == PHASE_CONTENTS) {
			g->phase = ARRAY_LEN(phases);
		} else if (done) {
			g->phase = g->goes_on ? PHASE_CHOOSE : g->phase + 1;
			g->goes_on = false;
			g->after = 0;
		}
	}
	*out_end = g->phase == ARRAY_LEN(phases);
	g->totals.at = *out_end ? "" : phases[g->phase].name;
	*out = g->totals;
	return e;
}
