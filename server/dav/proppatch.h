/*
 * proppatch: changes of properties out of XML, for PROPPATCH and extended MKCOL.
 */
#ifndef SERVER_DAV_PROPPATCH_H
#define SERVER_DAV_PROPPATCH_H

#include "server/dav/props.h"
#include "server/dav/xmlbody.h"

struct proppatch_item {
	struct span ns, name;
	int status; /* 200: it can be done */
};

/* Zeroed, but for what the caller sets. */
struct proppatch {
	bool only_set;                          /* no removals: MKCOL */
	bool is_collection;                     /* what is changed */
	bool (*skip)(const struct xml_node *n); /* a property that the caller sees to; NULL: none */

	struct arena *arena;
	struct proppatch_item *items; /* in the order of the request */
	unsigned count;
	bool has_failed; /* one of them: then nothing is to be done */
	struct store_prop_change *changes;
	unsigned change_count;
	int64_t mtime_ns;
	enum store_exec executable;
};

/* Reads the set and remove children of `root`.  E_TOO_LARGE: too many properties. */
enum err proppatch_read(struct proppatch *p, const struct xml_node *root, struct arena *arena) must_check;

/* Appends the propstats of the answer.  E_TOO_LARGE. */
enum err proppatch_write(const struct proppatch *p, struct buf *out) must_check;

#endif
