/*
 * props: the live properties, from one table (RFC 4918 §15, RFC 4331, RFC 5397, RFC 3744 §5.4, RFC 5842, and what ownCloud's,
 * Apache's and Microsoft's clients ask for).
 */
#ifndef SERVER_DAV_PROPS_H
#define SERVER_DAV_PROPS_H

#include "server/dav/call.h"

/* The resource whose property it is. */
struct prop_subject {
	const struct call *call;
	const struct store_node *node;
	struct span path;
	bool is_bare; /* shown only as the way down to what the caller may read, or as it was: neither hash nor size */
	const struct store_version *version; /* of a version: who made it; NULL: not known here */
	const struct store_trashed *trashed; /* of what is in the trash; NULL: it is not */
};

struct live_prop;
struct store_version;
struct store_trashed;

/* The live property of that name; NULL: there is none. */
const struct live_prop *prop_find(struct span ns, struct span name);

/* The i-th of the table; NULL: no more. */
const struct live_prop *prop_at(size_t i);

const char *prop_ns(const struct live_prop *p);
const char *prop_name(const struct live_prop *p);

/* Does `allprop` show it (RFC 4918 §9.1)?  Expensive ones and other people's are named, or not told. */
bool prop_is_in_allprop(const struct live_prop *p);

/* May PROPPATCH not touch it? */
bool prop_is_protected(const struct live_prop *p);

/* May prop_write() read a whole content?  Then it is for a worker alone. */
bool prop_is_slow(const struct live_prop *p);

/* Has the resource this property? */
bool prop_is_on(const struct live_prop *p, const struct prop_subject *s);

/*
 * Appends the content of the property's element.  E_NOT_FOUND: this resource has none, and nothing was appended; E_TOO_LARGE;
 * and errors of the store.  On a worker or the loop: bounded look-ups.
 */
enum err prop_write(const struct live_prop *p, const struct prop_subject *s, struct buf *out) must_check;

/* <D:activelock> of one lock, for lockdiscovery and the answer to LOCK (RFC 4918 §14.1). */
enum err prop_write_activelock(const struct call *c, const struct store_lock *lock, struct buf *out) must_check;

#endif
