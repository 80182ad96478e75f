#include "tests/model/disk.h"

#include <assert.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/sync/treepath.h"
#include "tests/model/otherdav.h"
#include "tests/model/wire.h"

enum { CONTENTS = 20000, CROWD = 50, NEST_MOST = 12, KINDS = 11 };

static bool replaced[CONTENTS], moved[CONTENTS];
static unsigned last, names, edits;

unsigned disk_edits(void)
{
	return edits;
}

unsigned disk_last(void)
{
	return last;
}

bool disk_is_replaced(unsigned content)
{
	return replaced[content];
}

bool disk_is_moved(unsigned content)
{
	return moved[content];
}

void disk_begin(void)
{
	memset(moved, 0, sizeof moved);
	memset(replaced, 0, sizeof replaced);
	last = names = 0;
}

/* ---- reading ---- */

static void load_file(const char *path, struct tree_node *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	ssize_t len = fd < 0 ? -1 : read(fd, out->text, sizeof out->text - 1);

	assert(len >= 0 && fstat(fd, &st) == 0);
	out->text[len] = '\0';
	out->is_executable = st.st_mode & S_IXUSR;
	close(fd);
}

static void load_folder(const char *root, const char *below, struct tree *out)
{
	autofree char *at = treepath_join(root, below);
	DIR *d = opendir(*below ? at : root);
	const struct dirent *entry;

	assert(d);
	while ((entry = readdir(d))) {
		struct tree_node *n = &out->nodes[out->count];
		autofree char *path = treepath_join(below, entry->d_name), *whole = treepath_join(root, path);
		struct stat st;

		if (entry->d_name[0] == '.')
			continue;
		assert(out->count < TREE_NODES && strlen(path) < TREE_PATH && lstat(whole, &st) == 0);
		*n = (struct tree_node){ .kind = S_ISDIR(st.st_mode) ? PLAN_FOLDER : PLAN_FILE };
		snprintf(n->path, sizeof n->path, "%s", path);
		out->count++;
		if (n->kind == PLAN_FOLDER)
			load_folder(root, path, out);
		else
			load_file(whole, n);
	}
	closedir(d);
}

static int by_path(const void *a, const void *b)
{
	const struct tree_node *x = a, *y = b;

	return treepath_compare(x->path, y->path);
}

void disk_load(const char *root, struct tree *out)
{
	out->count = 0;
	load_folder(root, "", out);
	qsort(out->nodes, out->count, sizeof out->nodes[0], by_path);
}

/* ---- users ---- */

static void take_away(const char *root, const struct tree *t, const char *path)
{
	for (size_t i = t->count; i-- > 0;) {
		const struct tree_node *n = &t->nodes[i];
		autofree char *whole = treepath_join(root, n->path);

		if (strcmp(n->path, path) != 0 && !treepath_is_below(n->path, path))
			continue;
		if (n->kind == PLAN_FILE)
			replaced[tree_number(n->text)] = true;
		if ((n->kind == PLAN_FILE ? unlink(whole) : rmdir(whole)) != 0)
			abort();
	}
}

void disk_wipe(const char *root)
{
	static struct tree t;

	disk_load(root, &t);
	for (size_t i = 0; i < t.count; i++)
		if (!strchr(t.nodes[i].path, '/'))
			take_away(root, &t, t.nodes[i].path);
}

/* As editors do: a new file, renamed to its place. */
static void put(const char *root, const char *path, unsigned content)
{
	autofree char *whole = treepath_join(root, path), *temp = xasprintf("%s/.sync/tmp/user", root);
	int fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

	if (fd < 0 || dprintf(fd, "content %u", content) < 0 || close(fd) != 0 || rename(temp, whole) != 0)
		abort();
}

static void random_path(const struct tree *t, char out[TREE_PATH])
{
	const char *parent = "";

	for (int tries = 0; t->count && wire_below(2) && tries < 6; tries++) {
		const struct tree_node *n = &t->nodes[wire_below((unsigned)t->count)];

		if (n->kind == PLAN_FOLDER && strlen(n->path) < NEST_MOST)
			parent = n->path;
	}
	snprintf(out, TREE_PATH, "%.40s%s%c", parent, *parent ? "/" : "", 'a' + (int)wire_below(3));
}

/* Sometimes what is there; else a place, taken or not. */
static void random_there(const struct tree *t, char out[TREE_PATH])
{
	if (t->count && wire_below(2))
		snprintf(out, TREE_PATH, "%s", t->nodes[wire_below((unsigned)t->count)].path);
	else
		random_path(t, out);
}

static void write_file(const char *root, const struct tree *t, const char *path)
{
	const struct tree_node *n = tree_find_in(t, path);

	if (n && n->kind == PLAN_FOLDER && wire_below(3))
		return;
	if (n)
		take_away(root, t, path);
	last++;
	assert(last < CONTENTS);
	put(root, path, last);
}

static void make_folder(const char *root, const struct tree *t, const char *path)
{
	autofree char *whole = treepath_join(root, path);
	const struct tree_node *n = tree_find_in(t, path);

	if (n && (n->kind == PLAN_FOLDER || wire_below(3)))
		return;
	if (n)
		take_away(root, t, path);
	if (mkdir(whole, 0755) != 0)
		abort();
}

static void rename_some(const char *root, const struct tree *t, const char *from)
{
	char to[TREE_PATH];
	autofree char *old = treepath_join(root, from), *new = NULL;

	random_path(t, to);
	if (!tree_find_in(t, from) || tree_find_in(t, to) || strcmp(from, to) == 0 || treepath_is_below(to, from))
		return;
	new = treepath_join(root, to);
	if (rename(old, new) != 0)
		abort();
	for (size_t i = 0; i < t->count; i++)
		if (t->nodes[i].kind == PLAN_FILE &&
		    (strcmp(t->nodes[i].path, from) == 0 || treepath_is_below(t->nodes[i].path, from)))
			moved[tree_number(t->nodes[i].text)] = true;
}

static void copy_some(const char *root, const struct tree *t, const char *from)
{
	const struct tree_node *n = tree_find_in(t, from);
	char to[TREE_PATH];

	if (!n || n->kind != PLAN_FILE)
		return;
	snprintf(to, sizeof to, "n%u", names++);
	if (tree_find_in(t, to))
		return;
	put(root, to, tree_number(n->text));
	replaced[tree_number(n->text)] = false;
}

static void change_mode(const char *root, const struct tree *t, const char *path)
{
	const struct tree_node *n = tree_find_in(t, path);
	autofree char *whole = treepath_join(root, path);

	if (n && n->kind == PLAN_FILE && chmod(whole, n->is_executable ? 0644 : 0755) != 0)
		abort();
}

void disk_edit(const char *root)
{
	static struct tree t;
	char path[TREE_PATH];
	unsigned kind = wire_below(KINDS);

	disk_load(root, &t);
	edits++;
	if (t.count > CROWD)
		kind = 5;
	if (kind < 5)
		random_path(&t, path);
	else
		random_there(&t, path);
	wire_trace("   user %s %u %s (next %u)\n", root, kind, path, last + 1);
	if (kind < 4)
		write_file(root, &t, path);
	else if (kind == 4)
		make_folder(root, &t, path);
	else if (kind < 7)
		take_away(root, &t, path);
	else if (kind < 9)
		rename_some(root, &t, path);
	else if (kind == 9)
		copy_some(root, &t, path);
	else
		change_mode(root, &t, path);
}

void disk_edit_there(void)
{
	const struct tree *t = tree_now();
	char path[TREE_PATH];
	bool goes = wire_below(4) == 0;
	const struct tree_node *n;

	random_there(t, path);
	n = tree_find_in(t, path);
	if (otherdav_is_locked(path) || !tree_has_parent(path) || (n && n->kind == PLAN_FOLDER) || (goes && !n) ||
	    t->count > CROWD)
		return;
	edits++;
	if (n)
		replaced[tree_number(n->text)] = true;
	wire_trace("   somebody there %s %u\n", path, goes ? 0 : last + 1);
	remote_edit(path, goes ? 0 : ++last);
}
