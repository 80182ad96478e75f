#include "client/cmd/syncfolder.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/cmd/cmd.h"
#include "client/cmd/known.h"
#include "client/cmd/synctell.h"
#include "client/sync/treepath.h"

enum { HOST_LIMIT = 64, LISTED_DELETIONS = 100 };

/* ---- opening ---- */

/* A name for this machine that can be part of a file's name. */
static char *host_label(void)
{
	char name[HOST_LIMIT + 1] = "";

	if (gethostname(name, HOST_LIMIT) != 0 || !name[0])
		return xstrdup("here");
	name[strcspn(name, ".")] = '\0';
	for (char *c = name; *c; c++)
		if (!isalnum((unsigned char)*c) && *c != '-' && *c != '_')
			*c = '-';
	return xstrdup(name);
}

char *syncfolder_states(void)
{
	autofree char *state = settings_state_path();
	char *slash = strrchr(state, '/');

	return xasprintf("%.*s/links", (int)(slash - state), state);
}

enum err syncfolder_check_server(struct session *s, bool *out_is_foreign)
{
	static const char *const needed[] = { "sync-collection", "digest-etag", "collection-etag" };
	enum err e = known_features(s);

	*out_is_foreign = e == OK && !session_is_ours(s);
	if (*out_is_foreign)
		return OK;
	for (size_t i = 0; e == OK && i < ARRAY_LEN(needed); i++)
		if (!session_has(s, needed[i]))
			e = known_error(s, E_NOT_IMPLEMENTED, s->remote.name,
					"two-way sync needs a server that tells its changes and keeps conditions; this "
					"one does not "
					"announce it (push and pull work)");
	return e;
}

enum err syncfolder_check_foreign(struct session *s, const struct foreign *foreign, bool is_unsafe)
{
	enum err e;

	if (foreign->guard != FOREIGN_UNSAFE || is_unsafe || s->cli->unsafe)
		return OK;
	e = known_error(s, E_NOT_IMPLEMENTED, s->remote.name,
			"two-way sync is not safe with this server: it has neither locks nor conditions that keep two "
			"writers apart "
			"(push and pull work)");
	output_hint(s->out, "if nobody else writes there at the same time:  --unsafe");
	return e;
}

/* How a server that is not of our kind is worked with: tried out the first time, unless nothing may be changed. */
static enum err learn_foreign(struct syncfolder *f)
{
	struct session *s = f->s;
	struct note why = { "" };
	enum err e = foreign_ready(s->http, f->linked.collection, f->linked.base, f->linked.id, !f->is_reading,
				   &f->foreign, &why);

	if (e != OK)
		return known_error(s, e, s->remote.name, why.text);
	return f->is_reading ? OK : syncfolder_check_foreign(s, &f->foreign, f->linked.is_unsafe);
}

static enum err connect_to(struct syncfolder *f)
{
	struct session *s = f->s;
	enum err e = session_connect(s, f->linked.remote);

	if (e != OK)
		return e;
	if (strcmp(s->remote.url, f->linked.url) != 0) {
		autofree char *why = xasprintf("this folder belongs to %s, not to %s", f->linked.url, s->remote.url);

		return known_error(s, E_USAGE, f->linked.root_path, why);
	}
	e = syncfolder_check_server(s, &f->is_foreign);
	return e == OK && f->is_foreign ? learn_foreign(f) : e;
}

/* --links, remembered unless nothing is to be changed. */
static enum err choose_links(struct syncfolder *f)
{
	const char *links = f->s->cli->links;
	bool with_links = links && strcmp(links, "text") == 0;
	struct note why = { "" };
	enum err e = OK;

	if (!links || with_links == f->linked.with_links)
		return OK;
	if (f->is_reading)
		f->linked.with_links = with_links;
	else
		e = linked_set_links(&f->linked, with_links, &why);
	return e == OK ? OK : known_error(f->s, e, f->linked.root_path, why.text);
}

enum err syncfolder_open(struct session *s, const char *dir, struct syncfolder *out)
{
	autofree char *root = linked_find(dir ? dir : "."), *states = syncfolder_states();
	struct note why = { "" };
	enum err e;

	*out = (struct syncfolder){ .s = s,
				    .is_reading = s->cli->dry_run || s->cli->command->run == command_status ||
						  s->cli->command->run == command_verify,
				    .linked = { .place = { -1, -1, -1 }, .dot = -1 },
				    .host = host_label() };
	if (!root)
		return known_error(s, E_NOT_FOUND, dir ? dir : ".", "not in a linked folder; clone makes one");
	if ((e = linked_open(root, states, &out->linked, &out->is_strange, &why)) != OK)
		return known_error(s, e, NULL, why.text);
	if ((e = choose_links(out)) != OK)
		return e;
	return connect_to(out);
}

void syncfolder_close(struct syncfolder *f)
{
	patience_clear(&f->patience);
	linked_clear(&f->linked);
	free(TAKE(f->host));
}

enum err syncfolder_path(const struct syncfolder *f, const char *word, char **out)
{
	const char *slash = strrchr(word, '/');
	autofree char *folder = slash ? xstrndup(word, (size_t)(slash - word) + (slash == word)) : xstrdup(".");
	char *real = realpath(folder, NULL);
	const char *root = f->linked.root_path, *name = slash ? slash + 1 : word;
	size_t len = strlen(root);
	enum err e = OK;

	if (real && *name && strcmp(real, root) == 0)
		*out = xstrdup(name);
	else if (real && *name && strncmp(real, root, len) == 0 && real[len] == '/')
		*out = treepath_join(real + len + 1, name);
	else
		e = known_error(f->s, E_NOT_FOUND, word, "not in the linked folder");
	free(real);
	return e;
}

/* ---- the engine ---- */

/* RFC 4918 §7.5: the locks on what was deleted are gone, and on what was moved likewise. */
static void forget_locks(struct syncfolder *f, const struct apply_end *end)
{
	const char *collection = f->linked.collection;
	autofree char *path =
	    xasprintf("%s/%s", collection[1] ? collection : "", end->action == PLAN_MOVE ? end->copy : end->path);
	struct session *s = f->s;

	if ((end->action == PLAN_DELETE || end->action == PLAN_MOVE) && s->state &&
	    state_locks_forget_below(s->state, s->remote.url, path) != OK)
		output_note(s->out, path, "its lock could not be forgotten");
}

static void ended(void *arg, const struct apply_end *end)
{
	struct syncfolder *f = arg;

	if (end->err == OK)
		forget_locks(f, end);
	synctell_end(f, end);
}

static void submit_locks(void *arg, struct http_request *req, const char *path, const char *other)
{
	const struct syncfolder *f = arg;

	session_submit_locks(f->s, req, path, other);
}

static struct engine *make_engine(struct syncfolder *f, bool is_dry)
{
	mode_t mask = umask(0);

	umask(mask);
	return engine_new(&(struct engine_config){ .http = f->s->http,
						   .linked = &f->linked,
						   .foreign = f->is_foreign ? &f->foreign : NULL,
						   .ignore = f->s->config.ignore,
						   .merge = f->linked.merge ? f->linked.merge : f->s->config.merge,
						   .host = f->host,
						   .umask = mask,
						   .allow_deletes = f->s->cli->allow_deletes,
						   .is_dry = is_dry,
						   .view = f->view,
						   .holds_open = f->view != NULL,
						   .interrupted = &session_interrupted,
						   .end = ended,
						   .submit_locks = submit_locks,
						   .arg = f });
}

/* ---- what waits ---- */

static void tell_held(struct syncfolder *f, const struct work *work)
{
	for (size_t i = 0; i < work->count; i++) {
		const char *why = work->details[i].why;

		if (work->items[i].action != PLAN_HOLD)
			continue;
		f->held++;
		if (why && strcmp(why, WORK_FAILED_BEFORE) == 0)
			continue; /* said when it failed */
		if (why ? strcmp(why, WORK_LATER) == 0 : work->end != NULL)
			continue;
		output_error(f->s->out, E_IO, work->items[i].path, "held: %s", why ? why : "something below it is");
	}
}

static enum err tell_conflict(void *arg, const char *copy, const char *path)
{
	struct syncfolder *f = arg;
	autofree char *name = human_quoted(path);

	if (place_is_free(&f->linked.place, copy))
		return base_conflict_drop(f->linked.base, copy);
	f->conflicts++;
	output_error(f->s->out, E_PRECONDITION, copy, "your version of %s, which changed on both sides", name);
	return OK;
}

static void tell_conflicts(struct syncfolder *f)
{
	enum err e = base_each_conflict(f->linked.base, tell_conflict, f);

	if (e == OK)
		e = base_commit(f->linked.base);
	if (e != OK)
		output_error(f->s->out, e, f->linked.root_path, "its state cannot be read");
	if (f->conflicts)
		output_hint(f->s->out, "when you have compared them:  %s resolve FILE --mine  or  --theirs",
			    f->s->cli->self);
}

static void tell_plan(struct syncfolder *f, const struct work *work)
{
	for (size_t i = 0; i < work->count; i++) {
		const struct plan_item *x = &work->items[i];
		const struct scan_entry *l = work->details[i].local;
		bool is_up = x->action == PLAN_PUT;
		struct apply_end end = { .action = x->action, .path = x->path, .bytes = -1 };

		if (x->action == PLAN_NOTHING || x->action == PLAN_HOLD || x->action == PLAN_ADOPT ||
		    x->action == PLAN_FORGET || x->action == PLAN_MOVED)
			continue;
		if (is_up || x->action == PLAN_GET) {
			end.bytes = is_up && l ? l->size_bytes : work->details[i].remote->size_bytes;
			end.digest = is_up ? x->local.digest : x->remote.digest;
			end.is_new = (is_up ? x->remote : x->local).kind == PLAN_ABSENT;
		}
		if (x->action == PLAN_MOVE || x->action == PLAN_RENAME)
			end.copy = work->items[work->details[i].from].path;
		synctell_end(f, &end);
	}
}

/* ---- running ---- */

/* A safety belt: what would go, and how to let it. */
static void tell_belt(struct syncfolder *f, const struct work *w, const char *why)
{
	struct session *s = f->s;
	size_t told = 0, all = 0;

	output_error(s->out, E_PRECONDITION, NULL, "%s; nothing was deleted", why);
	for (size_t i = 0; i < w->count; i++) {
		enum plan_action a = w->items[i].action;

		if (a != PLAN_REMOVE && a != PLAN_DELETE)
			continue;
		if (all++ < LISTED_DELETIONS) {
			autofree char *name = human_quoted(w->items[i].path);

			told++;
			output_hint(s->out, "%s %s", a == PLAN_REMOVE ? "here   " : "server ", name);
		}
	}
	if (all > told)
		output_hint(s->out, "and %zu more", all - told);
	output_hint(s->out, "if that is what you want:  %s run --allow-deletes", s->cli->self);
}

static enum err step_failed(struct syncfolder *f, const struct engine *engine, enum err e, const char *why)
{
	if (e == E_PRECONDITION && work_to_do(engine_work(engine))) {
		tell_belt(f, engine_work(engine), why);
		return e;
	}
	if (e == E_NOT_FOUND) {
		output_error(f->s->out, e, f->linked.collection, "%s", why);
		output_hint(f->s->out,
			    "nothing was changed here; the folder on the server is gone, or you may not read it");
		return e;
	}
	return known_error(f->s, e, f->linked.root_path, why);
}

static void tell_rest(struct syncfolder *f, const struct engine *engine)
{
	struct engine_counts counts = engine_counts(engine);

	f->held = f->conflicts = 0;
	if (counts.unsettled)
		output_error(f->s->out, E_IO, NULL, "%zu kept changing and are left to the next run", counts.unsettled);
	tell_held(f, engine_work(engine));
	tell_conflicts(f);
}

/* `planned` (NULL: none) sees each plan. */
static enum err drive(struct syncfolder *f, struct engine *engine,
		      void (*planned)(struct syncfolder *f, const struct engine *engine))
{
	enum engine_did did = ENGINE_LISTED;
	struct note why;
	enum err e;

	do {
		e = engine_step(engine, &did, &why);
		if (e == OK && did == ENGINE_PLANNED && planned)
			planned(f, engine);
	} while (e == OK && did != ENGINE_DONE);
	return e == OK ? OK : step_failed(f, engine, e, why.text);
}

enum err syncfolder_run(struct syncfolder *f)
{
	size_t done;
	enum err e;

	if (f->is_strange && !f->s->cli->quiet)
		output_note(f->s->out, f->linked.root_path,
			    "what was last known of this folder is not of this folder: everything is compared, nothing "
			    "will be deleted");
	if ((e = syncfolder_run_again(f, true, &done)) == OK)
		synctell_totals(f);
	return e;
}

enum err syncfolder_run_again(struct syncfolder *f, bool is_first, size_t *out_done)
{
	struct engine *engine = make_engine(f, false);
	enum err e;

	http_begin_run(f->s->http);
	e = drive(f, engine, NULL);
	*out_done = engine_counts(engine).done;
	if (e == OK && (is_first || *out_done || engine_counts(engine).failed))
		tell_rest(f, engine);
	if (e == OK && f->view)
		patience_look(&f->patience, engine_work(engine), f->s->out);
	engine_free(engine);
	return e;
}

static void tell_skips(struct syncfolder *f, const struct scan *scan)
{
	for (size_t i = 0; i < scan->skip_count && !f->s->cli->quiet; i++)
		output_note(f->s->out, scan->skips[i].path, "not synced: %s", scan->skips[i].why);
	if (scan->skips_untold && !f->s->cli->quiet)
		output_note(f->s->out, NULL, "%zu more of that kind are not synced", scan->skips_untold);
}

/* One window of what a run would do; what waits is known with the first. */
static void show(struct syncfolder *f, const struct engine *engine)
{
	if (engine_is_first_window(engine)) {
		tell_held(f, engine_work(engine));
		tell_conflicts(f);
		tell_skips(f, engine_scan(engine));
	}
	tell_plan(f, engine_work(engine));
}

enum err syncfolder_show(struct syncfolder *f)
{
	struct engine *engine = make_engine(f, true);
	enum err e = drive(f, engine, show);

	if (e == OK)
		synctell_totals(f);
	engine_free(engine);
	return e;
}
