/*
 * head: a request head over bytes (RFC 9112 §2-3, §5-6), pure: no sockets, no memory of its own.
 *
 * Two steps.  head_scan() finds the end of the head as bytes arrive and refuses at once what can no longer become one; no
 * byte is looked at twice however the head is cut.  head_parse() then reads the finished head and decides its framing.
 * Everything ambiguous is refused: what two parsers could read in two ways is how requests are smuggled.
 */
#ifndef SERVER_NET_HEAD_H
#define SERVER_NET_HEAD_H

#include "common/span.h"

enum { HEAD_LIMIT = 16384, HEAD_TARGET_LIMIT = 12288, HEAD_METHOD_LIMIT = 64, HEAD_FIELDS_LIMIT = 100 };

/* Where a scan stands; zeroed: at the start. */
struct head_scan {
	uint32_t at;      /* bytes seen; after HEAD_DONE the length of the head */
	uint32_t begin;   /* of the request line: empty lines may come before it (RFC 9112 §2.2) */
	uint32_t mark;    /* of the element being read */
	uint16_t fields;  /* field lines so far */
	uint8_t state;    /* head.c's */
	uint16_t refusal; /* after HEAD_REFUSED: 400, 414, 431, 501 or 505 */
};

enum head_result { HEAD_MORE, HEAD_DONE, HEAD_REFUSED };

/* `bytes`: all that came so far, from the head's first byte on; only what is new is read. */
enum head_result head_scan(struct head_scan *s, struct span bytes);

struct head_field {
	struct span name, value; /* value: without surrounding blanks */
};

/* A head whose framing is sound.  Everything is borrowed from the bytes. */
struct head {
	struct span method;
	struct span target; /* as sent */
	struct span path;   /* the target from its path on; empty if an absolute-form has none, or for CONNECT */
	bool is_http10;
	bool is_connect;       /* authority-form: there is no path */
	bool wants_close;      /* the connection ends after this request */
	bool expects_continue; /* Expect: 100-continue, HTTP/1.1 */
	int64_t length;        /* of the body; -1: chunked; 0: none */
	struct head_field *fields;
	size_t field_count; /* framing and hop-by-hop fields are left out */
};

/*
 * Reads the head of a finished scan; `bytes` are the scan's, `fields` has room for `s->fields`.  0, or the status to refuse
 * it with: 400, 417 or 501.
 */
int head_parse(const struct head_scan *s, struct span bytes, struct head_field *fields, struct head *out);

#endif
