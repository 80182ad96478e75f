#include "common/xml.h"

#include <stdlib.h>
#include <string.h>

#include <expat.h>

#include "common/memory.h"

#define XML_NAMESPACE "http://www.w3.org/XML/1998/namespace"

/* Parts "namespace SEPARATOR name SEPARATOR prefix" in what expat reports; it is in no URI that is one. */
enum { SEPARATOR = '\n' };
/* A document is fed in so many pieces, or in pieces of that size if these are larger. */
enum { PIECES = 8, PIECE_BYTES = 64 << 10 };

static const char separator[] = { SEPARATOR, '\0' };

struct reader {
	XML_Parser parser;
	struct arena *arena;
	struct xml_node *root, *at; /* the document; the element that is open */
	struct xml_node *last;      /* the last child of `at` so far */
	unsigned depth, nodes;
	enum err error;
};

static void stop(struct reader *r, enum err e)
{
	r->error = e;
	XML_StopParser(r->parser, XML_FALSE);
}

static struct span copy(struct reader *r, struct span s)
{
	return (struct span){ arena_span(r->arena, s), s.len };
}

/* Expat gives "name" outside of all namespaces, else "ns\nname" or "ns\nname\nprefix". */
static void split_name(struct reader *r, const char *text, struct span *ns, struct span *name, struct span *prefix)
{
	struct span rest = copy(r, span_of(text)), first, second, third = { "", 0 };

	*ns = *prefix = (struct span){ "", 0 };
	if (!span_cut(&rest, SEPARATOR, &first))
		first = (struct span){ "", 0 };
	if (!span_cut(&rest, SEPARATOR, &second)) {
		*name = first;
		return;
	}
	if (span_cut(&rest, SEPARATOR, &third))
		*prefix = third;
	*ns = first;
	*name = second;
}

/* A new last child of the open element. */
static struct xml_node *append(struct reader *r)
{
	struct xml_node *n = arena_zalloc(r->arena, sizeof *n);

	n->parent = r->at;
	if (r->last)
		r->last->next = n;
	else if (r->at)
		r->at->first = n;
	r->last = n;
	return n;
}

static bool is_room(struct reader *r)
{
	if (r->error != OK)
		return false;
	if (++r->nodes > XML_NODES_LIMIT)
		stop(r, E_TOO_LARGE);
	else if (memory_is_short())
		stop(r, E_BUSY);
	return r->error == OK;
}

static void on_start(void *arg, const char *name, const char **attributes)
{
	struct reader *r = arg;
	struct xml_node *n;
	unsigned count = 0;

	while (attributes[2 * count])
		count++;
	if (!is_room(r))
		return;
	if (++r->depth > XML_DEPTH_LIMIT || count > XML_ATTRIBUTES_LIMIT) {
		stop(r, E_TOO_LARGE);
		return;
	}
	n = append(r);
	split_name(r, name, &n->ns, &n->name, &n->prefix);
	n->attributes = arena_zalloc(r->arena, (count + 1) * sizeof *n->attributes);
	n->attribute_count = count;
	for (unsigned i = 0; i < count; i++) {
		struct xml_attribute *a = &n->attributes[i];

		split_name(r, attributes[2 * i], &a->ns, &a->name, &a->prefix);
		a->value = copy(r, span_of(attributes[2 * i + 1]));
	}
	if (!r->root)
		r->root = n;
	r->at = n;
	r->last = NULL;
}

static void on_end(void *arg, const char *name not_used)
{
	struct reader *r = arg;

	if (r->error != OK)
		return;
	r->depth--;
	r->last = r->at;
	r->at = r->at->parent;
}

static void on_text(void *arg, const char *text, int len)
{
	struct reader *r = arg;

	if (is_room(r) && r->at)
		append(r)->text = copy(r, (struct span){ text, (size_t)len });
}

static void on_doctype(void *arg, const char *name not_used, const char *system not_used, const char *public not_used,
		       int has_subset not_used)
{
	stop(arg, E_BAD_REQUEST);
}

static void *allocate(size_t size_bytes)
{
	return memory_grow(NULL, size_bytes);
}

/* In pieces: between them memory may turn out to be short.  Few: a long name is looked at anew with each. */
static bool feed(XML_Parser parser, struct span text)
{
	size_t piece = MAX(text.len / PIECES, (size_t)PIECE_BYTES), len;

	do {
		len = MIN(text.len, piece);
		if (XML_Parse(parser, text.ptr, (int)len, len == text.len) != XML_STATUS_OK)
			return false;
		text = (struct span){ text.ptr + len, text.len - len };
	} while (text.len);
	return true;
}

enum err xml_parse(struct span text, struct arena *arena, struct xml_node **out)
{
	static const XML_Memory_Handling_Suite memory = { allocate, memory_grow, free };
	struct reader r = { .arena = arena, .parser = XML_ParserCreate_MM(NULL, &memory, separator) };
	bool is_whole;

	if (!r.parser)
		return E_BUSY;
	XML_SetReturnNSTriplet(r.parser, 1);
	XML_SetUserData(r.parser, &r);
	XML_SetElementHandler(r.parser, on_start, on_end);
	XML_SetCharacterDataHandler(r.parser, on_text);
	XML_SetStartDoctypeDeclHandler(r.parser, on_doctype);
	is_whole = feed(r.parser, text);
	if (!is_whole && r.error == OK && XML_GetErrorCode(r.parser) == XML_ERROR_NO_MEMORY)
		r.error = E_BUSY;
	XML_ParserFree(r.parser);
	if (r.error != OK)
		return r.error;
	*out = r.root;
	return is_whole && r.root ? OK : E_BAD_REQUEST;
}

/* ---- looking ---- */

static bool is_element(const struct xml_node *n)
{
	return n->name.len > 0;
}

bool xml_is(const struct xml_node *n, const char *ns, const char *name)
{
	return span_is(n->name, name) && span_is(n->ns, ns);
}

static const struct xml_node *skip_text(const struct xml_node *n)
{
	while (n && !is_element(n))
		n = n->next;
	return n;
}

const struct xml_node *xml_first_element(const struct xml_node *n)
{
	return skip_text(n->first);
}

const struct xml_node *xml_next_element(const struct xml_node *n)
{
	return skip_text(n->next);
}

const struct xml_node *xml_child(const struct xml_node *n, const char *ns, const char *name)
{
	const struct xml_node *c = xml_first_element(n);

	while (c && !xml_is(c, ns, name))
		c = xml_next_element(c);
	return c;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct span trim(struct span s)
{
	while (s.len && is_space(s.ptr[0]))
		s.ptr++, s.len--;
	while (s.len && is_space(s.ptr[s.len - 1]))
		s.len--;
	return s;
}

struct span xml_text(const struct xml_node *n, struct arena *arena)
{
	size_t len = 0;
	char *text, *end;

	for (const struct xml_node *c = n->first; c; c = c->next)
		len += c->text.len;
	text = end = arena_alloc(arena, len + 1);
	for (const struct xml_node *c = n->first; c; c = c->next)
		end = mempcpy(end, c->text.ptr ? c->text.ptr : "", c->text.len);
	*end = '\0';
	return trim((struct span){ text, len });
}

struct span xml_lang(const struct xml_node *n)
{
	for (; n; n = n->parent)
		for (unsigned i = 0; i < n->attribute_count; i++)
			if (span_is(n->attributes[i].ns, XML_NAMESPACE) && span_is(n->attributes[i].name, "lang"))
				return n->attributes[i].value;
	return (struct span){ "", 0 };
}

/* ---- writing ---- */

/* The bytes of the character at `s` that XML 1.0 §2.2 leaves out: controls, U+FFFE, U+FFFF.  0: it is fine. */
static size_t unfit(const char *s, size_t len)
{
	unsigned char c = (unsigned char)s[0];

	if (c < 0x20)
		return c == '\t' || c == '\n' || c == '\r' ? 0 : 1;
	if (c == 0xef && len >= 3 && (unsigned char)s[1] == 0xbf && (unsigned char)s[2] >= 0xbe)
		return 3;
	return 0;
}

/* A reader makes spaces of the white space in attributes, and a line feed of each carriage return (XML 1.0 §3.3.3, §2.11). */
static const char *reference(char c, bool is_attribute)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\r':
		return "&#13;";
	case '\n':
		return is_attribute ? "&#10;" : NULL;
	case '\t':
		return is_attribute ? "&#9;" : NULL;
	default:
		return NULL;
	}
}

static enum err escape(struct buf *out, struct span text, bool is_attribute)
{
	size_t plain = 0;
	enum err e;

	for (size_t i = 0; i < text.len;) {
		size_t bad = unfit(text.ptr + i, text.len - i);
		const char *instead = bad ? "\xef\xbf\xbd" : reference(text.ptr[i], is_attribute);

		if (!instead) {
			i++;
			continue;
		}
		if ((e = buf_add(out, text.ptr + plain, i - plain)) != OK || (e = buf_add_text(out, instead)) != OK)
			return e;
		i += bad ? bad : 1;
		plain = i;
	}
	return text.len > plain ? buf_add(out, text.ptr + plain, text.len - plain) : OK;
}

enum err xml_escape(struct buf *out, struct span text)
{
	return escape(out, text, false);
}

/* Is the prefix bound to `ns` by an element that is written around `n`, below `top`? */
static bool is_declared(const struct xml_node *top, const struct xml_node *n, struct span prefix, struct span ns)
{
	for (const struct xml_node *up = n->parent; up != top; up = up->parent) {
		if (span_eq(up->prefix, prefix))
			return span_eq(up->ns, ns);
		for (unsigned i = 0; i < up->attribute_count; i++)
			if (up->attributes[i].prefix.len && span_eq(up->attributes[i].prefix, prefix))
				return span_eq(up->attributes[i].ns, ns);
	}
	return !prefix.len && !ns.len;
}

static enum err write_name(struct buf *out, struct span prefix, struct span name)
{
	return buf_addf(out, "%.*s%s%.*s", (int)prefix.len, prefix.ptr, prefix.len ? ":" : "", (int)name.len, name.ptr);
}

static enum err write_declaration(struct buf *out, struct span prefix, struct span ns)
{
	enum err e = buf_addf(out, " xmlns%s%.*s=\"", prefix.len ? ":" : "", (int)prefix.len, prefix.ptr);

	if (e != OK || (e = escape(out, ns, true)) != OK)
		return e;
	return buf_add_text(out, "\"");
}

/* Has an attribute before the i-th, or the element itself, bound the prefix in this very tag? */
static bool is_bound_here(const struct xml_node *n, unsigned i, struct span prefix)
{
	if (span_eq(n->prefix, prefix))
		return true;
	for (unsigned k = 0; k < i; k++)
		if (span_eq(n->attributes[k].prefix, prefix))
			return true;
	return false;
}

static enum err write_attributes(const struct xml_node *top, const struct xml_node *n, struct buf *out)
{
	for (unsigned i = 0; i < n->attribute_count; i++) {
		const struct xml_attribute *a = &n->attributes[i];
		bool is_xml = span_is(a->ns, XML_NAMESPACE); /* bound by itself, and always to "xml" */
		enum err e;

		if (a->prefix.len && !is_xml && !is_bound_here(n, i, a->prefix) &&
		    !is_declared(top, n, a->prefix, a->ns) && (e = write_declaration(out, a->prefix, a->ns)) != OK)
			return e;
		if ((e = buf_add_text(out, " ")) != OK ||
		    (e = write_name(out, is_xml ? span_of("xml") : a->prefix, a->name)) != OK ||
		    (e = buf_add_text(out, "=\"")) != OK || (e = escape(out, a->value, true)) != OK ||
		    (e = buf_add_text(out, "\"")) != OK)
			return e;
	}
	return OK;
}

static enum err write_node(const struct xml_node *top, const struct xml_node *n, struct buf *out);

static enum err write_children(const struct xml_node *top, const struct xml_node *n, struct buf *out)
{
	for (const struct xml_node *c = n->first; c; c = c->next) {
		enum err e = write_node(top, c, out);

		if (e != OK)
			return e;
	}
	return OK;
}

/* As deep as XML_DEPTH_LIMIT. */
static enum err write_node(const struct xml_node *top, const struct xml_node *n, struct buf *out)
{
	enum err e;

	if (!is_element(n))
		return xml_escape(out, n->text);
	if ((e = buf_add_text(out, "<")) != OK || (e = write_name(out, n->prefix, n->name)) != OK)
		return e;
	if (!is_declared(top, n, n->prefix, n->ns) && (e = write_declaration(out, n->prefix, n->ns)) != OK)
		return e;
	if ((e = write_attributes(top, n, out)) != OK)
		return e;
	if (!n->first)
		return buf_add_text(out, "/>");
	if ((e = buf_add_text(out, ">")) != OK || (e = write_children(top, n, out)) != OK ||
	    (e = buf_add_text(out, "</")) != OK || (e = write_name(out, n->prefix, n->name)) != OK)
		return e;
	return buf_add_text(out, ">");
}

enum err xml_write_content(const struct xml_node *n, struct buf *out)
{
	return write_children(n, n, out);
}
