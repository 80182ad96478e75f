/*
 * stream_route: the streams behind the admin socket (streams.h).
 */
#include "server/api/fields.h"
#include "server/api/internal.h"
#include "server/api/streams.h"

#include <string.h>

struct stream {
	struct api *api;
	const struct stream_kind *kind;
	void *arg;
};

static const struct stream_kind *find_kind(const char *path)
{
	for (size_t i = 0; streams[i]; i++)
		if (strcmp(streams[i]->path, path) == 0)
			return streams[i];
	return NULL;
}

/* What takes hours does not keep a server from stopping. */
static enum err produce(void *arg, struct buf *out, bool *out_end)
{
	struct stream *st = arg;
	enum err e;

	if (!st->api->options.is_draining(st->api->options.arg))
		return stream_next(st->kind, st->arg, out, out_end);
	*out_end = true;
	e = fields_add(out, "failed", "the server is stopping");
	return e == OK ? fields_end(out) : e;
}

static void release(void *arg)
{
	struct stream *st = arg;

	st->kind->release(st->arg);
}

static void got_request(struct req *r, void *arg, struct span body)
{
	struct stream *st = arg;
	struct note why = { "" };
	enum err e = st->kind->begin(st->api->store, body, &st->arg, &why);

	req_set_header(r, "Cache-Control", "no-store");
	if (e == OK)
		req_reply_stream(r, 200, "text/plain; charset=utf-8", false, produce, release, st);
	else
		req_reply_error(r, e, why.text[0] ? why.text : NULL);
}

void api_stream(struct api *a, struct req *r)
{
	struct stream *st = arena_zalloc(req_arena(r), sizeof *st);

	st->api = a;
	st->kind = find_kind(req_target(r)->path);
	if (!st->kind) {
		req_reply_error(r, E_NOT_FOUND, NULL);
		return;
	}
	req_read_text(r, st->kind->request_limit ? st->kind->request_limit : STREAM_REQUEST_LIMIT, got_request, st);
}
