/*
 * Replies whose end is held until somebody says that it may go (req.h, req_reply_held()).  All but the last bytes are on their way
 * meanwhile; the wire asks for the rest when they have left, and waits for it without a deadline.
 */
#include <inttypes.h>

#include "common/log.h"
#include "server/http/req_priv.h"

struct req_held {
	struct req *req;
	void (*release)(void *arg);
	void *arg;
	struct wire_piece *pieces; /* all of them; the first `front` go at once */
	size_t count, front;
	bool is_asked_for, is_let_go, is_good, is_over;
	struct wire_source source;
};

static void on_over(void *arg) /* the wire has let go */
{
	struct req_held *h = arg;

	h->is_over = true;
	h->release(h->arg);
}

static void cut(struct req_held *h)
{
	log_error("cut reply id=%" PRIu64 " why=%s", req_id(h->req), QUOTED("what is being sent is not good"));
	wire_cut(h->req->wire);
}

static void settle(void *arg)
{
	struct req_held *h = arg;

	if (h->is_over || !h->is_asked_for || !h->is_let_go)
		return;
	h->is_asked_for = false;
	if (h->is_good)
		wire_feed(h->req->wire, h->pieces + h->front, h->count - h->front, true);
	else
		cut(h);
}

static void more(void *arg)
{
	struct req_held *h = arg;

	h->is_asked_for = true;
	if (h->is_let_go) /* never from inside */
		req_after(h->req, 0, settle, h);
}

void req_let_go(struct req_held *h, bool is_good)
{
	h->is_let_go = true;
	h->is_good = is_good;
	settle(h);
}

/* The piece in which the held bytes begin is cut in two.  Returns the length of all. */
static int64_t divide(struct req_held *h, const struct req_piece *pieces, size_t count)
{
	int64_t length = 0, free_bytes, at = 0;

	for (size_t i = 0; i < count; i++)
		length += pieces[i].len;
	free_bytes = MAX(length - REQ_HELD_BYTES, 0);
	h->pieces = arena_alloc(h->req->arena, (count + 1) * sizeof *h->pieces);
	for (size_t i = 0; i < count; i++) {
		struct wire_piece all = { pieces[i].bytes, pieces[i].fd, pieces[i].offset, pieces[i].len };
		struct wire_piece one = all;

		one.len = MIN(MAX(free_bytes - at, 0), all.len);
		if (one.len) {
			h->pieces[h->count++] = one;
			h->front = h->count;
		}
		at += all.len;
		all.bytes = all.bytes ? (const char *)all.bytes + one.len : NULL;
		all.offset += one.len;
		all.len -= one.len;
		if (all.len)
			h->pieces[h->count++] = all;
	}
	return length;
}

struct req_held *req_reply_held(struct req *r, int status, const struct req_piece *pieces, size_t count,
				void (*release)(void *arg), void *arg)
{
	struct req_held *h = arena_zalloc(r->arena, sizeof *h);
	struct span head;
	int64_t length;

	if (r->method == METHOD_HEAD || !r->wire) {
		req_reply_pieces(r, status, pieces, count, release, arg);
		return NULL;
	}
	h->req = r;
	h->release = release;
	h->arg = arg;
	h->source = (struct wire_source){ more, h };
	length = divide(h, pieces, count);
	r->release = on_over;
	r->release_arg = h;
	head = reply_begin_whole(r, status, length);
	wire_reply_source(r->wire, head, h->pieces, h->front, &h->source);
	return h;
}
