/*
 * xmlstream: XML read as it arrives, element by element: for answers that may be too long for a tree (common/xml.h).  Read by expat,
 * with namespaces; a document type is refused, so there are no entities to expand and nothing to fetch.
 */
#ifndef COMMON_XMLSTREAM_H
#define COMMON_XMLSTREAM_H

#include "common/err.h"
#include "common/span.h"

enum { XMLSTREAM_DEPTH_LIMIT = 64 };

/* What is told; spans are borrowed for the call.  An error ends the reading. */
struct xmlstream_calls {
	enum err (*start)(void *arg, struct span ns, struct span name);
	enum err (*end)(void *arg);
	enum err (*text)(void *arg, struct span text); /* a run of characters, perhaps one of several */
};

struct xmlstream;

/* `calls` must outlive it.  The caller frees it. */
struct xmlstream *xmlstream_new(const struct xmlstream_calls *calls, void *arg);
void xmlstream_free(struct xmlstream *x);

/*
 * The next bytes.  E_BAD_REQUEST: not well-formed, or with a document type; E_TOO_LARGE: nested deeper than the limit; errors of the
 * calls.  After an error every further call gives the same one.
 */
enum err xmlstream_add(struct xmlstream *x, const void *bytes, size_t len) must_check;

/* The end of the document.  E_BAD_REQUEST: it is not whole. */
enum err xmlstream_end(struct xmlstream *x) must_check;

#endif
