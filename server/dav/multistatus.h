/*
 * multistatus: the body of a 207 (RFC 4918 §13), written into a buffer as it comes.  Lean: no white space between elements, every
 * namespace declared once at the root under a short prefix (Windows takes a listing of at most 1,000,000 bytes).
 *
 * Each function: E_TOO_LARGE, the buffer is full.
 */
#ifndef SERVER_DAV_MULTISTATUS_H
#define SERVER_DAV_MULTISTATUS_H

#include "common/buf.h"

#define NS_DAV     "DAV:"
#define NS_APACHE  "http://apache.org/dav/props/"
#define NS_OC      "http://owncloud.org/ns"
#define NS_CALSERV "http://calendarserver.org/ns/"
#define NS_MS      "urn:schemas-microsoft-com:"
#define NS_SYNCD   "urn:x-syncd:" /* ours, where nobody else has a name for it */

/* The prefix that a namespace has below the root without a further declaration; NULL: none. */
const char *multistatus_prefix(struct span ns);

enum err multistatus_begin(struct buf *out) must_check;
enum err multistatus_end(struct buf *out) must_check;

/* One resource; `href` is percent-encoded (call_href()). */
enum err multistatus_response(struct buf *out, const char *href) must_check;
/* The same, for a clean path below `prefix` (call.h): no text of its own for each of a million. */
enum err multistatus_resource(struct buf *out, const char *prefix, struct span path, bool is_collection) must_check;
enum err multistatus_response_end(struct buf *out) must_check;

/* Within a response, instead of propstats: what became of the resource. */
enum err multistatus_status(struct buf *out, int status) must_check;

/* Within a response: the properties that share a status go between these two. */
enum err multistatus_propstat(struct buf *out) must_check;
enum err multistatus_propstat_end(struct buf *out, int status,
				  const char *condition) must_check; /* NULL: no DAV:error */

#endif
