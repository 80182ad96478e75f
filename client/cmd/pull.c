/*
 * pull REMOTE... [-o LOCAL]: which files; what happens to one is pullfile.c.  Folders are walked by their listings, depth
 * first, so that no more than one branch of the tree is in memory.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

#include "client/cmd/cmd.h"
#include "client/cmd/known.h"
#include "client/cmd/pullfile.h"
#include "client/remote/members.h"

struct pull {
	unsigned magic;
	struct session *s;
	struct operands operands;
	size_t at;
	SLIST_HEAD(, folder) folders; /* listed, with entries left */
	SLIST_HEAD(, root) roots;
};

/* A local folder that a tree goes into. */
struct root {
	int fd; /* -1: not made yet */
	char *shown;
	SLIST_ENTRY(root) link;
};

struct folder {
	unsigned magic;
	struct pull *pull;
	struct root *root;
	char *path, *below; /* on the server; below the root, "" itself */
	bool may_be_file;   /* an operand without a slash */
	struct listing listing;
	struct note why;
	size_t at;
	struct http_request req;
	SLIST_ENTRY(folder) link;
};

enum { PULL_MAGIC = 0x70756c72, FOLDER_MAGIC = 0x666f6c64 };

static void folder_free(struct folder *f)
{
	http_request_clear(&f->req);
	listing_clear(&f->listing);
	free(f->path);
	free(f->below);
	free(f);
}

static void fail(struct folder *f, enum err e, const char *why)
{
	autofree char *shown = xasprintf("%s%s%s", f->root->shown, *f->below ? "/" : "", f->below);
	enum result_word word = e == E_NOT_FOUND ? RESULT_MISSING : RESULT_FAILED;

	if (e != E_INTERRUPTED)
		output_result(f->pull->s->out, &(struct result){ .name = shown,
								 .path = f->path,
								 .local = shown,
								 .word = word,
								 .err = e,
								 .status = f->req.answer.status,
								 .bytes = -1,
								 .error = why });
	folder_free(f);
}

/* ---- the listing of one folder ---- */

static enum err take_head(struct http_request *req)
{
	struct folder *f = req->arg;
	struct span type = answer_field(&req->answer, ANSWER_CONTENT_TYPE);

	assert(f->magic == FOLDER_MAGIC);
	if (!span_starts(type, "text/plain"))
		return note_set(&f->why, E_BAD_REQUEST, "the server sent no folder listing (%.60s)", type.ptr);
	return OK;
}

static enum err take_bytes(struct http_request *req, const void *bytes, size_t len)
{
	struct folder *f = req->arg;

	return listing_add(&f->listing, bytes, len, &f->why);
}

static bool start_over(struct http_request *req)
{
	struct folder *f = req->arg;

	listing_clear(&f->listing);
	return true;
}

/* The local folder of the tree's root is made once its listing is there. */
static enum err make_root(struct root *root, bool is_dry, struct note *why)
{
	if (root->fd >= 0)
		return OK;
	if (!is_dry)
		local_make_folders(root->shown);
	root->fd = open(root->shown, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return root->fd >= 0 || is_dry ? OK : note_set(why, E_IO, "%s: %s", root->shown, strerror(errno));
}

static enum err make_folder(struct folder *f, struct note *why)
{
	bool is_dry = f->pull->s->cli->dry_run;
	autoclose int fd = -1;
	enum err e = make_root(f->root, is_dry, why);

	if (e != OK || is_dry)
		return e;
	return local_folder_below(f->root->fd, f->below, true, &fd, why);
}

static void pull_operand_file(struct pull *pull, const char *path, const char *local);

/* It is a file that was named. */
static void is_file(struct folder *f)
{
	pull_operand_file(f->pull, f->path, f->root->shown);
	folder_free(f);
}

/* The listing is there, or it failed. */
static void have_listing(struct folder *f, enum err e)
{
	if (e == OK)
		e = make_folder(f, &f->why);
	if (e == OK)
		SLIST_INSERT_HEAD(&f->pull->folders, f, link);
	else
		fail(f, e, f->why.text);
}

static void listed(struct http_request *req)
{
	struct folder *f = req->arg;
	const struct answer *a = &req->answer;
	enum err e = a->err;

	assert(f->magic == FOLDER_MAGIC);
	if (e == OK && a->status == 404 && f->may_be_file) {
		is_file(f);
		return;
	}
	if (e == OK || !f->why.text[0])
		e = http_status_err(a, &f->why);
	if (e == OK && a->status != 200)
		e = note_set(&f->why, E_BAD_REQUEST, "no listing (%d)", a->status);
	if (e == OK)
		e = listing_end(&f->listing, &f->why);
	have_listing(f, e);
}

/* The same from a server that is not ours, by PROPFIND. */
static void found_members(void *arg, enum err e, const struct note *why, struct members *m)
{
	struct folder *f = arg;

	assert(f->magic == FOLDER_MAGIC);
	if (e == OK && !m->is_folder && f->may_be_file) {
		members_clear(m);
		is_file(f);
		return;
	}
	f->why = *why;
	if (e == OK && !m->is_folder)
		e = note_set(&f->why, E_BAD_REQUEST, "it is no folder any more");
	listing_clear(&f->listing);
	f->listing = m->list;
	listing_init(&m->list);
	members_clear(m);
	have_listing(f, e);
}

static void start_folder(struct pull *pull, struct root *root, const char *path, const char *below, bool may_be_file)
{
	struct folder *f = xcalloc(1, sizeof *f);

	*f = (struct folder){ .magic = FOLDER_MAGIC, .pull = pull, .root = root, .may_be_file = may_be_file };
	f->path = xstrdup(path);
	f->below = xstrdup(below);
	listing_init(&f->listing);
	if (!session_has(pull->s, "listing")) {
		members_start(pull->s->http, path, !may_be_file, true, found_members, f);
		return;
	}
	http_request_init(&f->req, "GET", session_target(path, true));
	http_request_set(&f->req, "Accept", "text/plain");
	f->req.head = take_head;
	f->req.body = take_bytes;
	f->req.again = start_over;
	f->req.done = listed;
	f->req.arg = f;
	http_start(pull->s->http, &f->req);
}

/* ---- its entries ---- */

static void pull_entry(struct folder *f, const struct listing_entry *entry)
{
	autofree char *path = xasprintf("%s/%s", strcmp(f->path, "/") == 0 ? "" : f->path, entry->name);
	autofree char *below = xasprintf("%s%s%s", f->below, *f->below ? "/" : "", entry->name);
	autofree char *shown = xasprintf("%s/%s", f->root->shown, below);
	struct pullfile_place place = { .root = f->root->fd, .folder = f->below, .name = entry->name, .is_tree = true };

	if (strcmp(entry->name, ".sync") == 0)
		return; /* a linked folder's marker is nobody's content */
	if (path_check(span_of(path)) != OK) {
		output_error(f->pull->s->out, E_BAD_REQUEST, shown, "the server's folders go too deep");
		return;
	}
	if (entry->is_folder) {
		start_folder(f->pull, f->root, path, below, false);
		return;
	}
	place.shown = strncmp(shown, "./", 2) == 0 ? shown + 2 : shown;
	pullfile_start(f->pull->s, path, &place, entry->has_digest ? &entry->digest : NULL);
}

static bool next_entry(struct pull *pull)
{
	struct folder *f = SLIST_FIRST(&pull->folders);

	if (f->at < f->listing.count) {
		pull_entry(f, &f->listing.entries[f->at++]);
		return true;
	}
	SLIST_REMOVE_HEAD(&pull->folders, link);
	folder_free(f);
	return true;
}

/* ---- the operands ---- */

static void pull_operand_file(struct pull *pull, const char *path, const char *local)
{
	const char *slash = strrchr(local, '/');
	autofree char *folder = slash ? xstrndup(local, (size_t)(slash - local) + (slash == local)) : xstrdup("");
	struct pullfile_place place = {
		.root = AT_FDCWD, .folder = folder, .name = slash ? slash + 1 : local, .shown = local
	};

	pullfile_start(pull->s, path, &place, NULL);
}

static void pull_operand(struct pull *pull, const struct operand *item)
{
	struct root *root;

	if (!pull->s->cli->recursive) {
		pull_operand_file(pull, item->remote, item->local);
		return;
	}
	root = xcalloc(1, sizeof *root);
	root->fd = -1;
	root->shown = xstrdup(item->local);
	for (size_t len = strlen(root->shown); len > 1 && root->shown[len - 1] == '/';)
		root->shown[--len] = '\0';
	SLIST_INSERT_HEAD(&pull->roots, root, link);
	start_folder(pull, root, item->remote, "", !item->is_folder_named);
}

/* The next piece of work; http_run() asks whenever there is room for one more transfer. */
static bool more(void *arg)
{
	struct pull *pull = arg;

	assert(pull->magic == PULL_MAGIC);
	if (session_interrupted)
		return false;
	if (!SLIST_EMPTY(&pull->folders))
		return next_entry(pull);
	if (pull->at == pull->operands.count)
		return false;
	pull_operand(pull, &pull->operands.items[pull->at++]);
	return true;
}

static void pull_clear(struct pull *pull)
{
	struct folder *f;
	struct root *root;

	while ((f = SLIST_FIRST(&pull->folders))) {
		SLIST_REMOVE_HEAD(&pull->folders, link);
		folder_free(f);
	}
	while ((root = SLIST_FIRST(&pull->roots))) {
		SLIST_REMOVE_HEAD(&pull->roots, link);
		if (root->fd >= 0)
			close(root->fd);
		free(root->shown);
		free(root);
	}
	operands_clear(&pull->operands);
}

static enum err check_operands(const struct pull *pull)
{
	struct session *s = pull->s;

	for (size_t i = 0; i < pull->operands.count; i++)
		if (!s->cli->recursive && pull->operands.items[i].is_folder_named)
			return known_error(s, E_USAGE, pull->operands.items[i].remote,
					   "a folder; to fetch it with everything below, use -R");
	return OK;
}

enum err command_pull(struct session *s)
{
	struct pull pull = { .magic = PULL_MAGIC, .s = s };
	struct note why;
	enum err e;

	if ((e = session_load_config(s)) != OK)
		return e;
	e = operands_pull(s->cli->operands, s->cli->operand_count, s->cli->output, known_remote, s, &pull.operands,
			  &why);
	if (e != OK)
		return known_error(s, e, NULL, why.text);
	known_place_items(s, false, &pull.operands);
	if ((e = check_operands(&pull)) == OK && (e = session_connect(s, pull.operands.remote_name)) == OK &&
	    (e = known_features(s)) == OK)
		http_run(s->http, more, &pull);
	pull_clear(&pull);
	return e;
}
