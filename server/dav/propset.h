/*
 * propset: which properties a PROPFIND or REPORT wants (RFC 4918 §14.20, §14.2, §14.8, §14.18), and writing them for a resource.
 */
#ifndef SERVER_DAV_PROPSET_H
#define SERVER_DAV_PROPSET_H

#include "common/xml.h"
#include "server/dav/props.h"

struct propset;

enum { PROPSET_NAMES_LIMIT = 256 };

/*
 * Reads the children of a propfind element: allprop (with include), propname, or prop.  `root` NULL: allprop.  `is_minimal`: what
 * is not there is left out (RFC 8144 §2.1).  In `arena`.  E_BAD_REQUEST: none of these, or several; E_TOO_LARGE: too many names.
 */
enum err propset_read(const struct xml_node *root, bool is_minimal, struct arena *arena,
		      const struct propset **out) must_check;

/* The same of a prop element alone, as reports have it; NULL: no property. */
enum err propset_read_prop(const struct xml_node *prop, bool is_minimal, struct arena *arena,
			   const struct propset **out) must_check;

/* May propset_write() read whole contents (prop_is_slow())?  Then it is for a worker alone. */
bool propset_is_slow(const struct propset *p);

/*
 * Appends the propstats of one resource.  E_TOO_LARGE: `out` is full; and errors of the store.  Bounded look-ups; on a worker,
 * or on the loop for one resource.
 */
enum err propset_write(const struct propset *p, const struct prop_subject *s, struct buf *out) must_check;

#endif
