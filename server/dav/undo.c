/*
 * POST /.sync/undo: takes back the caller's last command (store_undo.h).
 *
 * The body is an element `undo` of our namespace, or empty; in it `redo`: the last undo instead; `any-client`: whatever the caller
 * did it through; `rehearse`: only says what would be done.  The answer is a 207 with each change in the order in which it was
 * taken back: `undone`: content, gone, back or home, and for the last `from`; or the status that says why it stays.
 */
#include "server/dav/call.h"
#include "server/dav/multistatus.h"
#include "server/dav/xmlbody.h"
#include "server/store/store_undo.h"

struct undo {
	struct call *call;
	struct store_undo_query query;
	struct store_undo *undo;
	struct store_txn *txn;   /* the next one; NULL: that was all */
	size_t next;             /* of the answer */
	bool is_begun, has_done; /* has_done: a transaction */
	enum err error;
};

static bool may_write(void *arg, struct span path)
{
	const struct call *c = arg;

	return !path_is_reserved(path) && access_may_write(c->access, path);
}

/* ---- the answer ---- */

static enum err write_props(const struct store_undone *o, struct buf *out)
{
	static const char *const words[] = { "content", "gone", "back", "home", "" };
	char tag[DIGEST_ETAG_SIZE];
	enum err e = multistatus_propstat(out);

	if (e == OK)
		e = buf_addf(out, "<s:undone>%s</s:undone>", words[o->what]);
	if (e == OK && o->from && (e = buf_add_text(out, "<s:from><D:href>")) == OK &&
	    (e = uri_add_path(out, span_of(o->from))) == OK)
		e = buf_add_text(out, "</D:href></s:from>");
	if (e == OK && o->has_digest)
		e = buf_addf(out, "<D:getetag>%s</D:getetag>", digest_etag(&o->digest, tag));
	return e == OK ? multistatus_propstat_end(out, 200, NULL) : e;
}

static enum err write_item(const struct store_undone *o, struct buf *out)
{
	enum err e = multistatus_resource(out, "", span_of(o->path), o->is_collection);

	if (e == OK)
		e = o->error == OK ? write_props(o, out) : multistatus_status(out, err_status(o->error));
	return e == OK ? multistatus_response_end(out) : e;
}

static enum err produce(void *arg, struct buf *out, bool *out_end)
{
	struct undo *u = arg;
	size_t count = store_undo_count(u->undo);
	enum err e = OK;

	if (!u->is_begun)
		e = multistatus_begin(out);
	u->is_begun = true;
	while (e == OK && u->next < count && out->len < REQ_STREAM_PIECE)
		e = write_item(store_undo_item(u->undo, u->next++), out);
	*out_end = e == OK && u->next == count;
	return *out_end ? multistatus_end(out) : e;
}

static void release(void *arg)
{
	struct undo *u = arg;

	store_undo_free(TAKE(u->undo));
}

/* ---- doing it ---- */

static void find(void *arg) /* on a worker */
{
	struct undo *u = arg;

	u->error = store_undo_find(u->call->dav->store, &u->query, &u->undo);
	if (u->error == OK)
		u->txn = store_undo_next(u->undo);
}

static void prepare(void *arg) /* on a worker */
{
	struct undo *u = arg;

	u->txn = store_undo_next(u->undo);
}

static void go_on(void *arg);

static void done(struct call *c, const struct store_result *result)
{
	struct undo *u = c->method_data;

	if (result->error == OK) {
		u->has_done = true;
		req_work(c->req, prepare, go_on, u);
		return;
	}
	/* Of several transactions those before are done: the answer says which, the others are 503 in it. */
	if (u->has_done) {
		req_reply_stream(c->req, 207, DAV_XML_TYPE, false, produce, release, u);
		return;
	}
	release(u);
	call_reply_failure(c, result);
}

static void go_on(void *arg)
{
	struct undo *u = arg;
	struct call *c = u->call;

	if (u->error == OK && u->txn) {
		call_submit_txn(c, TAKE(u->txn), (struct span){ "", 0 }, done);
	} else if (u->error == OK) {
		req_reply_stream(c->req, 207, DAV_XML_TYPE, false, produce, release, u);
	} else {
		call_reply_error(c, u->error,
				 u->error == E_NOT_FOUND   ? "there is nothing to take back"
				 : u->error == E_TOO_LARGE ? "it changed too much: restore the folder as it was"
							   : NULL);
	}
}

static void got_body(struct call *c, void *arg not_used, const struct xml_node *root)
{
	struct undo *u = arena_zalloc(req_arena(c->req), sizeof *u);

	if (root && !xml_is(root, NS_SYNCD, "undo")) {
		call_reply_error(c, E_BAD_REQUEST, "the body is an undo element");
		return;
	}
	u->call = c;
	c->method_data = u;
	u->query = (struct store_undo_query){
		.user = access_user(c->access),
		.client = access_client(c->access),
		.is_any_client = root && xml_child(root, NS_SYNCD, "any-client"),
		.is_redo = root && xml_child(root, NS_SYNCD, "redo"),
		.is_rehearsal = root && xml_child(root, NS_SYNCD, "rehearse"),
		.judge = may_write,
		.arg = c,
	};
	req_work(c->req, find, go_on, u);
}

void dav_undo(struct call *c)
{
	if (req_method(c->req) != METHOD_POST) {
		req_set_header(c->req, "Allow", "OPTIONS, POST");
		req_reply_error(c->req, E_METHOD, NULL);
	} else if (req_target(c->req)->has_query) {
		call_reply_error(c, E_BAD_REQUEST, "a change takes no query");
	} else if (!access_may_write_somewhere(c->access)) {
		call_reply_error(c, E_FORBIDDEN, NULL);
	} else {
		xmlbody_read(c, got_body, NULL);
	}
}
