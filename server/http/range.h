/*
 * range: the Range and If-Range fields of a GET (RFC 9110 §14.2, §13.1.5).
 *
 * What a client may ask for is bounded: a set that would cost more than the whole representation is answered with the
 * whole, as §14.2 allows.
 */
#ifndef SERVER_HTTP_RANGE_H
#define SERVER_HTTP_RANGE_H

#include "common/digest.h"

enum {
	RANGE_SPECS_LIMIT = 64,   /* more in one field: the field is ignored */
	RANGE_FREE_PARTS = 8,     /* up to so many parts may cost more than they save */
	RANGE_PART_OVERHEAD = 128 /* bytes of a part's head in multipart/byteranges */
};

struct range {
	int64_t first, len; /* len > 0, first + len <= size */
};

struct range_set {
	struct range parts[RANGE_SPECS_LIMIT];
	size_t count;
};

enum range_result {
	RANGE_WHOLE,        /* no, an unknown or a malformed Range, or one not worth it: 200 with everything */
	RANGE_PARTS,        /* 206: one part or multipart/byteranges */
	RANGE_UNSATISFIABLE /* 416 with Content-Range: bytes star/size */
};

/*
 * Reads the value of Range (ptr NULL: absent) for a representation of `size_bytes`.  Parts that overlap or touch become
 * one, at the place of the first of them; else they stand in the order asked for (§15.3.7.2).
 */
enum range_result range_parse(struct span value, int64_t size_bytes, struct range_set *out);

/* What If-Range is held against. */
struct range_validator {
	const struct digest *digest;  /* the strong entity tag; NULL: none */
	int64_t mtime_ns, changed_ns; /* Last-Modified shows the first; the server's own change time */
};

/*
 * May Range be honoured?  True: If-Range is absent (ptr NULL), or its entity tag is equal by strong comparison, or its
 * date is exactly Last-Modified and that is a strong validator: no client has set it, and it is a second old at `now_ns`
 * (§8.8.2.2; store.md, "Locks, names, time").
 */
bool range_is_wanted(struct span if_range, const struct range_validator *current, int64_t now_ns);

#endif
