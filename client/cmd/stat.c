/*
 * stat PATH: what HEAD tells.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "client/cmd/cmd.h"
#include "client/cmd/known.h"
#include "client/decide.h"
#include "client/hint.h"
#include "client/remote/members.h"
#include "client/ui/human.h"
#include "common/clock.h"
#include "common/httpdate.h"
#include "common/jsonw.h"

enum { TAG_ROOM = 300, TIME_ROOM = 32 };

struct facts {
	const char *path, *kind, *type;
	struct span etag;
	int64_t bytes;          /* -1: not told, or a folder's */
	char mtime[TIME_ROOM];  /* "": not told */
	char *lock_owner;       /* NULL: not locked */
	int64_t lock_timeout_s; /* -1: endless, or not told */
};

static void print_json(struct session *s, const struct facts *f)
{
	struct buf line = buf_new(ANSWER_HEAD_LIMIT);
	struct jsonw w = jsonw_new(&line);

	jsonw_object(&w);
	jsonw_key_text(&w, "path", f->path);
	jsonw_key_text(&w, "kind", f->kind);
	if (f->bytes >= 0)
		jsonw_key_int(&w, "bytes", f->bytes);
	if (f->mtime[0])
		jsonw_key_text(&w, "mtime", f->mtime);
	if (f->type)
		jsonw_key_text(&w, "type", f->type);
	if (f->etag.len)
		jsonw_key_span(&w, "etag", f->etag);
	if (f->lock_owner)
		jsonw_key_text(&w, "lock_owner", f->lock_owner);
	if (f->lock_owner && f->lock_timeout_s >= 0)
		jsonw_key_int(&w, "lock_seconds", f->lock_timeout_s);
	jsonw_end(&w);
	if (jsonw_error(&w) == OK)
		output_json(s->out, line.data);
	buf_clear(&line);
}

static void print_line(struct session *s, const char *name, const char *value)
{
	if (value && *value)
		output_columns(s->out, (const char *const[]){ name, value }, 2, (const size_t[]){ 5, 0 });
}

static void print_facts(struct session *s, const struct facts *f)
{
	autofree char *etag = span_dup(f->etag), *lock = NULL;
	char bytes[32] = "", left[HUMAN_SIZE];

	if (f->bytes >= 0)
		snprintf(bytes, sizeof bytes, "%lld", (long long)f->bytes);
	print_line(s, "path", f->path);
	print_line(s, "kind", f->kind);
	print_line(s, "bytes", bytes);
	print_line(s, "mtime", f->mtime);
	print_line(s, "type", f->type);
	print_line(s, "etag", etag);
	if (f->lock_owner && f->lock_timeout_s >= 0)
		lock = xasprintf("%s, for %s more", f->lock_owner, human_seconds(f->lock_timeout_s, left));
	print_line(s, "lock", lock ? lock : f->lock_owner);
}

static void read_time(const struct answer *a, char out[TIME_ROOM])
{
	int64_t seconds;
	time_t t;
	struct tm parts;

	out[0] = '\0';
	if (!httpdate_parse(answer_field(a, ANSWER_LAST_MODIFIED), clock_now_s(), &seconds))
		return;
	t = (time_t)seconds;
	if (gmtime_r(&t, &parts))
		strftime(out, TIME_ROOM, "%Y-%m-%dT%H:%M:%SZ", &parts);
}

/* Who has locked it, where the server can tell. */
static void tell_lock(struct session *s, const char *path, bool is_folder, struct facts *f)
{
	struct members m;
	struct note why;

	if (members_ask(s->http, path, is_folder, false, &m, &why) == OK && m.is_locked) {
		f->lock_owner = TAKE(m.lock_owner);
		if (!f->lock_owner)
			f->lock_owner = xstrdup("somebody");
		f->lock_timeout_s = m.lock_timeout_s;
	}
	members_clear(&m);
}

static void tell(struct session *s, const char *path, const struct answer *a, bool is_folder)
{
	char room[TAG_ROOM];
	struct span place = answer_field(a, ANSWER_CONTENT_LOCATION);
	struct facts f = { .path = path, .bytes = -1 };

	is_folder |= a->is_folder || (place.len && place.ptr[place.len - 1] == '/');
	f.kind = is_folder ? "folder" : "file";
	f.etag = decide_bare_tag(a->fields[ANSWER_ETAG], room, sizeof room);
	f.bytes = is_folder ? -1 : answer_length(a);
	f.type = is_folder ? NULL : a->fields[ANSWER_CONTENT_TYPE];
	read_time(a, f.mtime);
	tell_lock(s, path, is_folder, &f);
	if (output_is_json(s->out))
		print_json(s, &f);
	else if (!s->cli->quiet)
		print_facts(s, &f);
	free(f.lock_owner);
}

static enum err ask(struct session *s, const struct operand *item)
{
	bool is_folder = item->is_folder_named || strcmp(item->remote, "/") == 0;
	struct http_request req;
	struct note why = { "" };
	enum err e;

	http_request_init(&req, "HEAD", session_target(item->remote, is_folder));
	http_do(s->http, &req);
	e = http_status_err(&req.answer, &why);
	if (e == OK) {
		tell(s, item->remote, &req.answer, is_folder);
	} else if (e != E_INTERRUPTED) {
		output_result(s->out, &(struct result){ .name = item->remote,
							.path = item->remote,
							.word = e == E_NOT_FOUND ? RESULT_MISSING : RESULT_FAILED,
							.err = e,
							.status = req.answer.status,
							.bytes = -1,
							.error = why.text });
		hint_error(s, e, item->remote);
	}
	http_request_clear(&req);
	return e;
}

enum err command_stat(struct session *s)
{
	struct operands operands;
	enum err e = known_operands(s, &operands);

	if (e != OK)
		return e;
	if ((e = session_connect(s, operands.remote_name)) == OK)
		e = ask(s, &operands.items[0]);
	operands_clear(&operands);
	return e;
}
