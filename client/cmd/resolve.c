/*
 * resolve PATH [--mine|--theirs|--merge]: settles a conflict.  In a cloned folder PATH is the file or its conflict copy: one of the two,
 * or what both say, becomes the file, what goes lies in .sync/trash; then a run.  Elsewhere: resolvefile.h.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/cmd/cmd.h"
#include "client/cmd/known.h"
#include "client/cmd/resolvefile.h"
#include "client/cmd/settle.h"
#include "client/cmd/syncfolder.h"
#include "client/partial.h"
#include "client/remote/ancestor.h"
#include "client/sync/treepath.h"
#include "common/fsio.h"

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

/* ---- one of the two ---- */

/* The copy goes to the trash, whoever's it is by now. */
static enum err drop_copy(const struct place *p, const char *copy)
{
	struct local_id id;
	mode_t mode;

	if (place_look(p, copy, &id, &mode) != OK || !place_is_content(mode))
		return E_PRECONDITION;
	return place_remove_file(p, copy, &id);
}

/* They change places before one of them goes: whatever comes between, both are there. */
static enum err keep_mine(const struct place *p, const struct found *f)
{
	struct local_id id, now;
	mode_t mode, other;
	enum err e;

	if (place_look(p, f->copy, &id, &mode) != OK || !place_is_content(mode))
		return E_PRECONDITION;
	if (place_look(p, f->path, &now, &other) != OK)
		return place_move(p, f->copy, f->path, &id, &now);
	if (!place_is_content(other))
		return E_PRECONDITION;
	if ((e = place_exchange(p, f->copy, f->path)) != OK)
		return e;
	return drop_copy(p, f->copy);
}

/* ---- both ---- */

/* The two, open, and what they came from, if that is known and kept. */
struct pair {
	int mine, theirs, base; /* -1: not open */
	struct stat theirs_stat;
};

static enum err open_one(const struct place *p, const char *path, int *out, struct stat *st)
{
	autofree char *parent = treepath_parent(path);
	autoclose int folder = -1;
	struct note why;

	if (local_folder_below(p->root, parent, false, &folder, &why) != OK ||
	    local_open(folder, treepath_name(path), false, out, st, &why) != OK)
		return E_PRECONDITION;
	return OK;
}

static enum err open_pair(const struct place *p, const struct found *f, struct pair *out)
{
	struct stat st;
	enum err e = open_one(p, f->copy, &out->mine, &st);

	return e == OK ? open_one(p, f->path, &out->theirs, &out->theirs_stat) : e;
}

static void close_pair(struct pair *p)
{
	const int fds[] = { p->mine, p->theirs, p->base };

	for (size_t i = 0; i < ARRAY_LEN(fds); i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

static char *remote_path(const struct syncfolder *sf, const char *path)
{
	const char *collection = sf->linked.collection;

	return xasprintf("%s/%s", collection[1] ? collection : "", path);
}

/* Without it the merge has more to ask: no failure. */
static void find_base(struct syncfolder *sf, const struct found *f, struct pair *pair)
{
	autofree char *path = remote_path(sf, f->path);
	autoclose int fd = local_temporary();
	struct digest digest;
	struct note why;

	if (fd >= 0 && base_conflict_ancestor(sf->linked.base, f->copy, &digest) == OK &&
	    ancestor_fetch(sf->s->http, path, &digest, TEXTMERGE_LIMIT_BYTES, fd, &why) == OK)
		pair->base = TAKE_FD(fd);
}

static enum err put_merged(const struct place *p, const struct found *f, const struct pair *pair, struct span text)
{
	struct local_id expected = local_id_of(&pair->theirs_stat), now;
	struct partial part;
	enum err e;

	partial_init(&part);
	if ((e = partial_create(&part, p->temp)) == OK && (e = partial_write(&part, text.ptr, text.len)) == OK)
		e = fchmod(part.fd, pair->theirs_stat.st_mode & 0777) == 0 ? fsio_sync("sync-merge", part.fd) : E_IO;
	if (e == OK && (e = place_file(p, part.name, f->path, &expected, &now)) == OK) {
		partial_clear(&part); /* its name was given to what went to the trash */
		return drop_copy(p, f->copy);
	}
	partial_remove(&part);
	return e;
}

static enum err merge(struct syncfolder *sf, const struct found *f, struct pair *pair)
{
	struct textmerge texts = { .mine_label = "yours", .theirs_label = "server" };
	struct buf text = textmerge_buf();
	struct note why = { "" };
	autofree char *path = NULL;
	char *left = NULL;
	enum err e;

	find_base(sf, f, pair);
	path = remote_path(sf, f->path);
	texts.mine = pair->mine;
	texts.theirs = pair->theirs;
	texts.base = pair->base;
	e = settle_merge(sf->s, &texts, path, &text, &left, &why);
	if (e != OK)
		e = known_error(sf->s, e, f->path, why.text);
	else if ((e = put_merged(&sf->linked.place, f, pair, buf_span(&text))) != OK)
		e = known_error(sf->s, e, f->path, "the merge cannot be put in its place: both are as they were");
	if (left)
		output_hint(sf->s->out, "what you wrote so far is in %s", left);
	free(left);
	buf_clear(&text);
	return e;
}

/* ---- */

static enum err settle(struct syncfolder *sf, const struct found *f, enum settle_way way, struct pair *pair)
{
	struct session *s = sf->s;
	const struct place *p = &sf->linked.place;
	enum err e;

	if (way == SETTLE_MERGE) {
		if ((e = merge(sf, f, pair)) != OK)
			return e;
	} else if ((e = way == SETTLE_MINE ? keep_mine(p, f) : drop_copy(p, f->copy)) != OK) {
		return known_error(s, e == E_PRECONDITION ? E_IO : e, f->path,
				   e == E_PRECONDITION
				       ? "one of the two is no file, or another by now: compare them again"
				       : err_words(e));
	}
	if ((e = base_conflict_drop(sf->linked.base, f->copy)) != OK || (e = base_commit(sf->linked.base)) != OK)
		return known_error(s, e, sf->linked.root_path, "its state cannot be written");
	return syncfolder_run(sf);
}

static void say_way(struct session *s, const struct found *f, enum settle_way way)
{
	if (way == SETTLE_MERGE)
		output_say(s->out, "%s and %s would be merged", f->path, f->copy);
	else
		output_say(s->out, "%s would be settled with %s", f->path, way == SETTLE_MINE ? f->copy : f->path);
}

static enum err decide(struct syncfolder *sf, const struct found *f)
{
	struct session *s = sf->s;
	struct pair pair = { -1, -1, -1, { 0 } };
	struct difflines how = { .old_label = f->path, .new_label = f->copy };
	enum settle_way way = SETTLE_QUIT;
	enum err opened = open_pair(&sf->linked.place, f, &pair), e = OK;

	how.old = pair.theirs;
	how.new = pair.mine;
	/* Of a file that went, there is still mine to be kept. */
	if (opened != OK && !s->cli->mine && !s->cli->theirs)
		e = known_error(s, E_IO, f->path,
				"one of the two is no file: compare them, and remove what you do not want");
	else
		e = settle_ask(s, &how, &way);
	if (e == OK && way != SETTLE_QUIT && s->cli->dry_run)
		say_way(s, f, way);
	else if (e == OK && way != SETTLE_QUIT)
		e = settle(sf, f, way, &pair);
	close_pair(&pair);
	return e;
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
	if ((e = base_each_conflict(sf->linked.base, take_conflict, &f)) != OK) {
		e = known_error(s, e, sf->linked.root_path, "its state cannot be read");
	} else if (f.count == 0) {
		e = known_error(s, E_NOT_FOUND, word, "no conflict of this name waits here");
		output_hint(s->out, "what does:  %s status", s->cli->self);
	} else if (f.count > 1) {
		e = known_error(s, E_USAGE, word, "it has several conflict copies; name the one that is meant");
	} else {
		e = decide(sf, &f);
	}
	free(f.copy);
	free(f.path);
	return e;
}

/* The folder that PATH is in. */
static char *folder_of(const char *word)
{
	const char *slash = strrchr(word, '/');

	return slash ? xstrndup(word, (size_t)(slash - word) + (slash == word)) : xstrdup(".");
}

enum err command_resolve(struct session *s)
{
	const char *word = s->cli->operands[0];
	autofree char *folder = folder_of(word), *here = linked_find("."), *there = linked_find(folder);
	struct syncfolder f;
	enum err e;

	if (!here && !there)
		return resolvefile(s);
	if (s->cli->operand_count > 1)
		return known_error(s, E_USAGE, s->cli->operands[1], "in a cloned folder there is no other name for it");
	if ((e = syncfolder_open(s, here ? NULL : folder, &f)) == OK)
		e = resolve(&f, word);
	syncfolder_close(&f);
	return e;
}
