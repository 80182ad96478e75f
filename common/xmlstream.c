#include "common/xmlstream.h"

#include <stdlib.h>
#include <string.h>

#include <expat.h>

/* Parts "namespace SEPARATOR name" in what expat reports; it is in no URI that is one. */
enum { SEPARATOR = '\n' };

struct xmlstream {
	XML_Parser parser;
	const struct xmlstream_calls *calls;
	void *arg;
	unsigned depth;
	enum err error;
};

static void stop(struct xmlstream *x, enum err e)
{
	if (x->error == OK && e != OK) {
		x->error = e;
		XML_StopParser(x->parser, XML_FALSE);
	}
}

static void on_start(void *arg, const char *text, const char **attributes not_used)
{
	struct xmlstream *x = arg;
	struct span rest = span_of(text), ns = { "", 0 }, name;

	if (x->error != OK)
		return;
	if (++x->depth > XMLSTREAM_DEPTH_LIMIT) {
		stop(x, E_TOO_LARGE);
		return;
	}
	if (strchr(text, SEPARATOR))
		span_cut(&rest, SEPARATOR, &ns);
	name = rest;
	stop(x, x->calls->start(x->arg, ns, name));
}

static void on_end(void *arg, const char *name not_used)
{
	struct xmlstream *x = arg;

	if (x->error != OK)
		return;
	x->depth--;
	stop(x, x->calls->end(x->arg));
}

static void on_text(void *arg, const char *text, int len)
{
	struct xmlstream *x = arg;

	if (x->error == OK)
		stop(x, x->calls->text(x->arg, (struct span){ text, (size_t)len }));
}

static void on_doctype(void *arg, const char *name not_used, const char *system not_used, const char *public not_used,
		       int has_subset not_used)
{
	stop(arg, E_BAD_REQUEST);
}

struct xmlstream *xmlstream_new(const struct xmlstream_calls *calls, void *arg)
{
	struct xmlstream *x = xcalloc(1, sizeof *x);

	x->calls = calls;
	x->arg = arg;
	x->parser = XML_ParserCreateNS(NULL, SEPARATOR);
	if (!x->parser)
		abort();
	XML_SetUserData(x->parser, x);
	XML_SetElementHandler(x->parser, on_start, on_end);
	XML_SetCharacterDataHandler(x->parser, on_text);
	XML_SetStartDoctypeDeclHandler(x->parser, on_doctype);
	return x;
}

void xmlstream_free(struct xmlstream *x)
{
	if (!x)
		return;
	XML_ParserFree(x->parser);
	free(x);
}

static enum err parse(struct xmlstream *x, const char *bytes, size_t len, bool is_last)
{
	if (x->error != OK)
		return x->error;
	if (len > INT32_MAX || XML_Parse(x->parser, bytes, (int)len, is_last) != XML_STATUS_OK)
		x->error = x->error == OK ? E_BAD_REQUEST : x->error;
	return x->error;
}

enum err xmlstream_add(struct xmlstream *x, const void *bytes, size_t len)
{
	return parse(x, bytes, len, false);
}

enum err xmlstream_end(struct xmlstream *x)
{
	return parse(x, "", 0, true);
}
