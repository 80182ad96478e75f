/*
 * model [-v] [FIRST [COUNT]]: random histories of three users with the real engine: its scan, its state in SQLite, its planner and its
 * applier, on real folders (in memory, where there is /dev/shm), with a server in memory.  Rounds are mixed with users' changes and
 * with each other at every effect, killed before and after every effect, lose answers, plan from what has changed meanwhile, and take
 * windows of a few paths; half of the clients watch, and look only where the kernel told them.  Somebody changes files on the server
 * past all clients.  Every second history has a server of another kind: with locks or with conditions, its tags exact or of seconds.
 *
 * In the end, without further changes: all is equal everywhere, also what the bases say; nothing is lost that a user wrote and nobody
 * overwrote or deleted; one more run, which reads everything, does nothing.  A run for which the server refused the token deletes
 * nothing.  Exits 1 and names the history that shows otherwise: `model -v N 1` tells all that happens in history N.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/sync/engine.h"
#include "client/sync/treepath.h"
#include "client/sync/watcher.h"
#include "common/db.h"
#include "common/fsio.h"
#include "tests/model/disk.h"
#include "tests/model/wire.h"

enum { CLIENTS = 3, RUNS_MOST = 60, HISTORIES = 100, GROW_OLD_S = 50 };

struct client {
	char *root, *states;
	struct linked linked;
	struct wire wire;
	struct watcher *watcher; /* NULL: it does not watch */
	struct engine_view view;
	struct foreign foreign; /* with an owner, if the server is of another kind */
	bool is_running, is_first_round;
};

static struct client clients[CLIENTS];
static unsigned history;
static const char *top; /* the folder that all is in */
static struct {
	unsigned long runs, effects, kills, conflicts, skips, merges, only_in_history;
} sums;

static void fail(const char *what, const char *path) __attribute__((noreturn));
static void remove_all(void)
{
	autofree char *command = xasprintf("rm -rf '%s'", top);

	if (top && system(command) != 0)
		fprintf(stderr, "%s is left\n", top);
}

static void fail(const char *what, const char *path)
{
	printf("history %u: %s: %s\n", history, what, path);
	remove_all();
	exit(1);
}

static void must(enum err e, const char *what)
{
	if (e != OK)
		fail(what, err_words(e));
}

/* ---- runs ---- */

static void end(void *arg, const struct apply_end *end)
{
	const struct client *c = arg;

	sums.effects += end->err == OK;
	wire_trace("%s %s %s %s %s\n", c->root, plan_word(end->action), end->path, end->err ? end->why : "",
		   end->copy ? end->copy : "");
	sums.conflicts += end->err == OK && end->action == PLAN_ASIDE;
}

static void check_merge(const struct engine *engine)
{
	const struct work *w = engine_work(engine);

	for (size_t i = 0; i < w->count; i++)
		if (w->items[i].action == PLAN_REMOVE || w->items[i].action == PLAN_DELETE)
			fail("deleted though nothing is known", w->items[i].path);
}

static struct engine *engine_of(struct client *c, bool is_wild, bool reads_all)
{
	if (c->watcher)
		watcher_take(c->watcher, c->view.dirty);
	return engine_new(&(struct engine_config){ .http = NULL,
						   .foreign = c->foreign.owner[0] ? &c->foreign : NULL,
						   .linked = &c->linked,
						   .host = "model",
						   .umask = 022,
						   .allow_deletes = true,
						   .view = c->watcher && !reads_all ? &c->view : NULL,
						   .window = is_wild && wire_below(3) == 0 ? 1 + wire_below(4) : 0,
						   .end = end,
						   .arg = c });
}

/* The process died: what it knew of the folder is gone with it. */
static void die(struct client *c)
{
	sums.kills++;
	base_rollback(c->linked.base);
	if (c->watcher)
		dirty_add_all(c->view.dirty);
}

/* Returns how much it did. */
static size_t run(struct client *c, bool is_wild, bool reads_all)
{
	struct wire *before = wire_now;
	struct engine *engine = engine_of(c, is_wild, reads_all);
	enum engine_did did = ENGINE_LISTED;
	bool is_first_plan = true;
	struct note why;
	enum err e;
	size_t done;

	wire_now = &c->wire;
	c->is_running = true;
	sums.runs++;
	do {
		e = engine_step(engine, &did, &why);
		if (e == OK && did == ENGINE_PLANNED && is_first_plan && engine_counts(engine).was_merge) {
			sums.merges++;
			check_merge(engine);
		}
		is_first_plan &= did != ENGINE_PLANNED;
	} while (e == OK && did != ENGINE_DONE);
	done = engine_counts(engine).done;
	sums.skips += engine_counts(engine).unsettled;
	if (e != OK && !is_wild)
		fail("a run without disturbance fails", why.text);
	engine_free(engine);
	c->is_running = false;
	if (c->wire.is_dead)
		die(c);
	else if (e != OK)
		base_rollback(c->linked.base);
	c->wire = (struct wire){ .is_dead = false };
	wire_now = before;
	return done;
}

/* Between a plan and its effects the others go on: often what the plan stands on is not so any more. */
static void moment(void)
{
	struct client *other = &clients[wire_below(CLIENTS)];

	if (wire_below(12) == 0)
		disk_edit(other->root);
	if (wire_below(20) == 0)
		disk_edit_there();
	if (wire_below(10) == 0 && !other->is_running) {
		disk_edit(other->root);
		run(other, false, false);
	}
}

static void run_wild(struct client *c)
{
	c->wire = (struct wire){ .kill_in = wire_below(3) == 0 ? 1 + wire_below(20) : 0,
				 .lose_in = wire_below(3) == 0 ? 1 + wire_below(6) : 0,
				 .garble_in = !remote_foreign() && wire_below(3) == 0 ? 1 + wire_below(6) : 0,
				 .cuts_report = !remote_foreign() && wire_below(6) == 0,
				 .refuses_token = wire_below(25) == 0,
				 .moment = moment };
	run(c, true, false);
}

/* ---- in the end ---- */

/* Locks that were left behind end, and young tags grow old. */
static void grow_old(void)
{
	if (remote_foreign())
		wire_wait(GROW_OLD_S);
}

static void settle(void)
{
	/* What was read or written in a round is looked at again in the one after the next. */
	for (unsigned n = 0, quiet = 0; n < RUNS_MOST; n++) {
		size_t done = 0;

		for (size_t i = 0; i < CLIENTS; i++) {
			grow_old();
			done += run(&clients[i], false, false);
		}
		quiet = done ? 0 : quiet + 1;
		if (quiet > (remote_foreign() ? 1 : 0))
			return;
	}
	fail("no end", "something is done again and again");
}

static void dump(const char *what, const struct tree *t)
{
	for (size_t i = 0; i < t->count; i++)
		wire_trace("%s %d %s %s\n", what, t->nodes[i].kind, t->nodes[i].path, t->nodes[i].text);
}

static void compare(const struct client *c, const struct tree *here, const struct tree *there)
{
	for (size_t i = 0; i < MIN(here->count, there->count); i++) {
		const struct tree_node *a = &here->nodes[i], *b = &there->nodes[i];

		if (strcmp(a->path, b->path) != 0)
			fail("not on both sides", treepath_compare(a->path, b->path) < 0 ? a->path : b->path);
		if (a->kind != b->kind || strcmp(a->text, b->text) != 0 ||
		    (!remote_foreign() && a->is_executable != b->is_executable))
			fail("differs", a->path);
	}
	if (here->count != there->count)
		fail(here->count > there->count ? "is here alone" : "is there alone", c->root);
}

static void compare_base(const struct client *c, const struct tree *there)
{
	struct base_walk *w;
	struct base_row row;
	const char *path;
	size_t i = 0;
	enum err e = base_walk_begin(c->linked.base, &w);

	for (; e == OK && (e = base_walk_next(w, &path, &row)) == OK; i++)
		if (i >= there->count || strcmp(path, there->nodes[i].path) != 0 ||
		    row.remote.kind != there->nodes[i].kind ||
		    (row.remote.kind == PLAN_FILE && !digest_equal(&row.remote.digest, &there->nodes[i].digest)))
			fail("the base is wrong", path);
	base_walk_end(w);
	if (i != there->count)
		fail("the base misses something", c->root);
}

static void check(void)
{
	static struct tree disks;
	const struct tree *there = tree_now();
	static bool is_there[20000];

	memset(is_there, 0, sizeof is_there);
	for (size_t i = 0; i < CLIENTS; i++) {
		if (run(&clients[i], false, true) > 0)
			fail("a look at everything finds more to do", clients[i].root);
		disk_load(clients[i].root, &disks);
		dump("here", &disks);
		dump("there", there);
		compare(&clients[i], &disks, there);
		compare_base(&clients[i], there);
	}
	for (size_t i = 0; i < there->count; i++)
		if (there->nodes[i].kind == PLAN_FILE)
			is_there[tree_number(there->nodes[i].text)] = true;
	for (unsigned n = 1; n <= disk_last(); n++) {
		autofree char *text = xasprintf("content %u", n);

		if (is_there[n] || disk_is_replaced(n))
			continue;
		/* Moved onto each other, the server's versions have it; nothing else may be there alone. */
		if (remote_foreign() || !disk_is_moved(n) || !tree_had(text))
			fail("lost", text);
		sums.only_in_history++;
	}
}

/* ---- histories ---- */

static void open_client(struct client *c, size_t number)
{
	bool is_strange;
	struct note why = { "" };

	c->root = xasprintf("%s/c%zu", top, number);
	c->states = xasprintf("%s/s%zu", top, number);
	if (mkdir(c->root, 0755) != 0)
		fail("a folder cannot be made", c->root);
	must(linked_make(c->root, NULL, "http://model/", "/docs", false, &why), why.text);
	must(linked_open(c->root, c->states, &c->linked, &is_strange, &why), why.text);
}

static enum err drop_trash(void *arg, const char *name)
{
	const int *trash = arg;

	return unlinkat(*trash, name, 0) == 0 ? OK : E_IO;
}

static void begin(struct client *c)
{
	disk_wipe(c->root);
	must(fsio_list(c->linked.place.trash, drop_trash, &c->linked.place.trash), "the trash");
	must(base_clear(c->linked.base), "the base");
	must(db_exec(base_db(c->linked.base), "DELETE FROM sent"), "the base");
	must(base_commit(c->linked.base), "the base");
	watcher_free(c->watcher);
	dirty_free(c->view.dirty);
	ignore_free(c->view.ignore);
	c->watcher = NULL;
	c->view = (struct engine_view){ .dirty = NULL };
	c->wire = (struct wire){ .is_dead = false };
	c->foreign = remote_foreign() ? *remote_foreign() : (struct foreign){ .owner = "" };
	if (remote_foreign())
		snprintf(c->foreign.owner, sizeof c->foreign.owner, "sync %s", c->root);
	if (wire_below(2) == 0)
		return;
	must(watcher_new(c->linked.place.root, &c->watcher), "inotify");
	c->view.dirty = dirty_new();
}

static const struct foreign *kind_of(unsigned number)
{
	static const struct foreign kinds[] = {
		{ .guard = FOREIGN_LOCK, .tags = FOREIGN_TAGS_EXACT, .keeps_existing = true },
		{ .guard = FOREIGN_LOCK, .tags = FOREIGN_TAGS_COARSE, .keeps_existing = true, .is_tagged = true },
		{ .guard = FOREIGN_CONDITION, .tags = FOREIGN_TAGS_EXACT },
		{ .guard = FOREIGN_LOCK, .tags = FOREIGN_TAGS_COARSE, .is_serial = true },
	};

	return number % 2 ? NULL : &kinds[number / 2 % ARRAY_LEN(kinds)];
}

static void live(unsigned number)
{
	history = number;
	wire_seed(number);
	remote_reset(kind_of(number));
	for (size_t i = 0; i < CLIENTS; i++)
		begin(&clients[i]);
	disk_begin();
	for (unsigned n = 15 + wire_below(15); n > 0; n--) {
		struct client *c = &clients[wire_below(CLIENTS)];

		if (wire_below(3))
			disk_edit(c->root);
		else
			run_wild(c);
	}
	settle();
	check();
}

static void clean_up(void)
{
	for (size_t i = 0; i < CLIENTS; i++) {
		watcher_free(clients[i].watcher);
		dirty_free(clients[i].view.dirty);
		ignore_free(clients[i].view.ignore);
		linked_clear(&clients[i].linked);
		free(clients[i].root);
		free(clients[i].states);
	}
	remove_all();
}

int main(int argc, char **argv)
{
	char in_memory[] = "/dev/shm/sync-model-XXXXXX", elsewhere[] = "/tmp/sync-model-XXXXXX";
	unsigned first, count;

	wire_traces = argc > 1 && strcmp(argv[1], "-v") == 0;
	argc -= wire_traces;
	argv += wire_traces;
	first = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 1;
	count = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : HISTORIES;
	top = mkdtemp(in_memory) ? in_memory : mkdtemp(elsewhere);
	if (!top)
		fail("no folder to work in", elsewhere);
	for (size_t i = 0; i < CLIENTS; i++)
		open_client(&clients[i], i);
	for (unsigned n = 0; n < count; n++)
		live(first + n);
	clean_up();
	printf("%u histories: %u changes by users, %lu runs, %lu effects, %lu kills, %lu left to the next run, %lu "
	       "merges, "
	       "%lu conflict copies, %lu moved contents in the server's history alone\n",
	       count, disk_edits(), sums.runs, sums.effects, sums.kills, sums.skips, sums.merges, sums.conflicts,
	       sums.only_in_history);
	return 0;
}
