/*
 * cat PATH: a remote file to stdout as it comes, held against its ETag at the end.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client/cmd/cmd.h"
#include "client/cmd/history.h"
#include "client/cmd/known.h"
#include "common/fsio.h"

struct copy {
	struct session *s;
	struct hasher *hasher;
	struct note why;
	int64_t bytes;
};

static enum err head(struct http_request *req)
{
	struct copy *c = req->arg;
	struct span place = answer_field(&req->answer, ANSWER_CONTENT_LOCATION);

	if (req->answer.is_folder || (place.len && place.ptr[place.len - 1] == '/'))
		return note_set(&c->why, E_BAD_REQUEST, "a folder");
	return OK;
}

static enum err body(struct http_request *req, const void *bytes, size_t len)
{
	struct copy *c = req->arg;

	if (fsio_write("cat", STDOUT_FILENO, bytes, len) != OK) {
		if (errno == EPIPE) { /* "| head" has what it wants: the end of any filter */
			signal(SIGPIPE, SIG_DFL);
			raise(SIGPIPE);
		}
		return note_set(&c->why, E_IO, "standard output cannot be written");
	}
	hasher_add(c->hasher, bytes, len);
	c->bytes += (int64_t)len;
	return OK;
}

/* What is already printed cannot be taken back. */
static bool again(struct http_request *req)
{
	const struct copy *c = req->arg;

	return c->bytes == 0;
}

static enum err check(struct copy *c, const struct answer *a)
{
	struct digest named, got = hasher_finish(c->hasher);

	if (a->status != 200)
		return note_set(&c->why, E_BAD_REQUEST, "no definite answer (%d)", a->status);
	if (answer_digest(a, &named) && !digest_equal(&named, &got))
		return note_set(&c->why, E_CORRUPT, "what came is not what its ETag names");
	return OK;
}

static enum err copy(struct session *s, const struct operand *item)
{
	struct copy c = { .s = s, .hasher = hasher_new() };
	autofree char *target = NULL;
	struct http_request req;
	char at[HISTORY_AT_SIZE];
	enum err e;

	if (history_at(s, at) != OK)
		return E_USAGE;
	target = session_target(item->remote, item->is_folder_named);
	http_request_init(&req, "GET", *at ? xasprintf("%s?at=%s", target, at) : xstrdup(target));
	req.head = head;
	req.body = body;
	req.again = again;
	req.arg = &c;
	e = http_do(s->http, &req);
	if (e == OK || !c.why.text[0])
		e = http_status_err(&req.answer, &c.why);
	if (e == OK)
		e = check(&c, &req.answer);
	hasher_free(c.hasher);
	http_request_clear(&req);
	return e == OK ? OK : known_error(s, e, item->remote, c.why.text);
}

enum err command_cat(struct session *s)
{
	struct operands operands;
	enum err e = known_operands(s, &operands);

	if (e != OK)
		return e;
	if ((e = session_connect(s, operands.remote_name)) == OK)
		e = copy(s, &operands.items[0]);
	operands_clear(&operands);
	return e;
}
