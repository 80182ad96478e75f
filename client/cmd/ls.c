/*
 * ls [PATH]: what is in a folder, by PROPFIND; with -R what is in the folders below as well, each as it is reached.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "client/cmd/cmd.h"
#include "client/cmd/known.h"
#include "client/decide.h"
#include "client/remote/members.h"
#include "client/ui/human.h"
#include "common/jsonw.h"

enum { TIME_ROOM = 32, HASH_SHOWN = 8, TAG_ROOM = 300, COLUMNS = 4 };

static void print_json(struct session *s, const char *path, const struct listing_entry *e)
{
	struct buf line = buf_new(1 << 20);
	struct jsonw w = jsonw_new(&line);
	time_t t = (time_t)e->mtime_s;
	char text[TIME_ROOM], room[TAG_ROOM];
	struct tm parts;

	jsonw_object(&w);
	jsonw_key_text(&w, "path", path);
	jsonw_key_text(&w, "kind", e->is_folder ? "folder" : "file");
	if (!e->is_folder && e->size_bytes >= 0)
		jsonw_key_int(&w, "bytes", e->size_bytes);
	if (e->mtime_s && gmtime_r(&t, &parts) && strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts))
		jsonw_key_text(&w, "mtime", text);
	if (e->etag)
		jsonw_key_span(&w, "etag", decide_bare_tag(e->etag, room, sizeof room));
	jsonw_end(&w);
	if (jsonw_error(&w) == OK)
		output_json(s->out, line.data);
	buf_clear(&line);
}

static void print_long(struct session *s, const char *name, const struct listing_entry *e)
{
	static const size_t widths[COLUMNS] = { HASH_SHOWN, 9, 16, 0 };
	char room[TAG_ROOM], size[HUMAN_SIZE] = "-", when[TIME_ROOM] = "-";
	struct span tag = decide_bare_tag(e->etag, room, sizeof room);
	autofree char *hash = tag.len ? xstrndup(tag.ptr, MIN(tag.len, (size_t)HASH_SHOWN)) : xstrdup("-");
	time_t t = (time_t)e->mtime_s;
	struct tm parts;

	if (!e->is_folder && e->size_bytes >= 0)
		human_bytes(e->size_bytes, size);
	if (e->mtime_s && localtime_r(&t, &parts))
		strftime(when, sizeof when, "%Y-%m-%d %H:%M", &parts);
	output_columns(s->out, (const char *const[]){ hash, size, when, name }, COLUMNS, widths);
}

/* `name`: as it is shown, without a folder's slash. */
static void print_entry(struct session *s, const char *path, const char *name, const struct listing_entry *e)
{
	autofree char *shown = xasprintf("%s%s", name, e->is_folder ? "/" : "");

	if (output_is_json(s->out))
		print_json(s, path, e);
	else if (s->cli->is_long)
		print_long(s, shown, e);
	else
		output_columns(s->out, (const char *const[]){ shown }, 1, NULL);
}

/* A folder's members; `below`: its path from where the listing began, "" there. */
static enum err list(struct session *s, const char *path, const char *below, const struct members *m)
{
	enum err worst = OK;

	for (size_t i = 0; i < m->list.count && !session_interrupted; i++) {
		const struct listing_entry *e = &m->list.entries[i];
		autofree char *child = xasprintf("%s/%s", path[1] ? path : "", e->name);
		autofree char *name = xasprintf("%s%s%s", below, *below ? "/" : "", e->name);
		struct members inner;
		struct note why = { "" };
		enum err error;

		print_entry(s, child, name, e);
		if (!s->cli->recursive || !e->is_folder)
			continue;
		if (path_check(span_of(child)) != OK)
			error = known_failed(s, child, E_BAD_REQUEST, "the server's folders go too deep");
		else if ((error = members_ask(s->http, child, true, true, &inner, &why)) == OK)
			error = list(s, child, name, &inner);
		else
			error = known_failed(s, child, error, why.text);
		members_clear(&inner);
		if (error == E_INTERRUPTED)
			return error;
		worst = error != OK ? error : worst;
	}
	return worst;
}

static enum err run(struct session *s, const struct operand *item)
{
	struct members m;
	struct note why = { "" };
	enum err e = members_ask(s->http, item->remote, item->is_folder_named, true, &m, &why);

	if (e != OK)
		e = known_failed(s, item->remote, e, why.text);
	else if (m.is_folder)
		e = list(s, item->remote, "", &m);
	else if (item->is_folder_named && item->remote[1])
		e = known_failed(s, item->remote, E_NOT_FOUND, "a file, not a folder");
	else
		print_entry(s, item->remote, m.self.name, &m.self);
	members_clear(&m);
	return e;
}

enum err command_ls(struct session *s)
{
	static char root[] = "", *root_words[] = { root };
	struct operands operands;
	enum err e;

	if (!s->cli->operand_count)
		e = known_paths(s, root_words, 1, &operands);
	else
		e = known_operands(s, &operands);
	if (e != OK)
		return e;
	if ((e = session_connect(s, operands.remote_name)) == OK)
		e = run(s, &operands.items[0]);
	operands_clear(&operands);
	return e;
}
