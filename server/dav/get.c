/*
 * GET and HEAD of a file: the conditions, then the whole content, one range of it or several (RFC 9110 §13, §14).  The
 * bytes go from the store's open handle to the wire in windows; nothing here reads them.  A large content that nobody has proved today
 * is proved while it is sent (store_proof.h).
 */
#include "common/clock.h"
#include "common/digestfield.h"
#include "common/rand.h"
#include "server/dav/call.h"
#include "server/http/mime.h"
#include "server/http/range.h"

#include <inttypes.h>
#include <string.h>

#include "server/store/store_proof.h"

/* Contents up to this size lie in an open segment; a larger one has a file of its own, whose open may wait for the disk. */
enum { GET_INLINE_MAX = 1 << 20 };

struct get {
	struct call *call;
	struct store_content content;
	bool is_proved;
	enum err error;

	/* of what is proved while it is sent */
	struct store_proof proof;
	struct req_ticket *ticket;
	struct req_held *held; /* NULL: nothing is */
	bool is_waiting, is_over, is_good;
};

static void release(void *arg)
{
	struct get *g = arg;

	store_content_close(&g->content);
}

/* ---- proved while it is sent ---- */

static void proved(void *arg, enum err verdict) /* on any thread */
{
	struct get *g = arg;

	g->is_good = verdict == OK;
	req_post(g->ticket);
}

static void let_go(void *arg)
{
	struct get *g = arg;

	if (g->held)
		req_let_go(g->held, g->is_good);
}

/* The client has gone, or got all: who still waits for the verdict waits no more. */
static void release_held(void *arg)
{
	struct get *g = arg;

	g->is_over = true;
	if (g->is_waiting && store_proof_end(g->call->dav->store, &g->proof))
		req_post(g->ticket);
	release(g);
}

/* A content that is too large to be read first: its last bytes go when it is known to be good, else the connection is cut. */
static void reply_held(struct get *g, int status, const struct req_piece *pieces, size_t count)
{
	struct call *c = g->call;

	g->ticket = req_hold(c->req, let_go, g); /* first: it keeps the request when the client is gone at once */
	g->held = req_reply_held(c->req, status, pieces, count, release_held, g);
	if (!g->held || g->is_over) {
		req_post(g->ticket);
		return;
	}
	g->is_waiting = true;
	g->proof = (struct store_proof){ .done = proved, .arg = g };
	store_proof_begin(c->dav->store, &g->content, &c->node.digest, &g->proof);
}

static void reply_pieces(struct get *g, int status, const struct req_piece *pieces, size_t count)
{
	if (g->is_proved)
		req_reply_pieces(g->call->req, status, pieces, count, release, g);
	else
		reply_held(g, status, pieces, count);
}

/* What every answer about a file's content carries, 304 included (RFC 9110 §15.4.5). */
static void set_validators(struct call *c)
{
	if (call_tag(c))
		req_set_etag(c->req, call_tag(c));
	req_set_header(c->req, "Cache-Control", "no-cache, private");
}

static const char *media_type(const struct call *c)
{
	return c->node.type[0] ? c->node.type : mime_from_name(span_of(c->node.name));
}

/* RFC 9530: the content's digest in the field `name`, if `wanted` asks for it. */
static void set_digest(struct call *c, const char *wanted, const char *name)
{
	char text[DIGESTFIELD_SIZE];

	if (digestfield_is_wanted(req_header(c->req, wanted)))
		req_set_header(c->req, name, digestfield_format(&c->node.digest, text));
}

static void set_fields(struct call *c, const char *type)
{
	set_validators(c);
	req_set_date(c->req, "Last-Modified", c->node.mtime_ns / NS_PER_S);
	req_set_header(c->req, "Content-Type", type);
	req_set_header(c->req, "Accept-Ranges", "bytes");
	/* Whatever somebody stored, a browser does not run it as ours. */
	req_set_header(c->req, "X-Content-Type-Options", "nosniff");
	req_set_header(c->req, "Content-Security-Policy", "sandbox; default-src 'none'");
	if (!mime_is_for_showing(media_type(c)))
		req_set_header(c->req, "Content-Disposition", "attachment");
	set_digest(c, "Want-Repr-Digest", "Repr-Digest");
}

static struct req_piece piece_of(const struct get *g, struct range r)
{
	return (struct req_piece){ .fd = g->content.fd, .offset = g->content.offset + r.first, .len = r.len };
}

static void reply_whole(struct get *g)
{
	struct call *c = g->call;
	struct req_piece piece = piece_of(g, (struct range){ 0, g->content.size_bytes });

	set_fields(c, media_type(c));
	/* A Content-Digest is over what this message carries: all of it, here. */
	set_digest(c, "Want-Content-Digest", "Content-Digest");
	reply_pieces(g, 200, &piece, 1);
}

static const char *content_range(struct get *g, struct range r)
{
	return arena_printf(req_arena(g->call->req), "bytes %" PRId64 "-%" PRId64 "/%" PRId64, r.first,
			    r.first + r.len - 1, g->content.size_bytes);
}

static void reply_one(struct get *g, struct range r)
{
	struct req_piece piece = piece_of(g, r);

	set_fields(g->call, media_type(g->call));
	req_set_header(g->call->req, "Content-Range", content_range(g, r));
	reply_pieces(g, 206, &piece, 1);
}

/* multipart/byteranges (RFC 9110 §14.6): a head before each range, a last boundary. */
static void reply_several(struct get *g, const struct range_set *ranges)
{
	size_t count = ranges->count;
	struct arena *arena = req_arena(g->call->req);
	struct req_piece *pieces = arena_zalloc(arena, (2 * count + 1) * sizeof *pieces);
	const char *type = media_type(g->call), *text;
	char boundary[33];

	rand_hex(boundary, 16);
	for (size_t i = 0; i < count; i++) {
		text = arena_printf(arena, "%s--%s\r\nContent-Type: %s\r\nContent-Range: %s\r\n\r\n", i ? "\r\n" : "",
				    boundary, type, content_range(g, ranges->parts[i]));
		pieces[2 * i] = (struct req_piece){ .bytes = text, .fd = -1, .len = (int64_t)strlen(text) };
		pieces[2 * i + 1] = piece_of(g, ranges->parts[i]);
	}
	text = arena_printf(arena, "\r\n--%s--\r\n", boundary);
	pieces[2 * count] = (struct req_piece){ .bytes = text, .fd = -1, .len = (int64_t)strlen(text) };
	set_fields(g->call, arena_printf(arena, "multipart/byteranges; boundary=%s", boundary));
	reply_pieces(g, 206, pieces, 2 * count + 1);
}

/* The ranges that apply: none for HEAD (RFC 9110 §14.2), nor when If-Range does not hold (§13.1.5). */
static enum range_result wanted_ranges(struct get *g, struct range_set *out)
{
	struct call *c = g->call;
	struct span field = req_header(c->req, "Range");
	struct range_validator current = { &c->node.digest, c->node.mtime_ns, c->node.ctime_ns };

	if (!field.ptr || req_method(c->req) != METHOD_GET ||
	    !range_is_wanted(req_header(c->req, "If-Range"), &current, clock_now_ns()))
		return RANGE_WHOLE;
	return range_parse(field, g->content.size_bytes, out);
}

static void reply_content(void *arg)
{
	struct get *g = arg;
	struct call *c = g->call;
	struct range_set ranges;

	if (g->error != OK) {
		call_reply_error(c, g->error, NULL);
		return;
	}
	switch (wanted_ranges(g, &ranges)) {
	case RANGE_WHOLE:
		reply_whole(g);
		break;
	case RANGE_PARTS:
		if (ranges.count == 1)
			reply_one(g, ranges.parts[0]);
		else
			reply_several(g, &ranges);
		break;
	case RANGE_UNSATISFIABLE:
		release(g);
		set_validators(c);
		req_set_header(c->req, "Content-Range",
			       arena_printf(req_arena(c->req), "bytes */%" PRId64, c->node.size_bytes));
		call_reply_error(c, E_RANGE, NULL);
		break;
	}
}

static void open_content(void *arg) /* on the loop, or on a worker */
{
	struct get *g = arg;

	g->error = store_content_open_early(g->call->dav->store, &g->call->node, &g->content, &g->is_proved);
}

static void get_file(struct call *c)
{
	struct get *g = arena_zalloc(req_arena(c->req), sizeof *g);

	g->call = c;
	if (c->node.size_bytes <= GET_INLINE_MAX && store_content_is_proved(c->dav->store, &c->node)) {
		open_content(g);
		reply_content(g);
	} else {
		req_work(c->req, open_content, reply_content, g);
	}
}

void dav_get(struct call *c)
{
	if (!c->exists || call_is_misnamed(c)) {
		call_reply_error(c, E_NOT_FOUND, NULL);
		return;
	}
	if (c->node.kind == STORE_COLLECTION)
		dav_set_variant(c);
	switch (call_conditions(c, true)) {
	case COND_NOT_MODIFIED:
		set_validators(c);
		req_reply(c->req, 304);
		break;
	case COND_FAILED:
		call_reply_stale(c, call_tag(c));
		break;
	case COND_PASS:
		if (c->node.kind == STORE_COLLECTION)
			dav_get_collection(c);
		else
			get_file(c);
		break;
	}
}
