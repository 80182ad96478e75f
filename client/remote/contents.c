#include "client/remote/contents.h"

#include "common/uri.h"

static enum err take_bytes(struct http_request *req, const void *bytes, size_t len)
{
	struct hasher **hasher = req->arg;

	hasher_add(*hasher, bytes, len);
	return OK;
}

static bool start_over(struct http_request *req)
{
	struct hasher **hasher = req->arg;

	hasher_free(*hasher);
	*hasher = hasher_new();
	return true;
}

enum err contents_digest(struct http *h, const char *path, struct digest *out, struct note *why)
{
	struct hasher *hasher = hasher_new();
	struct arena *arena = arena_new();
	struct http_request req;
	enum err e;

	http_request_init(&req, "GET", xstrdup(uri_encode_path(span_of(path), arena) + 1));
	req.body = take_bytes;
	req.again = start_over;
	req.arg = &hasher;
	http_do(h, &req);
	e = http_status_err(&req.answer, why);
	if (e == OK && req.answer.status != 200)
		e = note_set(why, E_BAD_REQUEST, "no definite answer to GET (%d)", req.answer.status);
	*out = hasher_finish(hasher);
	http_request_clear(&req);
	hasher_free(hasher);
	arena_free(arena);
	return e;
}
