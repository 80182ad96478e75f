/*
 * etag: entity tags and lists of them (RFC 9110 §8.8.3, §13.1.1).
 */
#ifndef COMMON_ETAG_H
#define COMMON_ETAG_H

#include "common/span.h"

struct etag {
	struct span opaque; /* between the quotes; borrowed from what was parsed */
	bool is_weak;
};

/* One entity tag and nothing else, `W/"x"` or `"x"`.  False: not an entity tag. */
bool etag_parse(struct span text, struct etag *out);

/* Strong comparison: equal and neither weak (RFC 9110 §8.8.3.2).  Weak comparison: equal. */
bool etag_equal_strong(struct etag a, struct etag b);
bool etag_equal_weak(struct etag a, struct etag b);

enum etag_list {
	ETAG_LIST_MATCH, /* "*", or a member equal by the comparison asked for */
	ETAG_LIST_NO_MATCH,
	ETAG_LIST_MALFORMED /* not a list of entity tags */
};

/*
 * Looks for `current` (NULL: there is no representation; then only malformed or no match) in the value of If-Match
 * or If-None-Match.  `*` matches any representation, also one without a tag: then `current->opaque.ptr` is NULL.
 */
enum etag_list etag_list_find(struct span list, const struct etag *current, bool strong);

#endif
