/*
 * push LOCAL... [REMOTE]: which files; what happens to one is pushfile.c.
 */
#include <assert.h>
#include <errno.h>
#include <fnmatch.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "client/cmd/cmd.h"
#include "client/cmd/known.h"
#include "client/cmd/pushfile.h"

struct push {
	unsigned magic;
	struct session *s;
	struct operands operands;
	size_t at;
	FTS *tree;            /* being walked, or NULL */
	size_t tree_root_len; /* of the operand's path in those of its tree */
};

enum { PUSH_MAGIC = 0x70757372 };

static void report(struct push *p, const char *local, const char *path, enum result_word word, enum err e,
		   const char *why)
{
	output_result(
	    p->s->out,
	    &(struct result){
		.name = local, .path = path, .local = local, .word = word, .err = e, .bytes = -1, .error = why });
}

/* Names that the config's `ignore` leaves out, and our own marker. */
static bool is_ignored(const struct push *p, const char *name)
{
	struct span rest = span_of(p->s->config.ignore), pattern;

	if (strcmp(name, ".sync") == 0)
		return true;
	while (span_cut(&rest, ' ', &pattern)) {
		autofree char *text = span_dup(pattern);

		if (pattern.len && fnmatch(text, name, 0) == 0)
			return true;
	}
	return false;
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

static void open_tree(struct push *p, const char *local)
{
	char *copy = xstrdup(local), *roots[] = { copy, NULL };
	size_t len = strlen(copy);

	while (len > 1 && copy[len - 1] == '/')
		copy[--len] = '\0';
	p->tree_root_len = strcmp(copy, "/") == 0 ? 0 : len;
	p->tree = fts_open(roots, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR, by_name);
	free(copy);
	if (!p->tree)
		report(p, local, NULL, RESULT_FAILED, E_IO, strerror(errno));
}

/* "/backup" and "docs/a/b" with root "docs" to "/backup/a/b". */
static char *path_in_tree(const struct push *p, const FTSENT *entry)
{
	const char *root = p->operands.items[p->at].remote, *below = entry->fts_path + p->tree_root_len;

	return xasprintf("%s%s", strcmp(root, "/") == 0 && *below ? "" : root, below);
}

static void push_entry(struct push *p, FTSENT *entry)
{
	autofree char *path = path_in_tree(p, entry);

	if (path_check(span_of(path)) != OK) {
		report(p, entry->fts_path, NULL, RESULT_REFUSED, E_BAD_REQUEST, "a name that no server could hold");
		if (entry->fts_info == FTS_D)
			fts_set(p->tree, entry, FTS_SKIP);
		return;
	}
	switch (entry->fts_info) {
	case FTS_F:
		pushfile_start(p->s, &(struct push_job){ .local = entry->fts_path,
							 .path = path,
							 .follow = entry->fts_level == FTS_ROOTLEVEL });
		return;
	case FTS_DP:
		if (entry->fts_number == 0) /* nothing below it: it exists only if it is made */
			pushfile_start_folder(p->s, entry->fts_path, path);
		return;
	case FTS_SL:
	case FTS_SLNONE:
		report(p, entry->fts_path, path, RESULT_SKIPPED, OK, NULL);
		output_note(p->s->out, entry->fts_path, "a symbolic link: skipped");
		return;
	case FTS_DNR:
	case FTS_ERR:
	case FTS_NS:
	case FTS_DC:
		report(p, entry->fts_path, path, RESULT_FAILED, E_IO,
		       entry->fts_info == FTS_DC ? "a folder inside itself" : strerror(entry->fts_errno));
		return;
	case FTS_DEFAULT:
		report(p, entry->fts_path, path, RESULT_SKIPPED, OK, NULL);
		output_note(p->s->out, entry->fts_path, "neither file nor folder: skipped");
		return;
	default:
		return;
	}
}

/* One entry of the tree.  False: it is walked to its end. */
static bool walk(struct push *p)
{
	FTSENT *entry = fts_read(p->tree);

	if (!entry) {
		fts_close(TAKE(p->tree));
		p->at++;
		return false;
	}
	if (entry->fts_level > FTS_ROOTLEVEL && entry->fts_info != FTS_DP && is_ignored(p, entry->fts_name)) {
		fts_set(p->tree, entry, FTS_SKIP);
		entry->fts_number = 1; /* FTS_DP comes in spite of the skip: not an empty folder to be made */
		return true;
	}
	if (entry->fts_level > FTS_ROOTLEVEL && entry->fts_info != FTS_DP)
		entry->fts_parent->fts_number++;
	push_entry(p, entry);
	return true;
}

static bool is_folder(const char *local)
{
	struct stat st;

	return stat(local, &st) == 0 && S_ISDIR(st.st_mode);
}

/* The next piece of work; http_run() asks whenever there is room for one more transfer. */
static bool more(void *arg)
{
	struct push *p = arg;
	const struct operand *item;

	assert(p->magic == PUSH_MAGIC);
	if (session_interrupted)
		return false;
	if (p->tree)
		return walk(p) || p->at < p->operands.count;
	if (p->at == p->operands.count)
		return false;
	item = &p->operands.items[p->at];
	if (item->local && is_folder(item->local)) {
		open_tree(p, item->local);
		p->at += p->tree == NULL;
		return true;
	}
	p->at++;
	if (item->err != OK)
		report(p, item->local ? item->local : "-", NULL, RESULT_REFUSED, item->err, item->why.text);
	else
		pushfile_start(p->s, &(struct push_job){ .local = item->local, .path = item->remote, .follow = true });
	return true;
}

/* Folders need -R: said before anything is done. */
static enum err check_folders(const struct session *s, const struct operands *operands)
{
	for (size_t i = 0; i < operands->count; i++) {
		const char *local = operands->items[i].local;

		if (!local || s->cli->recursive || !is_folder(local))
			continue;
		output_error(s->out, E_USAGE, local, "a folder; to send it with everything below, use -R");
		return E_USAGE;
	}
	return OK;
}

enum err command_push(struct session *s)
{
	struct push push = { .magic = PUSH_MAGIC, .s = s };
	struct note why;
	enum err e;

	if ((e = session_load_config(s)) != OK)
		return e;
	e = operands_push(s->cli->operands, s->cli->operand_count, known_remote, s, &push.operands, &why);
	if (e != OK)
		return known_error(s, e, NULL, why.text);
	known_place_items(s, true, &push.operands);
	if ((e = check_folders(s, &push.operands)) == OK && (e = session_connect(s, push.operands.remote_name)) == OK &&
	    (e = known_features(s)) == OK)
		http_run(s->http, more, &push);
	if (push.tree)
		fts_close(push.tree);
	operands_clear(&push.operands);
	return e;
}
