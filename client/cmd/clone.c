/*
 * clone [NAME:]PATH [DIR]: makes DIR a linked folder, and fills it.  A DIR that has something in it is joined with the server's folder:
 * equal files are taken for one, different ones are both kept, and nothing is deleted.
 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "client/cmd/cmd.h"
#include "client/cmd/known.h"
#include "client/cmd/syncfolder.h"
#include "client/remote/members.h"
#include "common/path.h"

/* Is it a folder with something in it? */
static bool has_entries(const char *dir)
{
	DIR *d = opendir(dir);
	const struct dirent *entry;
	bool has = false;

	while (d && (entry = readdir(d)))
		has |= strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
	if (d)
		closedir(d);
	return has;
}

static enum err check_remote(struct session *s, const char *path)
{
	struct members m;
	struct note why = { "" };
	enum err e = members_ask(s->http, path, true, false, &m, &why);

	if (e == OK && !m.is_folder)
		e = note_set(&why, E_NOT_FOUND, "a file, not a folder");
	members_clear(&m);
	if (e == OK)
		return OK;
	e = known_error(s, e, path, why.text);
	if (e == E_NOT_FOUND)
		output_hint(s->out, "make it first:  %s mkdir %s", s->cli->self, path);
	return e;
}

/* What a server that is not of our kind cannot promise is said once, here; one that is not safe is refused. */
static enum err try_foreign(struct session *s, const char *path)
{
	struct foreign foreign;
	struct note why = { "" };
	const char *sentence;
	enum err e;

	if (s->cli->dry_run)
		return OK; /* trying it out would change something there */
	if ((e = foreign_probe(s->http, path, &foreign, &why)) != OK)
		return known_error(s, e, path, why.text);
	if ((e = syncfolder_check_foreign(s, &foreign, false)) != OK)
		return e;
	output_note(s->out, s->remote.name,
		    "not a server of our kind; with it two-way sync is not all that it can be:");
	for (size_t i = 0; (sentence = foreign_says(&foreign, i)); i++)
		output_hint(s->out, "%s", sentence);
	return OK;
}

static char *folder_name(const struct session *s, const char *path)
{
	if (s->cli->operand_count > 1)
		return xstrdup(s->cli->operands[1]);
	return path[1] ? span_dup(path_name(span_of(path))) : xstrdup(s->remote.name);
}

static enum err make(struct session *s, const char *path, const char *dir)
{
	const char *name = s->remote.is_from_environment ? NULL : s->remote.name;
	struct note why = { "" };
	enum err e;

	if (has_entries(dir) && !s->cli->yes)
		return known_error(
		    s, E_PRECONDITION, dir,
		    "it has something in it; with -y it is joined with the server's (nothing is deleted)");
	if (s->cli->dry_run) {
		output_say(s->out, "%s would be cloned to %s", path, dir);
		return OK;
	}
	if (mkdir(dir, 0777) != 0 && errno != EEXIST)
		return known_error(s, err_from_errno(errno), dir, strerror(errno));
	if ((e = linked_make(dir, name, s->remote.url, path, s->cli->unsafe, &why)) != OK)
		return known_error(s, e, NULL, why.text);
	return OK;
}

/* The new folder is opened as any other: with a session of its own. */
static enum err fill(struct session *s, const char *dir)
{
	struct syncfolder f;
	enum err e;

	session_close(s);
	if ((e = syncfolder_open(s, dir, &f)) == OK) {
		f.is_strange = false;
		e = syncfolder_run(&f);
	}
	syncfolder_close(&f);
	return e;
}

enum err command_clone(struct session *s)
{
	autofree char *dir = NULL;
	struct operands operands;
	const char *path;
	bool is_foreign;
	enum err e = known_words(s, s->cli->operands, 1, &operands);

	if (e != OK)
		return e;
	path = operands.items[0].remote;
	if ((e = session_connect(s, operands.remote_name)) == OK &&
	    (e = syncfolder_check_server(s, &is_foreign)) == OK && (e = check_remote(s, path)) == OK &&
	    (e = is_foreign ? try_foreign(s, path) : OK) == OK) {
		dir = folder_name(s, path);
		e = make(s, path, dir);
		if (e == OK && !s->cli->dry_run)
			e = fill(s, dir);
	}
	operands_clear(&operands);
	return e;
}
