#include "client/remote/getfile.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/fsio.h"
#include "common/httpdate.h"

struct fetch {
	const struct getfile *ask;
	struct hasher *hasher;
	int64_t bytes;
	enum err error; /* of taking it here */
};

static enum err take_bytes(struct http_request *req, const void *bytes, size_t len)
{
	struct fetch *f = req->arg;

	f->bytes += (int64_t)len;
	if (f->ask->limit_bytes && f->bytes > f->ask->limit_bytes)
		f->error = E_TOO_LARGE;
	else
		f->error = fsio_write("getfile", f->ask->fd, bytes, len);
	hasher_add(f->hasher, bytes, len);
	return f->error;
}

static bool start_over(struct http_request *req)
{
	struct fetch *f = req->arg;

	hasher_free(f->hasher);
	f->hasher = hasher_new();
	f->bytes = 0;
	return ftruncate(f->ask->fd, 0) == 0 && lseek(f->ask->fd, 0, SEEK_SET) == 0;
}

static bool is_folder(const struct answer *a)
{
	struct span place = answer_field(a, ANSWER_CONTENT_LOCATION);

	return a->is_folder || (place.len && place.ptr[place.len - 1] == '/');
}

static enum err judge(const struct fetch *f, const struct answer *a, struct getfile_end *out, struct note *why)
{
	enum err e = http_status_err(a, why);

	if (f->error == E_TOO_LARGE)
		return note_set(why, f->error, "it is too large");
	if (f->error != OK)
		return note_set(why, f->error, "no room for it here");
	if (e != OK)
		return e;
	if ((out->is_folder = is_folder(a)))
		return note_set(why, E_BAD_REQUEST, "a folder");
	return a->status == 200 ? OK : note_set(why, E_BAD_REQUEST, "no definite answer (%d)", a->status);
}

static enum err keep(const struct fetch *f, const struct answer *a, struct getfile_end *out, struct note *why)
{
	struct digest named;

	out->digest = hasher_finish(f->hasher);
	out->size_bytes = f->bytes;
	if (answer_digest(a, &named) && !digest_equal(&named, &out->digest))
		return note_set(why, E_CORRUPT, "what came is not what its ETag names");
	if (a->fields[ANSWER_ETAG])
		out->etag = xstrdup(a->fields[ANSWER_ETAG]);
	if (!httpdate_parse(answer_field(a, ANSWER_LAST_MODIFIED), clock_now_s(), &out->mtime_s))
		out->mtime_s = 0;
	return OK;
}

enum err getfile(struct http *h, const struct getfile *ask, struct getfile_end *out, struct note *why)
{
	struct fetch f = { .ask = ask };
	struct http_request req;
	enum err e;

	*out = (struct getfile_end){ .size_bytes = 0 };
	http_request_init(&req, "GET", ask->target);
	req.is_at_origin = ask->is_at_origin;
	if (ask->if_match)
		http_request_set(&req, "If-Match", "%s", ask->if_match);
	req.body = take_bytes;
	req.again = start_over;
	req.arg = &f;
	if (start_over(&req)) {
		http_do(h, &req);
		e = judge(&f, &req.answer, out, why);
	} else {
		e = note_set(why, E_IO, "no room for it here");
	}
	if (e == OK)
		e = keep(&f, &req.answer, out, why);
	http_request_clear(&req);
	hasher_free(f.hasher);
	return e;
}

void getfile_end_clear(struct getfile_end *end)
{
	free(TAKE(end->etag));
}
