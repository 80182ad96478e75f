/*
 * accept: which form of a collection a client wants (RFC 9110 §12.5.1; protocol.md, "Collections").
 */
#ifndef SERVER_HTTP_ACCEPT_H
#define SERVER_HTTP_ACCEPT_H

#include "common/span.h"

enum accept_type { ACCEPT_PLAIN, ACCEPT_HTML, ACCEPT_JSON };

/*
 * The one of text/plain, text/html and application/json with the highest weight in the value of Accept.  Of equal
 * weights, one that is named is preferred to one that a wildcard lets in, then the order is as above.  Absent (ptr
 * NULL), "*" and what allows none of them: text/plain.  Members that are malformed are skipped.
 */
enum accept_type accept_preferred(struct span accept);

#endif
