#include "client/sync/merge.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/partial.h"
#include "client/remote/ancestor.h"
#include "client/remote/getfile.h"
#include "client/sync/apply_priv.h"
#include "client/sync/linktext.h"
#include "client/sync/textmerge.h"
#include "client/sync/treepath.h"
#include "common/fsio.h"

/* ---- the plan ---- */

static bool is_small(int64_t bytes)
{
	return bytes >= 0 && bytes <= TEXTMERGE_LIMIT_BYTES;
}

static bool is_file_everywhere(const struct plan_item *x)
{
	return x->base.kind == PLAN_FILE && x->local.kind == PLAN_FILE && x->remote.kind == PLAN_FILE;
}

void merge_plan(struct work *w, const char *names)
{
	struct ignore *listed = names && strcmp(names, "none") == 0 ? NULL : ignore_new(names ? names : MERGE_NAMES);

	for (size_t i = 0; i < w->count && listed; i++) {
		struct plan_item *x = &w->items[i];
		const struct work_detail *d = &w->details[i];

		if (x->action == PLAN_ASIDE && is_file_everywhere(x) && d->local && !d->local->is_link &&
		    is_small(d->local->size_bytes) && is_small(d->remote->size_bytes) &&
		    ignore_matches(listed, treepath_name(x->path), false))
			x->action = PLAN_MERGE;
	}
	ignore_free(listed);
}

/* ---- carrying it out ---- */

struct merging {
	struct apply *a;
	size_t index;
	const struct plan_item *item;
	const struct work_detail *detail;
	int mine, base, theirs; /* -1: not open */
	mode_t mode;
	struct buf merged;
	struct digest digest; /* of it */
};

static enum err open_mine(struct merging *m, struct note *why)
{
	autofree char *parent = treepath_parent(m->item->path);
	autoclose int folder = -1;
	struct local_id id;
	struct stat st;

	if (local_folder_below(m->a->config->place.root, parent, false, &folder, why) != OK ||
	    local_open(folder, treepath_name(m->item->path), false, &m->mine, &st, why) != OK)
		return E_PRECONDITION;
	id = local_id_of(&st);
	m->mode = st.st_mode;
	return local_id_equal(&id, &m->detail->local->id) ? OK : E_PRECONDITION;
}

static enum err fetch_theirs(struct merging *m, struct note *why)
{
	char tag[DIGEST_ETAG_SIZE];
	struct getfile_end end;
	struct getfile ask = { .target = apply_target(m->a, m->item->path, false),
			       .if_match = digest_etag(&m->item->remote.digest, tag),
			       .limit_bytes = TEXTMERGE_LIMIT_BYTES,
			       .fd = m->theirs };
	enum err e = getfile(m->a->config->http, &ask, &end, why);

	getfile_end_clear(&end);
	if (e == E_NOT_FOUND)
		return E_PRECONDITION;
	return e == OK && !digest_equal(&end.digest, &m->item->remote.digest) ? E_CORRUPT : e;
}

/* E_PRECONDITION: it is another here or there by now. */
static enum err gather(struct merging *m, struct note *why)
{
	autofree char *path = apply_remote_path(m->a, m->item->path);
	enum err e;

	m->base = local_temporary();
	m->theirs = local_temporary();
	if (m->base < 0 || m->theirs < 0)
		return note_set(why, E_IO, "no temporary file can be made: %s", strerror(errno));
	if ((e = open_mine(m, why)) != OK || (e = fetch_theirs(m, why)) != OK)
		return e;
	e = ancestor_fetch(m->a->config->http, path, &m->item->base.digest, TEXTMERGE_LIMIT_BYTES, m->base, why);
	return e == E_PRECONDITION ? E_IO : e;
}

/* The bit that was changed there since we last agreed comes along; else what is here stays. */
static mode_t mode_of(const struct merging *m)
{
	const struct remote_row *r = m->detail->remote;
	mode_t mode = m->mode & 0777;

	if (r->is_executable == m->detail->base->remote.is_executable)
		return mode;
	return r->is_executable ? mode | (mode & 0444) >> 2 : mode & ~(mode_t)0111;
}

/* In the place of the file here, which goes to the trash.  E_PRECONDITION: that is another by now. */
static enum err put_here(const struct merging *m)
{
	const struct place *place = &m->a->config->place;
	struct partial part;
	struct local_id now;
	enum err e;

	partial_init(&part);
	if ((e = partial_create(&part, place->temp)) == OK &&
	    (e = partial_write(&part, m->merged.data, m->merged.len)) == OK)
		e = fchmod(part.fd, mode_of(m)) == 0 ? fsio_sync("sync-merge", part.fd) : err_from_errno(errno);
	if (e == OK)
		e = place_file(place, part.name, m->item->path, &m->detail->local->id, &now);
	if (e == OK)
		partial_clear(&part); /* its name is gone, or was given to what went to the trash */
	else
		partial_remove(&part);
	return e;
}

/* Both sides come from what the server has: what is here is an edit of it. */
static void settle(struct merging *m)
{
	struct base_row row = { .remote = *m->detail->remote };
	enum err e = base_agree(m->a->config->base, m->item->path, &row);

	if (e != OK)
		apply_base_failed(m->a, e);
	else
		apply_done(m->a, m->index, &(struct apply_end){ .bytes = (int64_t)m->merged.len, .digest = m->digest });
}

/* Half of one target and half of another are no target. */
static bool is_link_text(int fd)
{
	struct stat st;
	autofree char *target = fstat(fd, &st) == 0 ? linktext_target(fd, st.st_size) : NULL;

	return target != NULL;
}

static enum err merge(struct merging *m, struct note *why)
{
	struct textmerge texts = { .mine_label = "here", .theirs_label = "server" };
	enum err e = gather(m, why);

	if (e != OK)
		return e;
	if (is_link_text(m->base) || is_link_text(m->theirs))
		return E_CONFLICT;
	texts.mine = m->mine;
	texts.base = m->base;
	texts.theirs = m->theirs;
	e = textmerge_run(&texts, &m->merged, why);
	return e == E_PRECONDITION ? E_CONFLICT : e;
}

static void merging_clear(struct merging *m)
{
	const int fds[] = { m->mine, m->base, m->theirs };

	for (size_t i = 0; i < ARRAY_LEN(fds); i++)
		if (fds[i] >= 0)
			close(fds[i]);
	buf_clear(&m->merged);
}

void merge_here(struct apply *a, size_t index)
{
	struct merging m = { .a = a, .index = index, .mine = -1, .base = -1, .theirs = -1, .merged = textmerge_buf() };
	struct note why = { "" };
	enum err e;

	m.item = &a->work->items[index];
	m.detail = &a->work->details[index];
	e = merge(&m, &why);
	if (e == OK) {
		m.digest = digest_of(m.merged.data, m.merged.len);
		if (!digest_equal(&m.digest, &m.item->local.digest))
			e = put_here(&m);
		if (e == OK)
			settle(&m);
		else if (e != E_PRECONDITION)
			apply_fail(a, index, e, "the merge cannot be written here");
		else
			apply_skip(a, index);
	} else if (e == E_PRECONDITION) {
		apply_skip(a, index);
	} else if (apply_is_fatal(e)) {
		apply_fail(a, index, e, why.text);
	} else {
		apply_move_aside(a, index);
	}
	merging_clear(&m);
}
