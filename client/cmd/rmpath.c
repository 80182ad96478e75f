/*
 * rm of one path: begin -> [look] -> delete -> [parent, after a lost answer] -> end.
 *
 * A file that was seen is removed only as it was then; one that was not, as the look finds it; a folder always as the look
 * finds it (its ETag stands for everything below).
 */
#include "client/cmd/rmpath.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "client/decide.h"
#include "client/hint.h"
#include "client/remote/obstacle.h"
#include "client/ui/human.h"
#include "common/etag.h"
#include "common/path.h"

struct rmpath {
	unsigned magic;
	struct session *s;
	char *path, *match; /* match: the ETag the DELETE is bound to; NULL: none */
	bool is_folder, has_seen;
	struct seen seen;
	struct http_request req;
};

enum { RMPATH_MAGIC = 0x726d7074 };

static void end(struct rmpath *p, enum result_word word, enum err e, const char *why)
{
	const char *etag = p->req.answer.fields[ANSWER_ETAG];
	char room[300];
	struct result r = { .name = *p->path ? p->path + 1 : p->path,
			    .path = p->path,
			    .word = word,
			    .err = e,
			    .status = p->req.answer.status,
			    .bytes = -1,
			    .error = e == OK ? NULL : why };

	if (word == RESULT_REMOVED)
		r.etag = decide_bare_tag(etag ? etag : p->match, room, sizeof room);
	if (e == OK && word == RESULT_REMOVED)
		session_forget(p->s, p->path);
	if (e != E_INTERRUPTED)
		output_result(p->s->out, &r);
	if (e == E_PRECONDITION) {
		autofree char *name = human_quoted(p->path);

		output_hint(p->s->out, "nothing was removed");
		output_hint(p->s->out, "see it:  %s cat %s    remove it as it is now:  %s rm --force %s%s",
			    p->s->cli->self, name, p->s->cli->self, p->is_folder ? "-R " : "", name);
	} else if (e != OK) {
		hint_error(p->s, e, p->path);
	}
	http_request_clear(&p->req);
	seen_clear(&p->seen);
	free(p->path);
	free(p->match);
	free(p);
}

static void start(struct rmpath *p, const char *method, const char *path, bool is_folder, http_done_fn *done)
{
	http_request_clear(&p->req);
	http_request_init(&p->req, method, session_target(path, is_folder));
	p->req.done = done;
	p->req.arg = p;
	if (strcmp(method, "DELETE") == 0)
		session_submit_locks(p->s, &p->req, path, NULL);
	if (strcmp(method, "DELETE") == 0 && p->match)
		http_request_set(&p->req, "If-Match", "%s", p->match);
	http_start(p->s->http, &p->req);
}

/* protocol.md, "Retries": an answer was lost and now it is gone; it was us if its folder is there for us to see. */
static void parent_seen(struct http_request *req)
{
	struct rmpath *p = req->arg;

	assert(p->magic == RMPATH_MAGIC);
	if (req->answer.err == OK && req->answer.status == 200)
		end(p, RESULT_REMOVED, OK, NULL);
	else
		end(p, RESULT_MISSING, E_UNKNOWN, "its answer was lost, and now it is not there: ask again");
}

static void deleted(struct http_request *req)
{
	struct rmpath *p = req->arg;
	const struct answer *a = &req->answer;
	struct note why = { "" };
	char note[200];
	enum err e = http_status_err(a, &why);

	assert(p->magic == RMPATH_MAGIC);
	if (a->err == OK && a->is_lost && e == E_NOT_FOUND) {
		autofree char *parent = span_dup(path_parent(span_of(p->path)));

		start(p, "HEAD", parent, true, parent_seen);
		return;
	}
	if (a->err == OK && a->status == 207)
		e = obstacle_read(a, &why);
	decide_note(a, false, note, sizeof note);
	if (note[0])
		output_note(p->s->out, p->path + 1, "%s", note);
	if (e == OK && a->status != 204 && a->status != 200)
		end(p, RESULT_FAILED, E_BAD_REQUEST, "not a definite answer");
	else if (e == OK && a->status == 200 && span_starts(answer_field(a, ANSWER_CONTENT_TYPE), "text/html"))
		end(p, RESULT_FAILED, E_BAD_REQUEST, "a page came instead of an answer (200, text/html)");
	else if (e == OK)
		end(p, RESULT_REMOVED, OK, NULL);
	else if (e == E_PRECONDITION)
		end(p, RESULT_CONFLICT, e, "changed on the server since you last had it (412)");
	else
		end(p, e == E_NOT_FOUND ? RESULT_MISSING : RESULT_FAILED, e, why.text);
}

static void delete (struct rmpath *p)
{
	if (p->s->cli->dry_run)
		end(p, RESULT_REMOVED, OK, NULL);
	else
		start(p, "DELETE", p->path, p->is_folder, deleted);
}

static bool is_folder_answer(const struct answer *a)
{
	struct span place = answer_field(a, ANSWER_CONTENT_LOCATION);

	return a->is_folder || (place.len && place.ptr[place.len - 1] == '/');
}

/* What is there now: is it what was seen, and is it what may be removed? */
static void looked(struct http_request *req)
{
	struct rmpath *p = req->arg;
	const struct answer *a = &req->answer;
	struct note why = { "" };
	struct etag tag;
	enum err e = http_status_err(a, &why);

	assert(p->magic == RMPATH_MAGIC);
	if (e != OK) {
		end(p, e == E_NOT_FOUND ? RESULT_MISSING : RESULT_FAILED, e, why.text);
		return;
	}
	p->is_folder |= is_folder_answer(a);
	if (p->is_folder && !p->s->cli->recursive) {
		end(p, RESULT_REFUSED, E_BAD_REQUEST, "a folder; to remove it with everything below, use -R");
		return;
	}
	if (p->has_seen && !p->is_folder && !p->s->cli->force && !decide_is_seen(&p->seen, a)) {
		end(p, RESULT_CONFLICT, E_PRECONDITION, "changed on the server since you last had it");
		return;
	}
	free(TAKE(p->match));
	if (etag_parse(answer_field(a, ANSWER_ETAG), &tag) && !tag.is_weak)
		p->match = xstrdup(a->fields[ANSWER_ETAG]);
	else if (!p->s->cli->dry_run)
		output_note(p->s->out, p->path + 1, "the server gives no ETag to hold it to; removed as it is now");
	delete (p);
}

void rmpath_start(struct session *s, const char *path, bool is_folder_named)
{
	struct rmpath *p = xcalloc(1, sizeof *p);
	enum send_plan plan;
	bool is_own;

	*p = (struct rmpath){ .magic = RMPATH_MAGIC, .s = s, .path = xstrdup(path), .is_folder = is_folder_named };
	http_request_init(&p->req, "DELETE", NULL);
	p->has_seen = session_seen(s, path, "", &p->seen, &is_own);
	plan = decide_send(p->has_seen ? &p->seen : NULL, session_is_ours(s), s->cli->force);
	if (plan == SEND_REPLACE && !p->is_folder && !s->cli->dry_run) {
		p->match = xstrdup(p->seen.etag);
		delete (p);
	} else {
		start(p, "HEAD", path, p->is_folder, looked);
	}
}
