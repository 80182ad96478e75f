/*
 * xmlbody: a request's body as XML (RFC 4918 §8.2): collected, bounded, parsed off the loop when it is long.
 */
#ifndef SERVER_DAV_XMLBODY_H
#define SERVER_DAV_XMLBODY_H

#include "common/xml.h"
#include "server/dav/call.h"

enum { XMLBODY_INLINE_MAX = 16 << 10 };

/*
 * Reads the body and calls back, on the loop, with its root element; NULL: the body is empty.  A body over max_xml_bytes (methods.h; 413),
 * one that is not well-formed or has a document type (400), or one with a content coding (415) is answered here, without a
 * call.  What the root holds lives in the request's arena.
 */
typedef void xmlbody_fn(struct call *c, void *arg, const struct xml_node *root);
void xmlbody_read(struct call *c, xmlbody_fn *fn, void *arg);

#endif
