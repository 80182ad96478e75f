#include "server/dav/xmlbody.h"

struct xmlbody {
	struct call *call;
	xmlbody_fn *fn;
	void *arg;
	struct span text;
	struct xml_node *root;
	enum err error;
};

static void parse(void *arg) /* on the loop when the body is short, else on a worker */
{
	struct xmlbody *b = arg;

	b->error = xml_parse(b->text, req_arena(b->call->req), &b->root);
}

static void parsed(void *arg)
{
	struct xmlbody *b = arg;

	if (b->error == OK)
		b->fn(b->call, b->arg, b->root);
	else
		call_reply_error(b->call, b->error,
				 b->error == E_TOO_LARGE ? "the XML is too deep or has too many parts"
				 : b->error == E_BUSY    ? NULL
							 : "the body is not well-formed XML without a document type");
}

static void received(struct req *r, void *arg, struct span text)
{
	struct xmlbody *b = arg;

	if (!text.len) {
		b->fn(b->call, b->arg, NULL);
		return;
	}
	b->text = text;
	if (text.len <= XMLBODY_INLINE_MAX) {
		parse(b);
		parsed(b);
	} else {
		req_work(r, parse, parsed, b);
	}
}

void xmlbody_read(struct call *c, xmlbody_fn *fn, void *arg)
{
	struct xmlbody *b = arena_zalloc(req_arena(c->req), sizeof *b);
	struct span coding = req_header(c->req, "Content-Encoding");

	b->call = c;
	b->fn = fn;
	b->arg = arg;
	if (coding.len && !span_eq_nocase(coding, "identity"))
		call_reply_error(c, E_MEDIA_TYPE, NULL);
	else
		req_read_text(c->req, call_options(c)->max_xml_bytes, received, b);
}
