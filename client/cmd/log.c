/*
 * log PATH: every version that the server keeps of a file, be it there or deleted, the newest first.
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

enum { HASH_SHOWN = 8, COLUMNS = 4 };

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
static void print_line(struct session *s, const struct version *v)
{
	static const size_t widths[COLUMNS] = { HASH_SHOWN, 11, 12, 0 };
	autofree char *hash = xstrndup(v->etag, HASH_SHOWN), *author = history_who(v);
	char size[HUMAN_SIZE] = "-", ago[HUMAN_SIZE], time[WHEN_SIZE];
	const char *when =
	    isatty(STDOUT_FILENO) ? human_ago(v->made_s, clock_now_s(), ago) : when_format(v->made_s * NS_PER_S, time);

	if (v->size_bytes >= 0)
		human_bytes(v->size_bytes, size);
	output_columns(s->out, (const char *const[]){ hash, when, author, size }, COLUMNS, widths);
}

static bool is_folder(struct session *s, const char *path)
{
	autofree char *etag = NULL;
	bool is_one = false;
	struct note why;

	return history_look(s, path, &is_one, &etag, &why) == OK && is_one;
}

static enum err run(struct session *s, const char *path)
{
	struct versions v;
	struct note why = { "" };
	enum err e = versions_ask(s->http, path, &v, &why);

	if (e == E_FORBIDDEN && is_folder(s, path))
		e = note_set(
		    &why, E_BAD_REQUEST,
		    "a folder: its files have versions; what changed in it: diff --at, as it was: restore --at");
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
