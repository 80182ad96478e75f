/*
 * status: what an HTTP status means to who reads the answer; shared so that server and client cannot disagree.
 */
#ifndef COMMON_STATUS_H
#define COMMON_STATUS_H

#include "common/err.h"
#include "common/span.h"

/* The reason phrase ("No Content"); "Unknown" for a status without a registered one.  Never NULL. */
const char *status_reason(int status);

/*
 * May an answer with `status` to a request (`is_head`: HEAD) carry content?  1xx, 204 and 304 never do, nor does any
 * answer to HEAD (RFC 9112 §6.3).
 */
bool status_has_body(int status, bool is_head);

/* May it carry Content-Length?  Not with 1xx and 204 (RFC 9110 §8.6). */
bool status_may_have_length(int status);

/* What a reply to a change says to the client that sent it. */
enum status_meaning {
	STATUS_CREATED,   /* 201 */
	STATUS_CHANGED,   /* 204: done, and by definition without a body; also 200 */
	STATUS_UNCHANGED, /* 304 */
	STATUS_STALE,     /* 412 */
	STATUS_RETRY,     /* 408 429 502 503 504: the same request may be sent again later */
	STATUS_REFUSED    /* everything else */
};
enum status_meaning status_meaning(int status);

/* What a client notices about the head of an answer; each flag is worth a sentence to the user. */
enum status_fault {
	STATUS_FAULT_LENGTH_WITH_204 = 1,   /* Content-Length with a 204 (RFC 9110 §8.6) */
	STATUS_FAULT_ENCODING_WITH_204 = 2, /* Transfer-Encoding with a 204 (RFC 9112 §6.1) */
	STATUS_FAULT_BODY_WITH_204 = 4,     /* bytes after a 204's head */
	STATUS_FAULT_NO_ETAG = 8,           /* a 2xx to PUT without an ETag */
	STATUS_FAULT_WEAK_ETAG = 16
};

/* What was seen of an answer to a PUT or DELETE. */
struct status_seen {
	int status;
	bool is_put, has_length, has_transfer_encoding, has_body_bytes;
	struct span etag; /* the field value; empty: none */
};

/* The faults (a set of enum status_fault) of what was seen; 0: none. */
unsigned status_faults(const struct status_seen *seen);

#endif
