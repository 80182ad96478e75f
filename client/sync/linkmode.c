/*
 * Whether a linked folder's symbolic links are synced (linked.h): the key `links` of its config; and what came as a text before becomes the
 * link that it stands for.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/partial.h"
#include "client/sync/linked.h"
#include "client/sync/linktext.h"
#include "client/sync/treepath.h"
#include "common/clock.h"
#include "common/fsio.h"

enum { CONFIG_LIMIT = 16 << 10 };

static const char config_file[] = "config";

/* The config with that one key changed; it has one section. */
static enum err write_key(const struct linked *l, bool with_links)
{
	struct buf old = buf_new(CONFIG_LIMIT), new = buf_new(2 * CONFIG_LIMIT);
	struct span rest, line;
	enum err e = fsio_read_file(l->dot, config_file, &old);

	rest = buf_span(&old);
	while (e == OK && rest.len && span_cut(&rest, '\n', &line))
		if (!span_starts(line, "links"))
			e = buf_addf(&new, "%.*s\n", (int)line.len, line.ptr);
	if (e == OK)
		e = buf_addf(&new, "links = %s\n", with_links ? "text" : "skip");
	if (e == OK)
		e = fsio_write_file(l->dot, config_file, 0600, buf_span(&new));
	buf_clear(&old);
	buf_clear(&new);
	return e;
}

/* ---- what came as a text ---- */

/* The target, if the file is as the base has it and stands for a link.  NULL: neither. */
static char *target_of(const struct linked *l, const char *path, const struct base_row *row)
{
	autofree char *parent = treepath_parent(path);
	autoclose int folder = -1, fd = -1;
	struct local_id id;
	struct stat st;
	struct note why;

	if (local_folder_below(l->place.root, parent, false, &folder, &why) != OK ||
	    local_open(folder, treepath_name(path), false, &fd, &st, &why) != OK)
		return NULL;
	id = local_id_of(&st);
	return local_id_equal(&id, &row->local) ? linktext_target(fd, st.st_size) : NULL;
}

/* In the place of the text, which goes to the trash.  What cannot be a link here, or changed meanwhile, stays. */
static enum err make_link(struct linked *l, const char *path, struct base_row *row, const char *target)
{
	struct partial part;
	enum err e;

	partial_init(&part);
	if ((e = partial_create(&part, l->place.temp)) != OK)
		return e;
	if (unlinkat(part.folder, part.name, 0) != 0 || symlinkat(target, part.folder, part.name) != 0 ||
	    place_file(&l->place, part.name, path, &row->local, &row->local) != OK) {
		partial_remove(&part);
		return OK;
	}
	partial_clear(&part); /* the name is that of what went to the trash */
	row->taken_ns = clock_now_ns();
	return base_agree(l->base, path, row);
}

struct paths {
	char **items;
	size_t count, room;
};

/* Those that are small enough. */
static enum err gather(struct base *base, struct paths *out)
{
	struct base_walk *walk = NULL;
	struct base_row row;
	const char *path;
	enum err e = base_walk_begin(base, &walk);

	while (e == OK && (e = base_walk_next(walk, &path, &row)) == OK) {
		if (row.remote.kind != PLAN_FILE || row.local.size_bytes > LINKTEXT_BYTES)
			continue;
		if (out->count == out->room) {
			out->room = out->room ? 2 * out->room : 64;
			out->items = xrealloc(out->items, out->room * sizeof *out->items);
		}
		out->items[out->count++] = xstrdup(path);
	}
	base_walk_end(walk);
	return e == E_NOT_FOUND ? OK : e;
}

static enum err take_up(struct linked *l, const char *path)
{
	autofree char *target = NULL;
	struct base_row row;
	enum err e = base_get(l->base, path, &row);

	if (e != OK || !(target = target_of(l, path, &row)))
		return e;
	return make_link(l, path, &row, target);
}

static enum err convert(struct linked *l)
{
	struct paths paths = { NULL, 0, 0 };
	enum err e = linked_begin_change(l);

	if (e == OK)
		e = gather(l->base, &paths);
	for (size_t i = 0; i < paths.count; i++) {
		if (e == OK)
			e = take_up(l, paths.items[i]);
		free(paths.items[i]);
	}
	free(paths.items);
	return e == OK ? linked_end_change(l) : e;
}

enum err linked_set_links(struct linked *l, bool with_links, struct note *why)
{
	enum err e = OK;

	/* The config after the files: killed in between, it is begun once more. */
	if (with_links && place_has_links(&l->place))
		e = convert(l);
	if (e == OK)
		e = write_key(l, with_links);
	if (e != OK)
		return note_set(why, e, "whether links are synced cannot be kept: %s", err_words(e));
	l->with_links = with_links;
	return OK;
}
