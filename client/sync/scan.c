#include "client/sync/scan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/sync/linktext.h"
#include "client/sync/names.h"
#include "client/sync/treepath.h"
#include "common/clock.h"
#include "common/path.h"

const char scan_being_written[] = "it is being written";

static const char unreadable[] = "it cannot be read", a_link[] = "a symbolic link",
		  special[] = "neither file nor folder", mounted[] = "another file system is mounted there",
		  bad_name[] = "no server could hold this name",
		  clashing[] = "two names here differ only in how accents are written",
		  too_deep[] = "its path is too long";

struct walk {
	const struct scan_config *config;
	struct scan *out;
	struct base_walk *rows;
	const char *row_path; /* NULL: no more */
	struct base_row row;
	dev_t device;
	char *held;              /* what is below it is held, too; NULL: nothing */
	bool has_begun, is_full; /* the window */
};

/* ---- telling ---- */

static void *grown(void *array, size_t count, size_t *room, size_t size)
{
	if (count < *room)
		return array;
	*room = *room ? 2 * *room : 64;
	return xrealloc(array, *room * size);
}

/* Is what is told of `path` wanted?  The walk is there now, so the window may begin here, or end. */
static bool is_in_window(struct walk *w, const char *path)
{
	struct scan *s = w->out;
	size_t room = w->config->room ? w->config->room : SCAN_ROOM;

	if (!w->has_begun)
		w->has_begun = !w->config->from || treepath_compare(path, w->config->from) >= 0;
	if (w->has_begun && !w->is_full && s->entry_count + s->refresh_count >= room) {
		w->is_full = true;
		s->end = arena_strdup(s->arena, path);
	}
	return w->has_begun && !w->is_full;
}

static struct scan_entry *tell(struct walk *w, const char *path, enum plan_kind kind, bool has_base)
{
	struct scan *s = w->out;
	struct scan_entry *e;
	struct base_row *row = NULL;

	if (has_base) {
		row = arena_alloc(s->arena, sizeof *row);
		*row = w->row;
	}
	s->entries = grown(s->entries, s->entry_count, &s->entry_room, sizeof *s->entries);
	e = &s->entries[s->entry_count++];
	*e = (struct scan_entry){ .path = arena_strdup(s->arena, path), .value = { .kind = kind }, .base = row };
	return e;
}

static void skip(struct walk *w, const char *path, const char *why)
{
	struct scan *s = w->out;

	if (s->skip_count == SCAN_ROOM / 8) {
		s->skips_untold++;
		return;
	}
	s->skips = grown(s->skips, s->skip_count, &s->skip_room, sizeof *s->skips);
	s->skips[s->skip_count++] = (struct scan_skip){ arena_strdup(s->arena, path), why };
}

static void refresh(struct walk *w, const char *path, const struct local_id *id, int64_t taken_ns)
{
	struct scan *s = w->out;

	s->refreshes = grown(s->refreshes, s->refresh_count, &s->refresh_room, sizeof *s->refreshes);
	s->refreshes[s->refresh_count++] = (struct scan_refresh){ arena_strdup(s->arena, path), *id, taken_ns };
}

static void hold(struct walk *w, const char *path, bool has_base, const char *why)
{
	struct scan_entry *e = tell(w, path, PLAN_HELD, has_base);

	e->why = why;
	e->covers_below = true;
	free(w->held);
	w->held = xstrdup(path);
}

/* ---- the base's rows, beside the walk ---- */

static enum err next_row(struct walk *w)
{
	enum err e = base_walk_next(w->rows, &w->row_path, &w->row);

	if (e == E_NOT_FOUND)
		w->row_path = NULL;
	return e == E_NOT_FOUND ? OK : e;
}

static enum err begin_rows(struct walk *w)
{
	enum err e = w->config->base ? base_walk_begin(w->config->base, &w->rows) : E_NOT_FOUND;

	if (e == E_NOT_FOUND)
		return OK;
	return e == OK ? next_row(w) : e;
}

/* The row is of something that the walk did not meet.  What is below something held is not known, and held with it. */
static void tell_missing(struct walk *w)
{
	struct scan_entry *e;

	if (w->held && treepath_is_below(w->row_path, w->held))
		return;
	if (!is_in_window(w, w->row_path)) {
		w->out->gone_untold += !w->row.is_residue;
		w->out->gone_untold_top += !w->row.is_residue && !strchr(w->row_path, '/');
		return;
	}
	e = tell(w, w->row_path, PLAN_ABSENT, true);
	e->is_residue_gone = w->row.is_residue;
	e->is_ignored =
	    !w->row.is_residue && ignore_covers(w->config->ignore, w->row_path, w->row.remote.kind == PLAN_FOLDER);
}

/* Takes the rows before `path` (NULL: all that are left); true: then comes the row of `path` itself. */
static enum err catch_up(struct walk *w, const char *path, bool *out_is_there)
{
	enum err e = OK;
	int order = 1;

	while (w->row_path && (!path || (order = treepath_compare(w->row_path, path)) < 0)) {
		tell_missing(w);
		if ((e = next_row(w)) != OK)
			return e;
	}
	*out_is_there = w->row_path && path && order == 0;
	return OK;
}

/* ---- files ---- */

/* A lease for reading is to be had only where nobody has the file open for writing, fcntl(2); who may not ask is told no. */
static bool is_open_for_writing(int fd)
{
	if (fcntl(fd, F_SETLEASE, F_RDLCK) != 0)
		return errno == EAGAIN;
	fcntl(fd, F_SETLEASE, F_UNLCK);
	return false;
}

static bool is_changing(int fd, const struct local_id *before)
{
	struct stat st;
	struct local_id now;

	if (fstat(fd, &st) != 0)
		return true;
	now = local_id_of(&st);
	return !local_id_equal(&now, before);
}

/* The content's digest, of a file that nobody changed meanwhile.  NULL: it is there; else why not. */
static const char *read_file(const struct walk *w, int folder, const char *name, struct local_id *id, int64_t *taken_ns,
			     struct digest *out)
{
	struct note why;
	struct stat st;
	int fd = -1;
	const char *problem = NULL;

	*taken_ns = clock_now_ns();
	if (local_open(folder, name, false, &fd, &st, &why) != OK)
		return unreadable;
	*id = local_id_of(&st);
	if ((w->config->holds_open && is_open_for_writing(fd)) || local_digest(fd, st.st_size, out) != OK ||
	    is_changing(fd, id))
		problem = scan_being_written;
	close(fd);
	return problem;
}

/* The same of a link: that of the text that stands for it. */
static const char *read_link(int folder, const char *name, struct local_id *id, int64_t *taken_ns, struct digest *out,
			     int64_t *out_bytes)
{
	struct linktext text;
	enum err e;

	*taken_ns = clock_now_ns();
	if ((e = linktext_read(folder, name, &text, id)) != OK)
		return e == E_PRECONDITION ? scan_being_written : unreadable;
	*out = digest_of(text.bytes, text.len);
	*out_bytes = (int64_t)text.len;
	return NULL;
}

static void take_file(struct walk *w, int folder, const char *name, const char *path, const struct stat *st,
		      bool has_row)
{
	const struct base_row *row = &w->row;
	bool was_file = has_row && row->remote.kind == PLAN_FILE;
	struct local_id id = local_id_of(st);
	struct scan_entry *e;
	struct digest digest;
	int64_t taken_ns, size_bytes = 0;
	const char *problem;
	bool is_link = S_ISLNK(st->st_mode);
	/* A link has none of its own. */
	bool is_executable = is_link ? was_file && row->remote.is_executable : (st->st_mode & S_IXUSR) != 0;
	bool is_dressed_anew =
	    was_file && ((w->config->has_modes && is_executable != row->remote.is_executable) ||
			 (!w->config->without_times && id.mtime_ns / NS_PER_S != row->local.mtime_ns / NS_PER_S));

	w->out->files++;
	if (was_file && !is_dressed_anew && local_id_equal(&id, &row->local) && local_id_is_settled(&id, row->taken_ns))
		return;
	if (!is_in_window(w, path))
		return;
	problem = is_link ? read_link(folder, name, &id, &taken_ns, &digest, &size_bytes)
			  : read_file(w, folder, name, &id, &taken_ns, &digest);
	if (problem) {
		hold(w, path, has_row, problem);
		return;
	}
	if (was_file && !is_dressed_anew && digest_equal(&digest, &row->remote.digest)) {
		refresh(w, path, &id, taken_ns);
		return;
	}
	e = tell(w, path, PLAN_FILE, has_row);
	e->value.digest = digest;
	e->id = id;
	e->taken_ns = taken_ns;
	e->size_bytes = is_link ? size_bytes : id.size_bytes;
	e->is_executable = is_executable;
	e->is_link = is_link;
}

/* ---- folders ---- */

static enum err walk_names(struct walk *w, int fd, const char *path, const struct names *names);
static enum err walk_dirty(struct walk *w, int fd, const char *path);

/* How far the folder is to be read.  What the base does not know is read whole. */
static enum dirty_reach reach_of(const struct walk *w, const char *path, bool is_known)
{
	return w->config->dirty && is_known ? dirty_at(w->config->dirty, path) : DIRTY_WHOLE;
}

/* The rows of the folder and all below it: they are as they were. */
static enum err skip_rows(struct walk *w, const char *folder)
{
	enum err e = base_walk_skip(w->rows, folder);

	return e == OK ? next_row(w) : e;
}

struct folder_spelling {
	struct base *base;
	const char *folder;
};

static bool is_spelled_so(void *arg, const char *name)
{
	const struct folder_spelling *f = arg;
	autofree char *path = treepath_join(f->folder, name);
	struct remote_row remote;
	struct base_row row;

	return base_remote(f->base, path, &remote) == OK || base_get(f->base, path, &row) == OK;
}

static enum err read_names(const struct walk *w, int fd, const char *path, struct names *out)
{
	enum err e = names_read(fd, out);

	if (e == OK && w->config->spelling)
		names_respell(out, is_spelled_so, &(struct folder_spelling){ w->config->spelling, path });
	return e;
}

/* One that is no news is not told; one that stayed only for what is ignored in it is none while it has nothing else. */
static enum err take_folder(struct walk *w, int parent, const char *name, const char *path, bool has_row)
{
	bool was_residue = has_row && w->row.is_residue, is_told = false;
	enum dirty_reach reach = reach_of(w, path, has_row && w->row.remote.kind == PLAN_FOLDER);
	size_t at = w->out->entry_count;
	int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	autoclose int fd = reach == DIRTY_NOT ? -1 : openat(parent, name, flags);
	struct names names = { NULL, 0, 0 };
	bool is_readable;
	enum err e = OK;

	if (reach == DIRTY_NOT)
		return skip_rows(w, path);
	if (reach == DIRTY_BELOW && fd >= 0) {
		e = walk_dirty(w, fd, path);
		return e == OK ? skip_rows(w, path) : e;
	}
	is_readable =
	    fd >= 0 && ignore_read(w->config->ignore, path, fd) == OK && read_names(w, fd, path, &names) == OK;
	if (!is_readable)
		hold(w, path, has_row, unreadable);
	else if ((!has_row || w->row.remote.kind != PLAN_FOLDER) && is_in_window(w, path))
		is_told = tell(w, path, PLAN_FOLDER, has_row);
	if (has_row)
		e = next_row(w);
	if (e == OK && is_readable)
		e = walk_names(w, fd, path, &names);
	names_clear(&names);
	if (e == OK && is_told && was_residue && w->out->entry_count == at + 1)
		w->out->entry_count--;
	return e;
}

static const char *special_kind(const struct walk *w, const struct stat *st)
{
	if (S_ISLNK(st->st_mode))
		return w->config->with_links ? NULL : a_link;
	if (S_ISDIR(st->st_mode))
		return st->st_dev == w->device ? NULL : mounted;
	return S_ISREG(st->st_mode) ? NULL : special;
}

static enum err take_entry(struct walk *w, int folder, const char *below, const struct names_entry *n)
{
	autofree char *path = treepath_join(below, n->name);
	const char *problem;
	struct stat st;
	bool has_row = false;
	enum err e;

	if (strcmp(n->name, ".sync") == 0)
		return OK;
	if (path_check_name(span_of(n->name)) != OK || strlen(path) + 1 > PATH_LIMIT ||
	    treepath_depth(path) >= PATH_SEGMENTS_LIMIT) {
		skip(w, path, path_check_name(span_of(n->name)) != OK ? bad_name : too_deep);
		return OK;
	}
	if ((e = catch_up(w, path, &has_row)) != OK)
		return e;
	if (fstatat(folder, n->name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
		if (errno == ENOENT)
			return OK; /* it went meanwhile; a row is told when the walk is past it */
		hold(w, path, has_row, unreadable);
	} else if (ignore_matches(w->config->ignore, path, S_ISDIR(st.st_mode))) {
		if (has_row && !w->row.is_residue && is_in_window(w, path))
			tell(w, path, PLAN_ABSENT, true)->is_ignored = true;
	} else if ((problem = special_kind(w, &st))) {
		if (has_row)
			hold(w, path, true, problem);
		else
			skip(w, path, problem);
	} else if (n->is_clashing) {
		hold(w, path, has_row, clashing);
	} else {
		w->out->top += *below == '\0';
		if (S_ISDIR(st.st_mode))
			return take_folder(w, folder, n->name, path, has_row);
		take_file(w, folder, n->name, path, &st, has_row);
	}
	return has_row ? next_row(w) : OK;
}

static enum err walk_names(struct walk *w, int fd, const char *path, const struct names *names)
{
	const volatile sig_atomic_t *interrupted = w->config->interrupted;
	enum err e = OK;

	for (size_t i = 0; i < names->count && e == OK; i++)
		e = interrupted && *interrupted ? E_INTERRUPTED : take_entry(w, fd, path, &names->entries[i]);
	return e;
}

struct visit {
	struct walk *w;
	int fd;
};

/* A folder on the way to one that is dirty: it is in the base, and was there when what is above it was read. */
static enum err visit(void *arg, const char *path)
{
	const struct visit *v = arg;
	struct walk *w = v->w;
	enum err e = base_walk_seek(w->rows, path);

	if (e == OK)
		e = next_row(w);
	/* One that is not in the base, or no folder there, belongs to a change of the folder above, which tells of itself. */
	if (e != OK || !w->row_path || strcmp(w->row_path, path) != 0 || w->row.remote.kind != PLAN_FOLDER)
		return e;
	if (faccessat(v->fd, treepath_name(path), F_OK, AT_SYMLINK_NOFOLLOW) != 0 ||
	    ignore_matches(w->config->ignore, path, true))
		return OK;
	e = take_folder(w, v->fd, treepath_name(path), path, true);
	/* What follows the last name that is there: nobody else passes these rows. */
	while (e == OK && w->row_path && treepath_is_below(w->row_path, path)) {
		tell_missing(w);
		e = next_row(w);
	}
	return e;
}

static enum err walk_dirty(struct walk *w, int fd, const char *path)
{
	return dirty_each_in(w->config->dirty, path, visit, &(struct visit){ w, fd });
}

static enum err walk_root(struct walk *w)
{
	int fd = w->config->root;
	struct names names = { NULL, 0, 0 };
	enum dirty_reach reach = reach_of(w, "", true);
	enum err e;

	if (reach == DIRTY_NOT || reach == DIRTY_BELOW) {
		w->out->top = 1; /* or more: nothing in the root went */
		e = reach == DIRTY_BELOW ? walk_dirty(w, fd, "") : OK;
		w->row_path = NULL;
		return e;
	}
	e = ignore_read(w->config->ignore, "", fd);
	if (e == OK)
		e = read_names(w, fd, "", &names);
	if (e == OK)
		e = walk_names(w, fd, "", &names);
	names_clear(&names);
	return e;
}

enum err scan_run(const struct scan_config *config, struct scan *out, struct note *why)
{
	struct walk w = { .config = config, .out = out };
	struct stat st;
	bool is_there;
	enum err e;

	*out = (struct scan){ .arena = arena_new() };
	if (fstat(config->root, &st) != 0)
		return note_set(why, err_from_errno(errno), "%s", strerror(errno));
	w.device = st.st_dev;
	if ((e = begin_rows(&w)) == OK && (e = walk_root(&w)) == OK)
		e = catch_up(&w, NULL, &is_there);
	base_walk_end(w.rows);
	free(w.held);
	return e == OK ? OK : note_set(why, e, "the folder cannot be read: %s", err_words(e));
}

void scan_clear(struct scan *s)
{
	arena_free(s->arena);
	free(s->entries);
	free(s->refreshes);
	free(s->skips);
	memset(s, 0, sizeof *s);
}

/* ---- what stays ---- */

/* A folder without anything in it is one that is synced, whoever made it. */
static bool is_all_unsynced(const struct scan_config *config, int fd, const char *path)
{
	struct names names;
	bool all = names_read(fd, &names) == OK && names.count > 0;

	for (size_t i = 0; all && i < names.count; i++) {
		const char *name = names.entries[i].name;
		autofree char *inner = treepath_join(path, name);
		autoclose int below = -1;
		struct stat st;

		if (fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
			continue;
		if (path_check_name(span_of(name)) != OK || ignore_matches(config->ignore, inner, S_ISDIR(st.st_mode)))
			continue;
		if (S_ISDIR(st.st_mode)) {
			below = openat(fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
			all = below >= 0 && is_all_unsynced(config, below, inner);
		} else {
			all = !S_ISREG(st.st_mode) && !(config->with_links && S_ISLNK(st.st_mode));
		}
	}
	names_clear(&names);
	return all;
}

bool scan_is_residue(const struct scan_config *config, const char *path)
{
	struct note why;
	int fd = -1;
	bool is = false;

	if (local_folder_below(config->root, path, false, &fd, &why) == OK)
		is = is_all_unsynced(config, fd, path);
	if (fd >= 0)
		close(fd);
	return is;
}
