/*
 * chunk: the chunked transfer coding (RFC 9112 §7.1), pure: bytes in, pieces of content out.
 *
 * A size is hexadecimal digits and nothing else before `;` or CRLF; sizes with signs, blanks or 0x, bare LF and lines that
 * are too long are refused.  Extensions and trailers are checked and dropped.
 */
#ifndef SERVER_NET_CHUNK_H
#define SERVER_NET_CHUNK_H

#include "common/span.h"

enum { CHUNK_LINE_LIMIT = 256, CHUNK_TRAILER_LIMIT = 8192 };

/* Where the decoder stands; zeroed: before the first chunk. */
struct chunk {
	uint64_t left; /* of this chunk's data */
	uint32_t line; /* bytes of the size line, or of the trailers, so far */
	uint8_t digits, state;
};

enum chunk_result {
	CHUNK_MORE, /* all of `in` was read */
	CHUNK_DATA, /* `out` holds content, borrowed from `in` */
	CHUNK_END,  /* the body is complete; what is left in `in` lies behind it */
	CHUNK_BAD   /* not the chunked coding; the connection cannot go on */
};

/* Reads on from `in`, moving it past what was read.  Call again after CHUNK_DATA. */
enum chunk_result chunk_next(struct chunk *c, struct span *in, struct span *out);

#endif
