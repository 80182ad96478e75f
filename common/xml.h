/*
 * xml: what a peer sent as XML, as a bounded tree; and text of ours that goes into XML.  Read by expat, with namespaces.
 *
 * A document type declaration is refused, so that there are no entities to expand and nothing to fetch.  Everything lives in the
 * arena that the caller gives.
 */
#ifndef COMMON_XML_H
#define COMMON_XML_H

#include "common/arena.h"
#include "common/buf.h"

enum { XML_DEPTH_LIMIT = 64, XML_NODES_LIMIT = 20000, XML_ATTRIBUTES_LIMIT = 64 };

struct xml_attribute {
	struct span ns, name, prefix, value;
};

/* An element, or a run of text: then only `text` and `next` mean something, and `name` is empty. */
struct xml_node {
	struct xml_node *parent, *first, *next; /* first: the first child, in document order */
	struct span ns, name, prefix;           /* ns empty: in no namespace; prefix empty: none was used */
	struct xml_attribute *attributes;
	unsigned attribute_count;
	struct span text;
};

/*
 * Reads a whole document.  E_BAD_REQUEST: not well-formed, or with a document type; E_TOO_LARGE: over a limit above; E_BUSY: memory
 * is short (memory.h).  Never blocks; costs time in proportion to `text`.
 */
enum err xml_parse(struct span text, struct arena *arena, struct xml_node **out) must_check;

/* Is it the element `name` of that namespace? */
bool xml_is(const struct xml_node *n, const char *ns, const char *name);

/* The first child element of that name; NULL: none.  And the first child element of any name, the next one after `n`. */
const struct xml_node *xml_child(const struct xml_node *n, const char *ns, const char *name);
const struct xml_node *xml_first_element(const struct xml_node *n);
const struct xml_node *xml_next_element(const struct xml_node *n);

/* The text directly in the element, trimmed of white space; in the arena if it is in several pieces. */
struct span xml_text(const struct xml_node *n, struct arena *arena);

/* xml:lang in scope; empty: none. */
struct span xml_lang(const struct xml_node *n);

/*
 * Writes the element's content as XML that stands alone: every prefix it uses is declared in it.  E_TOO_LARGE: `out` is full.
 */
enum err xml_write_content(const struct xml_node *n, struct buf *out) must_check;

/* Text for element content or a quoted attribute; what XML cannot hold becomes U+FFFD.  E_TOO_LARGE: `out` is full. */
enum err xml_escape(struct buf *out, struct span text) must_check;

#endif
