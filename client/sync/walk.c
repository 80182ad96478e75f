#include "client/sync/walk.h"

#include <stdlib.h>
#include <string.h>

#include "client/remote/members.h"
#include "client/sync/tag.h"
#include "client/sync/treepath.h"
#include "common/path.h"

/* A folder that is listed and then not there was removed meanwhile: everything is asked for once more, so often. */
enum { TRIES_MAX = 3 };

struct queue {
	char **paths;
	size_t count, room;
};

struct walk {
	struct http *http;
	const char *collection;
	struct base *base;
	struct queue folders;   /* to be asked for */
	bool is_new, is_moving; /* is_moving: a folder went while we walked */
	enum err error;
	struct note *why;
};

/* One folder that is asked for. */
struct visit {
	struct walk *walk;
	char *path;
};

/* What was known of a folder's members, in the order of the bytes of their names. */
struct known {
	char **paths;
	struct tag *tags;
	size_t count, room;
};

/* ---- small things ---- */

static void queue_add(struct queue *q, const char *path)
{
	if (q->count == q->room) {
		q->room = q->room ? 2 * q->room : 64;
		q->paths = xrealloc(q->paths, q->room * sizeof *q->paths);
	}
	q->paths[q->count++] = xstrdup(path);
}

static void queue_clear(struct queue *q)
{
	for (size_t i = 0; i < q->count; i++)
		free(q->paths[i]);
	free(q->paths);
	*q = (struct queue){ NULL, 0, 0 };
}

static enum err add_known(void *arg, const char *path, const struct tag *t)
{
	struct known *k = arg;

	if (k->count == k->room) {
		k->room = k->room ? 2 * k->room : 32;
		k->paths = xrealloc(k->paths, k->room * sizeof *k->paths);
		k->tags = xrealloc(k->tags, k->room * sizeof *k->tags);
	}
	k->paths[k->count] = xstrdup(path);
	k->tags[k->count++] = *t;
	return OK;
}

static void known_clear(struct known *k)
{
	for (size_t i = 0; i < k->count; i++)
		free(k->paths[i]);
	free(k->paths);
	free(k->tags);
}

static char *remote_path(const struct walk *w, const char *path)
{
	const char *collection = w->collection;

	return *path ? xasprintf("%s/%s", collection[1] ? collection : "", path) : xstrdup(collection);
}

/* ---- one member ---- */

static enum err forget_member(struct walk *w, const char *path, const struct tag *was)
{
	struct remote_row gone = { .kind = PLAN_ABSENT };
	enum err e = OK;

	if (was->kind == PLAN_FOLDER)
		e = base_saw_none_below(w->base, path);
	if (e == OK)
		e = tag_drop(w->base, path);
	return e == OK ? base_saw(w->base, path, &gone) : e;
}

static enum err saw_folder(struct walk *w, const char *path, const struct tag *was)
{
	struct tag now = { .kind = PLAN_FOLDER, .size_bytes = -1 };
	struct remote_row row = { .kind = PLAN_FOLDER };
	enum err e;

	queue_add(&w->folders, path);
	if (was && was->kind == PLAN_FOLDER)
		return OK;
	w->is_new = true;
	e = base_saw(w->base, path, &row);
	return e == OK ? tag_put(w->base, path, &now) : e;
}

static enum err saw_file(struct walk *w, const char *path, const struct listing_entry *entry, const struct tag *was)
{
	struct tag now = { .kind = PLAN_FILE, .size_bytes = entry->size_bytes, .mtime_s = entry->mtime_s };
	/* The time stays with the tag: what it is made of there is no change of anybody's. */
	struct remote_row row = { .kind = PLAN_FILE, .size_bytes = entry->size_bytes };
	enum err e = OK;

	tag_set_etag(&now, entry->etag);
	if (was && tag_is_same(was, &now))
		return OK;
	w->is_new = true;
	tag_set_unread(&now, path);
	row.digest = now.digest;
	if (was && was->kind == PLAN_FOLDER)
		e = forget_member(w, path, was);
	if (e == OK)
		e = base_saw(w->base, path, &row);
	return e == OK ? tag_put(w->base, path, &now) : e;
}

/* A name that was not there, and of which nothing is told, is one that a lock keeps: it comes when it is written. */
static enum err saw_member(struct walk *w, const char *path, const struct listing_entry *entry, const struct tag *was)
{
	if (!was && listing_is_bare(entry))
		return OK;
	if (!entry->has_kind || listing_is_bare(entry))
		return note_set(w->why, E_BAD_REQUEST, "the server does not tell what %.120s is", path);
	if (strlen(path) + 1 > PATH_LIMIT || treepath_depth(path) >= PATH_SEGMENTS_LIMIT)
		return note_set(w->why, E_BAD_REQUEST, "the server's path %.120s... is too long to be kept here", path);
	return entry->is_folder ? saw_folder(w, path, was) : saw_file(w, path, entry, was);
}

/* Both are in the order of the bytes of the names. */
static enum err merge(struct walk *w, const char *folder, const struct listing *l, const struct known *k)
{
	size_t i = 0, j = 0;
	enum err e = OK;

	while (e == OK && (i < l->count || j < k->count)) {
		int order = i == l->count   ? 1
			    : j == k->count ? -1
					    : strcmp(l->entries[i].name, treepath_name(k->paths[j]));
		autofree char *path = order <= 0 ? treepath_join(folder, l->entries[i].name) : xstrdup(k->paths[j]);

		if (order > 0) {
			w->is_new = true;
			e = forget_member(w, path, &k->tags[j]);
		} else if (!treepath_is_ours(path)) {
			e = saw_member(w, path, &l->entries[i], order == 0 ? &k->tags[j] : NULL);
		}
		i += order <= 0;
		j += order >= 0;
	}
	return e;
}

/* ---- one folder ---- */

static void fail(struct walk *w, const char *folder, enum err e, const struct note *why)
{
	if (w->error != OK)
		return;
	w->error = e;
	w->is_moving = e == E_NOT_FOUND && *folder;
	if (why->text[0] && *folder)
		(void)note_set(w->why, e, "%.100s: %.90s", folder, why->text);
	else if (why->text[0])
		*w->why = *why;
}

static void listed(void *arg, enum err e, const struct note *why, struct members *m)
{
	struct visit *v = arg;
	struct walk *w = v->walk;
	struct known known = { NULL, NULL, 0, 0 };
	struct note odd = *why;

	if (e == OK && !m->is_folder)
		e = note_set(&odd, E_BAD_REQUEST, "it is no folder on the server");
	if (e != OK) {
		fail(w, v->path, e, &odd);
	} else if (w->error == OK) {
		if ((e = tag_each_in(w->base, v->path, add_known, &known)) == OK)
			e = merge(w, v->path, &m->list, &known);
		w->error = e;
	}
	known_clear(&known);
	members_clear(m);
	free(v->path);
	free(v);
}

static bool more_folders(void *arg)
{
	struct walk *w = arg;
	struct visit *v;
	autofree char *path = NULL;

	if (w->error != OK || !w->folders.count)
		return false;
	v = xcalloc(1, sizeof *v);
	*v = (struct visit){ w, w->folders.paths[--w->folders.count] };
	path = remote_path(w, v->path);
	members_start(w->http, path, true, true, listed, v);
	return true;
}

static enum err walk_once(struct walk *w)
{
	enum err e = tag_complete(w->base);

	if (e != OK)
		return e;
	w->error = OK;
	w->is_new = w->is_moving = false;
	w->why->text[0] = '\0';
	queue_add(&w->folders, "");
	http_run(w->http, more_folders, w);
	queue_clear(&w->folders);
	return w->error;
}

enum err walk_fetch(struct http *http, const char *collection, struct base *base, struct changes_result *out,
		    struct note *why)
{
	static const char walked[] = "walked";
	struct walk w = { .http = http, .collection = collection, .base = base, .why = why };
	autofree char *before = NULL;
	enum err e = base_meta_get(base, walked, &before);

	*out = (struct changes_result){ .is_merge = e == E_NOT_FOUND };
	if (e == E_NOT_FOUND)
		e = OK;
	for (int i = 0; e == OK; i++) {
		if ((e = base_commit(base)) == OK) /* a walk is one transaction */
			e = walk_once(&w);
		if (e == OK)
			break;
		base_rollback(base);
		if (!w.is_moving || i + 1 == TRIES_MAX)
			break;
		e = OK;
	}
	if (e == OK && !before)
		e = base_meta_put(base, walked, "yes");
	if (e == OK)
		e = base_commit(base);
	out->is_new = e != OK || w.is_new;
	/* Of a folder in the middle it is no 404 of the whole. */
	if (e == E_NOT_FOUND && w.is_moving)
		e = note_set(why, E_BAD_REQUEST, "the folders there keep changing while they are listed");
	if (e != OK && !why->text[0])
		return note_set(why, e, "the state of this folder: %s", err_words(e));
	return e;
}
