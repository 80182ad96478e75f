#include "client/sync/verify.h"

#include <stdlib.h>
#include <string.h>

#include "client/remote/contents.h"
#include "client/remote/members.h"
#include "client/sync/treepath.h"
#include "common/etag.h"
#include "common/folderhash.h"

struct verify {
	struct http *http;
	const char *collection;
	bool is_foreign; /* its tags say nothing of contents */
	struct scan *scan;
	const struct ignore *ignore;
	verify_fn *fn;
	void *arg;
	struct note *why;
};

/* ---- here ---- */

/* The index behind everything below the entry. */
static size_t end_of(const struct scan *s, size_t index)
{
	size_t end = index + 1;

	while (end < s->entry_count && treepath_is_below(s->entries[end].path, s->entries[index].path))
		end++;
	return end;
}

/* The hash of a folder whose members begin at `at` and end at `end`; what is held counts as nothing. */
static struct digest hash_members(struct scan *s, size_t at, size_t end)
{
	struct folder_sum sum = { { 0 } };
	int64_t members = 0;

	while (at < end) {
		struct scan_entry *e = &s->entries[at];
		size_t next = end_of(s, at);

		if (e->value.kind == PLAN_FOLDER)
			e->value.digest = hash_members(s, at + 1, next);
		if (e->value.kind != PLAN_HELD) {
			struct folder_sum term = folder_term(e->value.kind == PLAN_FOLDER,
							     span_of(treepath_name(e->path)), &e->value.digest);

			folder_add(&sum, &term);
			members++;
		}
		at = next;
	}
	return folder_hash(&sum, members);
}

/* ---- there ---- */

static bool digest_of_tag(const char *text, struct digest *out)
{
	struct etag tag;

	return text && etag_parse(span_of(text), &tag) && !tag.is_weak && digest_from_hex(tag.opaque, out);
}

static char *remote_path(const struct verify *v, const char *path)
{
	const char *collection = v->collection;

	if (!*path)
		return xstrdup(collection);
	return xasprintf("%s/%s", collection[1] ? collection : "", path);
}

static enum err compare_folder(struct verify *v, const char *path, size_t at, size_t end);

/* `out`: have both the same content, or all below it? */
static enum err ask_whether_equal(struct verify *v, const struct scan_entry *here, const struct listing_entry *there,
				  bool *out)
{
	autofree char *path = NULL;
	struct digest digest;
	enum err e = OK;

	*out = false;
	if (!v->is_foreign) {
		*out = digest_of_tag(there->etag, &digest) && digest_equal(&digest, &here->value.digest);
	} else if (!there->is_folder && (there->size_bytes < 0 || there->size_bytes == here->size_bytes)) {
		path = remote_path(v, here->path);
		e = contents_digest(v->http, path, &digest, v->why);
		*out = e == OK && digest_equal(&digest, &here->value.digest);
	}
	return e == E_NOT_FOUND ? OK : e;
}

static enum err compare_both(struct verify *v, size_t index, const struct listing_entry *there)
{
	const struct scan_entry *here = &v->scan->entries[index];
	bool is_folder = here->value.kind == PLAN_FOLDER, is_equal = false;
	enum err e = OK;

	if (here->value.kind == PLAN_HELD)
		v->fn(v->arg, VERIFY_HELD, here->path, here->why);
	else if (is_folder != there->is_folder)
		v->fn(v->arg, VERIFY_OTHER_KIND, here->path, NULL);
	else if ((e = ask_whether_equal(v, here, there, &is_equal)) != OK || is_equal)
		return e;
	else if (is_folder)
		return compare_folder(v, here->path, index + 1, end_of(v->scan, index));
	else
		v->fn(v->arg, VERIFY_OTHER_CONTENT, here->path, NULL);
	return OK;
}

static void tell_only_there(struct verify *v, const char *folder, const struct listing_entry *there)
{
	autofree char *path = treepath_join(folder, there->name);

	if (!treepath_is_ours(path) && !ignore_covers(v->ignore, path, there->is_folder))
		v->fn(v->arg, VERIFY_ONLY_THERE, path, NULL);
}

static void tell_only_here(struct verify *v, size_t index)
{
	const struct scan_entry *here = &v->scan->entries[index];

	v->fn(v->arg, here->value.kind == PLAN_HELD ? VERIFY_HELD : VERIFY_ONLY_HERE, here->path, here->why);
}

/* Both are in the order of the bytes of the names. */
static enum err compare_members(struct verify *v, const char *folder, size_t at, size_t end, const struct listing *l)
{
	size_t i = 0;
	enum err e = OK;

	while (e == OK && (at < end || i < l->count)) {
		int order = at == end       ? 1
			    : i == l->count ? -1
					    : strcmp(treepath_name(v->scan->entries[at].path), l->entries[i].name);

		if (order < 0)
			tell_only_here(v, at);
		else if (order > 0)
			tell_only_there(v, folder, &l->entries[i]);
		else
			e = compare_both(v, at, &l->entries[i]);
		if (order <= 0)
			at = end_of(v->scan, at);
		i += order >= 0;
	}
	return e;
}

static enum err compare_folder(struct verify *v, const char *path, size_t at, size_t end)
{
	autofree char *remote = remote_path(v, path);
	struct members m;
	enum err e = members_ask(v->http, remote, true, true, &m, v->why);

	if (e == OK)
		e = compare_members(v, path, at, end, &m.list);
	members_clear(&m);
	return e;
}

enum err verify_run(struct http *http, const char *collection, bool is_foreign, struct scan *scan,
		    const struct ignore *ignore, verify_fn *fn, void *arg, struct digest *out, struct note *why)
{
	struct verify v = { http, collection, is_foreign, scan, ignore, fn, arg, why };
	struct digest there;
	struct members m;
	bool is_equal;
	enum err e;

	*out = hash_members(scan, 0, scan->entry_count);
	e = members_ask(http, collection, true, false, &m, why);
	is_equal = e == OK && !is_foreign && digest_of_tag(m.self.etag, &there) && digest_equal(&there, out);
	members_clear(&m);
	return e == OK && !is_equal ? compare_folder(&v, "", 0, scan->entry_count) : e;
}
