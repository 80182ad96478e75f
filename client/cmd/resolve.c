/*
 * resolve PATH --mine|--theirs: one of the two versions of a conflict becomes the file, the other goes to .sync/trash; then a run.
 * PATH is the file or its conflict copy.
 */
#include <stdlib.h>
#include <string.h>

#include "client/cmd/cmd.h"
#include "client/cmd/known.h"
#include "client/cmd/syncfolder.h"

struct found {
	const struct linked *linked;
	const char *wanted;
	char *copy, *path; /* NULL: none yet */
	size_t count;
};

static enum err take_conflict(void *arg, const char *copy, const char *path)
{
	struct found *f = arg;

	if ((strcmp(copy, f->wanted) != 0 && strcmp(path, f->wanted) != 0) || place_is_free(&f->linked->place, copy))
		return OK;
	f->count++;
	free(f->copy);
	free(f->path);
	f->copy = xstrdup(copy);
	f->path = xstrdup(path);
	return OK;
}

/* The copy goes to the trash, whoever's it is by now. */
static enum err drop_copy(const struct place *p, const char *copy)
{
	struct local_id id;
	mode_t mode;

	if (place_look(p, copy, &id, &mode) != OK || !S_ISREG(mode))
		return E_PRECONDITION;
	return place_remove_file(p, copy, &id);
}

/* They change places before one of them goes: whatever comes between, both are there. */
static enum err keep_mine(const struct place *p, const struct found *f)
{
	struct local_id id, now;
	mode_t mode, other;
	enum err e;

	if (place_look(p, f->copy, &id, &mode) != OK || !S_ISREG(mode))
		return E_PRECONDITION;
	if (place_look(p, f->path, &now, &other) != OK)
		return place_move(p, f->copy, f->path, &id, &now);
	if (!S_ISREG(other))
		return E_PRECONDITION;
	if ((e = place_exchange(p, f->copy, f->path)) != OK)
		return e;
	return drop_copy(p, f->copy);
}

static enum err settle(struct syncfolder *sf, const struct found *f)
{
	struct session *s = sf->s;
	const struct place *p = &sf->linked.place;
	enum err e = s->cli->mine ? keep_mine(p, f) : drop_copy(p, f->copy);

	if (e == E_PRECONDITION)
		return known_error(s, E_IO, f->path,
				   "one of the two is no file: compare them, and remove what you do not want");
	if (e != OK)
		return known_error(s, e, f->path, err_words(e));
	if ((e = base_conflict_drop(sf->linked.base, f->copy)) != OK || (e = base_commit(sf->linked.base)) != OK)
		return known_error(s, e, sf->linked.root_path, "its state cannot be written");
	return syncfolder_run(sf);
}

static enum err resolve(struct syncfolder *sf, const char *word)
{
	struct session *s = sf->s;
	autofree char *path = NULL;
	struct found f = { .linked = &sf->linked };
	enum err e = syncfolder_path(sf, word, &path);

	if (e != OK)
		return e;
	f.wanted = path;
	if ((e = base_each_conflict(sf->linked.base, take_conflict, &f)) != OK)
		e = known_error(s, e, sf->linked.root_path, "its state cannot be read");
	else if (f.count == 0)
		e = known_error(s, E_NOT_FOUND, word, "no conflict of this name waits here");
	else if (f.count > 1)
		e = known_error(s, E_USAGE, word, "it has several conflict copies; name the one that is meant");
	else if (s->cli->dry_run)
		output_say(s->out, "%s would be settled with %s", f.path, s->cli->mine ? f.copy : f.path);
	else
		e = settle(sf, &f);
	free(f.copy);
	free(f.path);
	return e;
}

enum err command_resolve(struct session *s)
{
	struct syncfolder f;
	enum err e;

	if (s->cli->mine == s->cli->theirs)
		return known_error(s, E_USAGE, s->cli->operands[0], "say which one is to stay: --mine or --theirs");
	if ((e = syncfolder_open(s, NULL, &f)) == OK)
		e = resolve(&f, s->cli->operands[0]);
	syncfolder_close(&f);
	return e;
}
