/*
 * ifheader: the If field (RFC 4918 §10.4) as text into lists.  Pure: where a tag leads is the caller's to say.
 */
#ifndef SERVER_DAV_IFHEADER_H
#define SERVER_DAV_IFHEADER_H

#include "common/arena.h"
#include "server/store/store_lock.h"

enum { IFHEADER_LISTS_LIMIT = 64, IFHEADER_TERMS_LIMIT = 64 };

/* The resource of a tag <URI>, or of untagged lists (text.ptr NULL), into `out`: path and is_nowhere. */
typedef void ifheader_place_fn(void *arg, struct span text, struct store_if_list *out);

/*
 * Reads the field.  Tagged and untagged lists are not mixed (§10.4.2).  Texts borrow from `text`, the rest is in `arena`.
 * E_BAD_REQUEST: malformed, an empty list, or over a limit.
 */
enum err ifheader_parse(struct span text, struct arena *arena, ifheader_place_fn *place, void *arg,
			const struct store_if **out) must_check;

#endif
