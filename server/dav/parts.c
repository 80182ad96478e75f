/*
 * The parts are files until MOVE reads them, in the order of their numbers, into one upload; that is hashed, checked and committed like
 * the body of a PUT at the destination, with the conditions of the MOVE.  When it is not accepted the parts stay, for another try.
 */
#include "server/dav/parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/httpdate.h"
#include "server/dav/bodycheck.h"
#include "server/dav/davhdr.h"
#include "server/dav/multistatus.h"
#include "server/dav/place.h"
#include "server/dav/put.h"
#include "server/dav/receive.h"
#include "server/dav/xmlbody.h"
#include "server/store/store_parts.h"

static const char ROOT[] = "/remote.php/dav/uploads";

enum { NUMBER_DIGITS = 18, REPLY_MAX = 4 << 20 };

enum leaf { LEAF_NONE, LEAF_PART, LEAF_JOINED, LEAF_OTHER };

struct parts {
	struct call *call;
	struct store_parts_id id; /* without a name: the place of all the user's sets */
	struct span leaf_name;
	enum leaf leaf;
	int64_t number;
	/* what workers do */
	enum err error;
	const char *why;
	bool is_new;
	struct store_part *list;
	size_t count;
	int64_t bytes;
	struct upload *upload;
	/* joining */
	struct bodycheck *check;
	struct digest digest;
	struct store_result result;
};

/* ---- where ---- */

bool parts_is_place(struct span path)
{
	return path_is_within(path, span_of(ROOT));
}

/* "00012", or as rclone names them by the bytes from and to, "000000010485760-000000020971520". */
static bool read_number(struct span name, int64_t *out)
{
	struct span first = { "", 0 };
	int64_t end;

	return span_cut(&name, '-', &first) && first.len <= NUMBER_DIGITS && span_to_int64(first, out) &&
	       (!name.len || (name.len <= NUMBER_DIGITS && span_to_int64(name, &end)));
}

static enum leaf leaf_of(struct parts *p)
{
	if (!p->leaf_name.len)
		return LEAF_NONE;
	if (span_is(p->leaf_name, ".file"))
		return LEAF_JOINED;
	return read_number(p->leaf_name, &p->number) ? LEAF_PART : LEAF_OTHER;
}

/* Takes the next segment off the front of `rest`. */
static struct span next_segment(struct span *rest)
{
	struct span segment = { "", 0 };

	if (rest->len && *rest->ptr == '/')
		*rest = (struct span){ rest->ptr + 1, rest->len - 1 };
	return span_cut(rest, '/', &segment) ? segment : span_of("");
}

/* False: no place of the caller's. */
static bool find_place(struct parts *p)
{
	struct span rest = span_of(req_target(p->call->req)->path), user;

	rest = (struct span){ rest.ptr + strlen(ROOT), rest.len - strlen(ROOT) };
	user = next_segment(&rest);
	p->id.user = access_user(p->call->access);
	if (!span_is(user, p->id.user))
		return false;
	p->id.name = next_segment(&rest);
	p->leaf_name = next_segment(&rest);
	p->leaf = leaf_of(p);
	return !rest.len;
}

/* ---- a set: MKCOL, DELETE, PROPFIND ---- */

static struct store *store_of(const struct parts *p)
{
	return p->call->dav->store;
}

static void reply_by_error(struct parts *p, int status)
{
	if (p->error == OK)
		req_reply(p->call->req, status);
	else
		call_reply_error(p->call, p->error, p->why);
}

static void make(void *arg) /* on a worker */
{
	struct parts *p = arg;

	p->error = store_parts_make(store_of(p), &p->id);
}

static void made(void *arg)
{
	struct parts *p = arg;

	if (p->error == E_METHOD)
		p->why = "this upload has begun already";
	if (p->error == E_BUSY)
		p->why = "too many uploads have begun and were not ended";
	reply_by_error(p, 201);
}

static void begin_set(struct parts *p)
{
	if (req_body_length(p->call->req) != 0)
		call_reply_error(p->call, E_MEDIA_TYPE, "MKCOL takes no body here");
	else
		req_work(p->call->req, make, made, p);
}

static void drop(void *arg) /* on a worker */
{
	struct parts *p = arg;

	p->error = p->leaf == LEAF_PART ? store_parts_drop(store_of(p), &p->id, p->number)
					: store_parts_remove(store_of(p), &p->id);
}

static void dropped(void *arg)
{
	reply_by_error(arg, 204);
}

static void give_up(struct parts *p)
{
	req_work(p->call->req, drop, dropped, p);
}

static enum err write_one(struct buf *out, const char *href, const struct store_part *part)
{
	char date[HTTPDATE_SIZE];
	enum err e = multistatus_response(out, href);

	if (e != OK || (e = multistatus_propstat(out)) != OK)
		return e;
	if (part)
		e = buf_addf(out,
			     "<D:resourcetype/><D:getcontentlength>%lld</D:getcontentlength>"
			     "<D:getlastmodified>%s</D:getlastmodified>",
			     (long long)part->size_bytes, httpdate_format(part->mtime_s, date));
	else
		e = buf_add_text(out, "<D:resourcetype><D:collection/></D:resourcetype>");
	if (e != OK || (e = multistatus_propstat_end(out, 200, NULL)) != OK)
		return e;
	return multistatus_response_end(out);
}

static enum err write_set(const struct parts *p, bool with_parts, struct buf *out)
{
	struct arena *arena = req_arena(p->call->req);
	const char *base = arena_printf(arena, "%s/%s/%s%s", ROOT, uri_encode_path(span_of(p->id.user), arena),
					uri_encode_path(p->id.name, arena), p->id.name.len ? "/" : "");
	enum err e = multistatus_begin(out);

	if (e == OK)
		e = write_one(out, base, NULL);
	for (size_t i = 0; i < p->count && with_parts && e == OK; i++) {
		char href[sizeof ROOT + 4 * PATH_LIMIT];

		snprintf(href, sizeof href, "%s%020lld", base, (long long)p->list[i].number);
		e = write_one(out, href, &p->list[i]);
	}
	return e == OK ? multistatus_end(out) : e;
}

static void list(void *arg) /* on a worker */
{
	struct parts *p = arg;

	p->error = p->id.name.len ? store_parts_list(store_of(p), &p->id, &p->list, &p->count) : OK;
}

static void listed(void *arg)
{
	struct parts *p = arg;
	autobuf struct buf body = buf_new(REPLY_MAX);
	enum depth depth = DEPTH_INFINITY;

	if (p->error == OK && davhdr_depth(p->call->req, DEPTH_INFINITY, &depth) != OK)
		p->error = E_BAD_REQUEST;
	if (p->error == OK)
		p->error = write_set(p, depth != DEPTH_0, &body);
	free(TAKE(p->list));
	if (p->error == OK)
		req_reply_buf(p->call->req, 207, DAV_XML_TYPE, &body);
	else
		call_reply_error(p->call, p->error, NULL);
}

/* What is asked for makes no difference: there are three properties, and all are told. */
static void got_propfind(struct call *c, void *arg, const struct xml_node *root not_used)
{
	req_work(c->req, list, listed, arg);
}

static void list_set(struct parts *p)
{
	xmlbody_read(p->call, got_propfind, p);
}

/* ---- a part: PUT ---- */

static void keep(void *arg) /* on a worker */
{
	struct parts *p = arg;

	p->error = store_parts_keep(store_of(p), &p->id, p->number, TAKE(p->upload), &p->is_new);
}

static void kept(void *arg)
{
	struct parts *p = arg;

	reply_by_error(p, p->is_new ? 201 : 204);
}

static void received(void *arg, struct upload *upload, const struct store_sums *sums not_used)
{
	struct parts *p = arg;

	p->upload = upload;
	req_work(p->call->req, keep, kept, p);
}

/* Before the body is taken: is there a set to keep it in? */
static enum err before_part(void *arg, struct upload *u not_used)
{
	const struct parts *p = arg;

	return store_parts_check(store_of(p), &p->id);
}

static void put_part(struct parts *p)
{
	struct call *c = p->call;
	int64_t bytes = req_body_length(c->req), limit = call_options(c)->max_upload_bytes;
	struct bodycheck *check = NULL;
	const char *why = NULL;
	enum err e = bodycheck_new(c->req, &check, &why);

	if (e == OK && limit && bytes > limit)
		e = E_TOO_LARGE;
	if (e == OK)
		e = store_check_space(c->dav->store, bytes);
	if (e != OK) {
		bodycheck_free(check);
		call_reply_error(c, e, why);
		return;
	}
	receive_body(c, &(struct receive_plan){ .expected_bytes = bytes,
						.total_bytes = bytes,
						.check = check,
						.before = before_part,
						.done = received,
						.arg = p });
}

/* ---- all of them: MOVE ---- */

static void remove_joined(void *arg) /* on a worker */
{
	struct parts *p = arg;

	p->error = store_parts_remove(store_of(p), &p->id); /* if that fails, they expire */
}

static void reply_joined(void *arg)
{
	struct parts *p = arg;

	put_reply(p->call, &p->result);
}

static void committed(struct call *c, const struct store_result *result)
{
	struct parts *p = c->method_data;

	p->result = *result;
	if (result->error == OK)
		req_work(c->req, remove_joined, reply_joined, p);
	else
		reply_joined(p);
}

static enum err add_run(void *arg, const void *bytes, size_t len)
{
	struct parts *p = arg;

	bodycheck_add(p->check, bytes, len);
	return upload_add(p->upload, bytes, len);
}

static void join(void *arg) /* on a worker */
{
	struct parts *p = arg;

	p->error = store_parts_read(store_of(p), &p->id, add_run, p);
	if (p->error == OK)
		p->error = upload_finish(p->upload, &p->digest);
	if (p->error == OK)
		p->error = bodycheck_finish(p->check, &p->digest, &p->why);
	if (p->error == OK && upload_size(p->upload) != p->bytes)
		p->error = E_BUSY; /* a part came or went meanwhile */
}

static void joined(void *arg)
{
	struct parts *p = arg;
	struct store_sums sums = bodycheck_sums(p->check);

	bodycheck_free(TAKE(p->check));
	if (p->error != OK) {
		upload_free(TAKE(p->upload));
		call_reply_error(p->call, p->error, p->why);
		return;
	}
	put_submit(p->call, TAKE(p->upload), &sums, NULL, committed);
}

static enum err check_total(struct parts *p)
{
	struct span text = req_header(p->call->req, "OC-Total-Length");
	int64_t total = 0;

	for (size_t i = 0; i < p->count; i++)
		p->bytes += p->list[i].size_bytes;
	if (!text.ptr || (span_to_int64(text, &total) && total == p->bytes))
		return OK;
	p->why = "the parts are not as long as OC-Total-Length says";
	return E_BAD_REQUEST;
}

/* RFC 4918 §9.9.3, §10.6 */
static enum err check_overwrite(struct parts *p)
{
	bool overwrite;

	if (davhdr_overwrite(p->call->req, &overwrite) != OK) {
		p->why = "Overwrite is T or F";
		return E_BAD_REQUEST;
	}
	return overwrite || !p->call->exists ? OK : E_PRECONDITION;
}

static enum err look_at_destination(struct parts *p)
{
	struct call *c = p->call;
	enum err e = store_lookup(c->dav->store, c->path, &c->node);

	c->exists = e == OK;
	c->missing = e;
	if (e != OK && e != E_NOT_FOUND && e != E_CONFLICT)
		return e;
	if (c->exists && c->node.kind == STORE_COLLECTION) {
		p->why = "a folder is at the destination";
		return E_METHOD;
	}
	if (!c->exists && (e = call_check_new(c, c->path)) != OK)
		return e;
	if ((e = check_total(p)) != OK || (e = check_overwrite(p)) != OK || (e = put_check(c, p->bytes)) != OK)
		return e;
	return bodycheck_new(c->req, &p->check, &p->why);
}

static void counted(void *arg)
{
	struct parts *p = arg;
	struct call *c = p->call;

	if (p->error == OK && !call_read_if(c)) {
		free(TAKE(p->list));
		return;
	}
	if (p->error == OK)
		p->error = look_at_destination(p);
	free(TAKE(p->list));
	if (p->error != OK) {
		bodycheck_free(TAKE(p->check));
		call_reply_refused(c, p->error, p->why);
		return;
	}
	p->upload = upload_new(c->dav->store, p->bytes);
	req_work(c->req, join, joined, p);
}

static void join_parts(struct parts *p)
{
	struct call *c = p->call;
	struct place to;
	enum err e = place_read_destination(c, &to, &p->why);

	if (e == OK && (to.path.len == 1 || to.has_trailing_slash)) {
		p->why = "the destination is no place for a file";
		e = to.path.len == 1 ? E_FORBIDDEN : E_CONFLICT;
	}
	if (e != OK) {
		call_reply_error(c, e, p->why);
		return;
	}
	c->path = to.path;
	c->prefix = to.prefix;
	c->level = access_level(c->access, c->path);
	c->method_data = p;
	req_work(c->req, list, counted, p);
}

/* ---- the request ---- */

static const struct {
	enum method method;
	enum leaf leaf;
	bool needs_name, needs_write;
	void (*run)(struct parts *p);
} methods[] = {
	{ METHOD_MKCOL, LEAF_NONE, true, true, begin_set },   { METHOD_PUT, LEAF_PART, true, true, put_part },
	{ METHOD_MOVE, LEAF_JOINED, true, true, join_parts }, { METHOD_DELETE, LEAF_NONE, true, true, give_up },
	{ METHOD_DELETE, LEAF_PART, true, true, give_up },    { METHOD_PROPFIND, LEAF_NONE, false, false, list_set },
};

static void refuse_method(struct parts *p)
{
	struct arena *arena = req_arena(p->call->req);
	const char *allow = "OPTIONS";

	for (size_t i = 0; i < ARRAY_LEN(methods); i++)
		if (methods[i].leaf == p->leaf && (p->id.name.len || !methods[i].needs_name))
			allow = arena_printf(arena, "%s, %s", allow, method_name(methods[i].method));
	req_set_header(p->call->req, "Allow", allow);
	req_reply_error(p->call->req, E_METHOD, NULL);
}

void dav_parts(struct call *c)
{
	struct parts *p = arena_zalloc(req_arena(c->req), sizeof *p);

	p->call = c;
	if (!find_place(p) || p->leaf == LEAF_OTHER) {
		call_reply_error(c, E_NOT_FOUND, NULL);
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(methods); i++)
		if (methods[i].method == req_method(c->req) && methods[i].leaf == p->leaf &&
		    (p->id.name.len || !methods[i].needs_name)) {
			if (methods[i].needs_write && !access_may_write_somewhere(c->access))
				call_reply_error(c, E_FORBIDDEN, NULL);
			else
				methods[i].run(p);
			return;
		}
	refuse_method(p);
}
