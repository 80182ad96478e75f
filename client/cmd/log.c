/*
 * log PATH: every version that the server keeps of a file, be it there or deleted, the newest first; of a folder what happened in it.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client/cmd/cmd.h"
#include "client/cmd/history.h"
#include "client/cmd/known.h"
#include "client/ui/human.h"
#include "common/clock.h"
#include "common/jsonw.h"
#include "common/when.h"

enum { HASH_SHOWN = 8, COLUMNS = 4, TIME_ROOM = MAX((int)HUMAN_SIZE, (int)WHEN_SIZE) };

static void print_json(struct session *s, const char *path, const struct version *v)
{
	struct buf line = buf_new(1 << 20);
	struct jsonw w = jsonw_new(&line);
	char time[WHEN_SIZE];

	jsonw_object(&w);
	jsonw_key_text(&w, "path", path);
	jsonw_key_text(&w, "version", v->etag);
	jsonw_key_int(&w, "number", v->number);
	jsonw_key_text(&w, "time", when_format(v->made_s * NS_PER_S, time));
	jsonw_key_text(&w, "author", v->author);
	jsonw_key_text(&w, "client", v->client);
	if (v->size_bytes >= 0)
		jsonw_key_int(&w, "bytes", v->size_bytes);
	jsonw_end(&w);
	if (jsonw_error(&w) == OK)
		output_json(s->out, line.data);
	buf_clear(&line);
}

/* On a terminal how long ago, for programs and files when. */
static const char *when(int64_t made_s, char room[TIME_ROOM])
{
	return isatty(STDOUT_FILENO) ? human_ago(made_s, clock_now_s(), room) : when_format(made_s * NS_PER_S, room);
}

static void print_line(struct session *s, const struct version *v)
{
	static const size_t widths[COLUMNS] = { HASH_SHOWN, 11, 12, 0 };
	autofree char *hash = xstrndup(v->etag, HASH_SHOWN), *author = history_who(v->author, v->client);
	char size[HUMAN_SIZE] = "-", time[TIME_ROOM];

	if (v->size_bytes >= 0)
		human_bytes(v->size_bytes, size);
	output_columns(s->out, (const char *const[]){ hash, when(v->made_s, time), author, size }, COLUMNS, widths);
}

/* ---- folders ---- */

/* The server's words are the wire's. */
static const char *word_of(const char *what)
{
	static const struct {
		const char *what, *word;
	} words[] = {
		{ "put", "saved" },  { "mkcol", "made" },       { "delete", "removed" },       { "copy", "copied" },
		{ "move", "moved" }, { "restore", "restored" }, { "proppatch", "properties" },
	};

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strcmp(words[i].what, what) == 0)
			return words[i].word;
	return "changed";
}

static void print_change_json(struct session *s, const struct change *c)
{
	struct buf line = buf_new(1 << 20);
	struct jsonw w = jsonw_new(&line);
	char time[WHEN_SIZE];

	jsonw_object(&w);
	jsonw_key_text(&w, "path", c->path);
	jsonw_key_text(&w, "kind", c->is_folder ? "folder" : "file");
	jsonw_key_text(&w, "result", word_of(c->what));
	if (*c->from)
		jsonw_key_text(&w, "from", c->from);
	if (*c->etag)
		jsonw_key_text(&w, "version", c->etag);
	jsonw_key_int(&w, "number", c->number);
	jsonw_key_text(&w, "time", when_format(c->made_s * NS_PER_S, time));
	jsonw_key_text(&w, "author", c->author);
	jsonw_key_text(&w, "client", c->client);
	jsonw_end(&w);
	if (jsonw_error(&w) == OK)
		output_json(s->out, line.data);
	buf_clear(&line);
}

static bool print_change(void *arg, const struct change *c)
{
	static const size_t widths[] = { 8, 11, 12, 10, 0 };
	struct session *s = arg;
	autofree char *hash = *c->etag ? xstrndup(c->etag, HASH_SHOWN) : xstrdup("-"),
		      *author = history_who(c->author, c->client);
	autofree char *shown = xasprintf("%s%s%s%s", c->path[1] ? c->path + 1 : c->path, c->is_folder ? "/" : "",
					 *c->from ? " <- " : "", *c->from ? c->from + 1 : "");
	char time[TIME_ROOM];

	if (output_is_json(s->out))
		print_change_json(s, c);
	else
		output_columns(s->out,
			       (const char *const[]){ hash, when(c->made_s, time), author, word_of(c->what), shown },
			       ARRAY_LEN(widths), widths);
	return !session_interrupted;
}

static bool is_folder(struct session *s, const char *path)
{
	autofree char *etag = NULL;
	bool is_one = false;
	struct note why;

	return history_look(s, path, &is_one, &etag, &why) == OK && is_one;
}

/* ---- */

static enum err run(struct session *s, const char *path)
{
	struct versions v;
	struct note why = { "" };
	enum err e = versions_ask(s->http, path, &v, &why);

	if (e == E_FORBIDDEN && is_folder(s, path))
		e = versions_ask_changes(s->http, path, print_change, s, &why);
	if (e == OK && session_interrupted)
		e = E_INTERRUPTED;
	if (e != OK)
		e = known_failed(s, path, e, why.text);
	for (size_t i = 0; i < v.count && e == OK; i++) {
		if (output_is_json(s->out))
			print_json(s, path, &v.list[i]);
		else
			print_line(s, &v.list[i]);
	}
	versions_clear(&v);
	return e;
}

enum err command_log(struct session *s)
{
	struct operands operands;
	enum err e = known_operands(s, &operands);

	if (e != OK)
		return e;
	if ((e = session_connect(s, operands.remote_name)) == OK)
		e = run(s, operands.items[0].remote);
	operands_clear(&operands);
	return e;
}
