/*
 * davhdr: the request fields of WebDAV (RFC 4918 §10) and the preferences that concern it (RFC 8144).  All pure but for the request
 * they read.
 */
#ifndef SERVER_DAV_DAVHDR_H
#define SERVER_DAV_DAVHDR_H

#include "server/http/req.h"

enum depth { DEPTH_0, DEPTH_1, DEPTH_INFINITY };

/* §10.2; `otherwise` without the field.  E_BAD_REQUEST: something else. */
enum err davhdr_depth(struct req *r, enum depth otherwise, enum depth *out) must_check;

/* §10.6: T without the field.  E_BAD_REQUEST: neither T nor F. */
enum err davhdr_overwrite(struct req *r, bool *out) must_check;

/*
 * §10.7: the first of the listed times that we understand, in seconds, at most `most_s`; without the field, or for Infinite: that.
 */
int64_t davhdr_timeout_s(struct req *r, int64_t most_s);

/* §10.5: the URI of the Lock-Token field; some clients leave the brackets out.  Empty: absent or not one. */
struct span davhdr_lock_token(struct req *r);

/* RFC 8144 §2.1, and Microsoft's Brief: t: properties that are not there are left out. */
bool davhdr_wants_minimal(struct req *r);
/* RFC 8144 §3: a listing without the collection itself. */
bool davhdr_wants_no_root(struct req *r);
/* Says which of them are honoured (RFC 7240 §3).  Before the reply. */
void davhdr_note_preferences(struct req *r);

#endif
