/*
 * doubt: contents on a foreign server that have to be read before it can be said what to do: of files that changed there and are not here as
 * we knew them; of those that are to be replaced or deleted there while their tags are too young to be trusted; and of those that were
 * written so lately, the last time, that another content could have come under the same tag.
 *
 * What is only to be fetched is not read here: the download learns its content.
 */
#ifndef CLIENT_SYNC_DOUBT_H
#define CLIENT_SYNC_DOUBT_H

#include "client/sync/apply.h"
#include "client/sync/foreign.h"

struct doubt {
	struct http *http;
	const char *collection;
	struct base *base;
	const struct foreign *foreign;
};

/*
 * Reads what was too young when it was written or read last.  `is_new` is set if one of them turned out to be another content.  Errors of
 * the network and of the base; `why`.
 */
enum err doubt_settle(const struct doubt *d, bool *is_new, struct note *why) must_check;

/* Holds what the plan still cannot know. */
void doubt_hold(const struct doubt *d, struct work *work);

/*
 * Reads what the plan cannot do without.  `out_learned`: the plan has to be made anew.  What cannot be read, though it is there, is said to
 * `end` and goes to `failed`.
 */
enum err doubt_read(const struct doubt *d, const struct work *work, struct work_failed *failed,
		    void (*end)(void *arg, const struct apply_end *end), void *arg, bool *out_learned,
		    struct note *why) must_check;

#endif
