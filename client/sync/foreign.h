/*
 * foreign: what a WebDAV server that is not of our kind keeps of what two-way sync needs, tried out once with files of our own under a
 * temporary name, and what follows from it.
 *
 * Headers promise much.  What counts is what happens: does a write with a wrong If-Match change the file (nginx and rclone write it), may
 * two of several writers with one If-Match win (Apache lets them), does a lock keep others out, do two writes in a row have two tags?
 */
#ifndef CLIENT_SYNC_FOREIGN_H
#define CLIENT_SYNC_FOREIGN_H

#include "client/remote/http.h"
#include "client/sync/base.h"

/* How others are kept from writing between our look and our change. */
enum foreign_guard {
	FOREIGN_UNSAFE,    /* by nothing: we look right before */
	FOREIGN_CONDITION, /* If-Match and If-None-Match, which one writer alone survives */
	FOREIGN_LOCK       /* an exclusive lock around each change */
};

/* How far apart two writes of one file must be for two tags. */
enum foreign_tags {
	FOREIGN_TAGS_COARSE, /* a second, or there are no tags */
	FOREIGN_TAGS_CLOCK,  /* a few milliseconds */
	FOREIGN_TAGS_EXACT   /* nothing: each write had its own */
};

struct foreign {
	enum foreign_guard guard;
	enum foreign_tags tags;
	bool has_mtime; /* X-OC-Mtime is taken */
	bool is_serial; /* its locks go astray when several are asked for at once: one after the other */
	bool
	    is_tagged; /* a condition has to name the resource that it is of (Apache); else it must not (nginx with odd names) */
	bool keeps_existing; /* MOVE with Overwrite: F replaces nothing */
	char owner[64];      /* what our locks are known by: of this linked folder alone */
};

/*
 * Tries it out below `collection` (clean, below the remote's root); what was made for it is removed.  E_FORBIDDEN and the like: nothing may
 * be written there; errors of the network; `why`.  Blocks.
 */
enum err foreign_probe(struct http *http, const char *collection, struct foreign *out, struct note *why) must_check;

/*
 * The same from the state of a linked folder, if it was tried before; else tried and kept there, or unless `may_try` taken for the worst.
 * `id`: the link's.
 */
enum err foreign_ready(struct http *http, const char *collection, struct base *base, const char *id, bool may_try,
		       struct foreign *out, struct note *why) must_check;

/* What cannot be promised there, as sentences; NULL after the last. */
const char *foreign_says(const struct foreign *f, size_t number);

/* "locks", "conditions", "nothing": what keeps others out. */
const char *foreign_guard_word(enum foreign_guard guard);

#endif
