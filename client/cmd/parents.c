#include "client/cmd/parents.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/path.h"

struct parents {
	unsigned magic;
	struct session *s;
	char *path; /* of the deepest folder to make */
	size_t end; /* of the part that is being made now */
	struct http_request req;
	parents_done_fn *done;
	void *arg;
};

enum { PARENTS_MAGIC = 0x70617265 };

static http_done_fn answered;

/* The next part of the path: "/a", then "/a/b".  False: all were made. */
static bool make_next(struct parents *p)
{
	const char *slash;
	autofree char *part = NULL;

	if (!p->path[p->end])
		return false;
	slash = strchr(p->path + p->end + 1, '/');
	p->end = slash ? (size_t)(slash - p->path) : strlen(p->path);
	part = xstrndup(p->path, p->end);
	http_request_clear(&p->req);
	http_request_init(&p->req, "MKCOL", session_target(part, true));
	session_submit_locks(p->s, &p->req, part, NULL);
	p->req.done = answered;
	p->req.arg = p;
	http_start(p->s->http, &p->req);
	return true;
}

static void end(struct parents *p, enum err e, const char *why)
{
	parents_done_fn *done = p->done;
	void *arg = p->arg;
	autofree char *text = xstrdup(why);

	http_request_clear(&p->req);
	free(p->path);
	free(p);
	done(arg, e, text);
}

static void answered(struct http_request *req)
{
	struct parents *p = req->arg;
	struct note why = { "" };
	enum err e = http_status_err(&req->answer, &why);

	assert(p->magic == PARENTS_MAGIC);
	if (req->answer.err != OK || e == E_UNAUTHENTICATED)
		end(p, e, why.text);
	else if (!make_next(p))
		end(p, e, why.text);
}

void parents_start(struct session *s, const char *path, bool itself, parents_done_fn *done, void *arg)
{
	struct parents *p = xcalloc(1, sizeof *p);
	struct span folder = itself ? span_of(path) : path_parent(span_of(path));

	*p = (struct parents){ .magic = PARENTS_MAGIC, .s = s, .path = span_dup(folder), .done = done, .arg = arg };
	http_request_init(&p->req, "MKCOL", NULL);
	if (strcmp(p->path, "/") == 0 || !make_next(p))
		end(p, OK, "");
}
