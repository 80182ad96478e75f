/*
 * MKCOL: a new, empty collection (RFC 4918 §9.3), perhaps with properties (RFC 5689).  201 with its entity tag; 405 if anything is
 * there.
 */
#include "server/dav/multistatus.h"
#include "server/dav/proppatch.h"

enum { REPLY_MAX = 2 << 20 };

static void made(struct call *c, const struct store_result *result)
{
	if (result->error != OK) {
		call_reply_failure(c, result);
		return;
	}
	req_set_etag(c->req, &result->digest);
	if (call_wanted_mtime(c) != STORE_MTIME_NOW)
		req_set_header(c->req, "X-OC-Mtime", "accepted");
	req_reply(c->req, 201);
}

/* ---- RFC 5689 ---- */

/* The kind of resource is ours to see to, not a property to keep. */
static bool is_resourcetype(const struct xml_node *n)
{
	return xml_is(n, NS_DAV, "resourcetype");
}

/* §3: what was asked for must be a plain collection. */
static bool has_plain_type(const struct xml_node *root)
{
	for (const struct xml_node *set = xml_first_element(root); set; set = xml_next_element(set)) {
		const struct xml_node *prop = xml_child(set, NS_DAV, "prop");
		const struct xml_node *type = prop ? xml_child(prop, NS_DAV, "resourcetype") : NULL;

		for (const struct xml_node *t = type ? xml_first_element(type) : NULL; t; t = xml_next_element(t))
			if (!xml_is(t, NS_DAV, "collection"))
				return false;
	}
	return true;
}

/* §3: one that cannot be set: no collection is made, and each property's status is told. */
static void reply_failed(struct call *c, const struct proppatch *p)
{
	autobuf struct buf body = buf_new(REPLY_MAX);
	enum err e =
	    buf_addf(&body,
		     "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<D:mkcol-response xmlns:D=\"DAV:\" xmlns:oc=\"%s\""
		     " xmlns:ap=\"%s\" xmlns:cs=\"%s\" xmlns:ms=\"%s\">",
		     NS_OC, NS_APACHE, NS_CALSERV, NS_MS);

	if (e == OK)
		e = proppatch_write(p, &body);
	if (e == OK)
		e = buf_add_text(&body, "</D:mkcol-response>\n");
	if (e == OK)
		req_reply_buf(c->req, err_status(E_DEPENDENCY), DAV_XML_TYPE, &body);
	else
		call_reply_error(c, e, NULL);
}

static void got_body(struct call *c, void *arg, const struct xml_node *root)
{
	struct proppatch *p = arg;
	struct cond cond = call_cond(c);
	struct store_step step = { .op = STORE_MKCOL, .path = c->path, .cond = &cond, .ifs = c->ifs };

	if (root && !xml_is(root, NS_DAV, "mkcol")) {
		/* RFC 4918 §9.3: a body that is not understood is 415, never ignored */
		call_reply_error(c, E_MEDIA_TYPE, "the body of MKCOL is a DAV:mkcol element, or there is none");
		return;
	}
	if (root && !has_plain_type(root)) {
		call_reply_condition(c, E_FORBIDDEN, "valid-resourcetype", NULL);
		return;
	}
	if (root && proppatch_read(p, root, req_arena(c->req)) != OK) {
		call_reply_error(c, E_TOO_LARGE, "too many properties");
		return;
	}
	if (p->has_failed) {
		reply_failed(c, p);
		return;
	}
	step.mtime_ns = root && p->mtime_ns != STORE_MTIME_NOW ? p->mtime_ns : call_wanted_mtime(c);
	step.props = p->changes;
	step.prop_count = p->change_count;
	call_submit(c, &step, made);
}

/* Only XML is understood. */
static bool is_xml(struct req *r)
{
	struct span type = req_header(r, "Content-Type"), rest = type, media;

	if (!type.ptr || !span_cut(&rest, ';', &media))
		return false;
	media = span_trim(media);
	return span_eq_nocase(media, "application/xml") || span_eq_nocase(media, "text/xml");
}

void dav_mkcol(struct call *c)
{
	struct proppatch *p = arena_zalloc(req_arena(c->req), sizeof *p);

	p->only_set = p->is_collection = true;
	p->skip = is_resourcetype;
	if (c->exists)
		call_reply_error(c, E_METHOD, "something is there already");
	else if (req_body_length(c->req) != 0 && !is_xml(c->req))
		call_reply_error(c, E_MEDIA_TYPE, "MKCOL takes no body but XML");
	else if (c->missing == E_CONFLICT)
		call_reply_error(c, E_CONFLICT, NULL);
	else if (!call_is_unlocked(c, c->path, STORE_LOCK_PARENT))
		return;
	else if (call_conditions(c, false) != COND_PASS)
		call_reply_stale(c, NULL);
	else
		xmlbody_read(c, got_body, p);
}
