#include "server/store/txn.h"

#include <string.h>

#include "common/path.h"
#include "common/rand.h"
#include "server/store/tree.h"
#include "server/store/upload.h"

/* The longest author and client that the journal keeps. */
enum { AUTHOR_MAX = 64, CLIENT_MAX = 255 };

static struct span copy(struct arena *a, struct span s)
{
	return (struct span){ arena_span(a, s), s.len };
}

static struct span copy_cut(struct arena *a, const char *text, size_t max)
{
	struct span s = span_of(text);

	s.len = MIN(s.len, max);
	return copy(a, s);
}

struct store_txn *store_txn_new(const struct store_author *author)
{
	struct arena *arena = arena_new();
	struct store_txn *t = arena_zalloc(arena, sizeof *t);

	t->arena = arena;
	t->user = copy_cut(arena, author ? author->user : NULL, AUTHOR_MAX);
	t->client = copy_cut(arena, author ? author->client : NULL, CLIENT_MAX);
	rand_bytes(t->key, sizeof t->key);
	return t;
}

void store_txn_set_run(struct store_txn *t, const unsigned char *run)
{
	memcpy(t->key, run, sizeof t->key);
}

struct txn_path txn_path_split(struct arena *a, struct span path)
{
	struct txn_path out = { .is_reserved = path_is_reserved(path) };
	struct span stored = copy(a, path), rest = stored, name;
	char room[TREE_KEY_SIZE];
	unsigned count = 0;

	while (path_next(&rest, &name))
		count++;
	out.names = arena_alloc(a, count * sizeof *out.names);
	for (rest = stored; path_next(&rest, &name);) {
		struct span key = tree_key(name, room);

		out.names[out.count++] = (struct txn_name){ name, key.ptr == name.ptr ? name : copy(a, key) };
	}
	return out;
}

static void copy_if(struct arena *a, struct txn_step *step, const struct store_if *ifs)
{
	struct store_if *out = arena_zalloc(a, sizeof *out);
	struct store_if_list *lists = arena_zalloc(a, ifs->list_count * sizeof *lists);
	struct txn_path *paths = arena_zalloc(a, ifs->list_count * sizeof *paths);

	for (unsigned i = 0; i < ifs->list_count; i++) {
		struct store_if_term *terms = arena_zalloc(a, ifs->lists[i].term_count * sizeof *terms);

		lists[i] = ifs->lists[i];
		for (unsigned k = 0; k < lists[i].term_count; k++) {
			terms[k] = ifs->lists[i].terms[k];
			terms[k].text = copy(a, terms[k].text);
		}
		lists[i].terms = terms;
		lists[i].path = copy(a, lists[i].path);
		paths[i] = txn_path_split(a, lists[i].path);
	}
	*out = (struct store_if){ lists, ifs->list_count };
	step->ifs = out;
	step->if_paths = paths;
}

static void copy_props(struct arena *a, struct txn_step *step, const struct store_step *s)
{
	struct store_prop_change *props = arena_zalloc(a, s->prop_count * sizeof *props);

	for (unsigned i = 0; i < s->prop_count; i++) {
		const struct store_prop *p = &s->props[i].prop;

		props[i].is_remove = s->props[i].is_remove;
		props[i].prop =
		    (struct store_prop){ copy(a, p->xmlns), copy(a, p->name), copy(a, p->lang), copy(a, p->value) };
	}
	step->props = props;
	step->prop_count = s->prop_count;
}

static void copy_lock(struct arena *a, struct txn_step *step, const struct store_step *s)
{
	if (s->lock) {
		step->lock = *s->lock;
		step->lock.owner = copy(a, s->lock->owner);
	}
	if (s->token)
		memcpy(step->token, s->token, sizeof step->token);
}

void store_txn_add(struct store_txn *t, const struct store_step *s)
{
	struct txn_step *step = arena_zalloc(t->arena, sizeof *step);

	step->op = s->op;
	step->path = txn_path_split(t->arena, s->path);
	if (s->op == STORE_COPY || s->op == STORE_MOVE)
		step->destination = txn_path_split(t->arena, s->destination);
	step->has_cond = s->cond && !cond_is_none(s->cond);
	if (step->has_cond)
		step->cond = cond_dup(s->cond);
	step->has_content = s->content != NULL;
	if (s->content)
		step->content = *s->content;
	if (s->ifs)
		copy_if(t->arena, step, s->ifs);
	if (s->prop_count)
		copy_props(t->arena, step, s);
	if (step->ifs && !t->claims)
		t->claims = step;
	copy_lock(t->arena, step, s);
	step->mtime_ns = s->mtime_ns;
	step->type = copy_cut(t->arena, s->type, STORE_TYPE_SIZE - 1);
	step->is_collection = s->is_collection;
	step->overwrite = s->overwrite;
	step->is_shallow = s->is_shallow;
	step->stage = s->stage;
	step->node = s->node;
	step->number = s->number;
	step->is_itself = s->is_itself;
	step->executable = s->executable;
	if (s->sums)
		step->sums = *s->sums;
	step->upload = s->upload;
	if (s->upload) {
		step->digest = upload_digest(s->upload);
		step->place = upload_place(s->upload);
	}
	if (t->last)
		t->last->next = step;
	else
		t->first = step;
	t->last = step;
	t->step_count++;
}

void store_txn_free(struct store_txn *t)
{
	if (!t)
		return;
	for (struct txn_step *step = t->first; step; step = step->next) {
		if (step->has_cond)
			cond_clear(&step->cond);
		upload_free(step->upload);
	}
	arena_free(t->arena);
}
