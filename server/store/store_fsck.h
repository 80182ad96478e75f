/*
 * store_fsck: does everything in the store fit, and if not, what is hit?  While it is in use.
 *
 * Looked at are: the database's own structure; the journal's chain; every collection's hash, members and bytes; that every file
 * and version has its content; rows that belong to nothing; every content's bytes against their SHA-256; files that no row names.
 * Each piece is read in a short transaction of its own, and what looks damaged in a store that moves is looked at twice.
 */
#ifndef SERVER_STORE_STORE_FSCK_H
#define SERVER_STORE_STORE_FSCK_H

#include "server/store/store.h"

/* One piece of damage, as seen from one path.  Borrowed for the call. */
struct store_finding {
	const char *what; /* "database", "journal", "folder", "file", "version", "row", "content", "counter" */
	const char *why;  /* in words */
	struct span path; /* empty: it concerns no path, or none is known */
	int64_t version;  /* number in a version's URL; 0: what is current */
	bool is_gone;     /* the path is where it was before it was deleted */
	bool is_repaired; /* of what could be lost nothing is; see store_fsck_new() */
	const struct digest *digest; /* of the content; NULL: none */
};

struct store_fsck_totals {
	int64_t folders, files, versions, contents, content_bytes; /* that were looked at */
	int64_t damaged, repaired;                                 /* findings; one content in two paths is one */
	int64_t strays,
	    stray_bytes;          /* files that no row names, sets of parts that ran out: no damage, gc removes them */
	int64_t dead, dead_bytes; /* contents that nobody refers to, likewise */
	const char *at;           /* what is being looked at */
};

/*
 * `repair`: what can be computed from what is there is (hashes, members, which content a file has); what hangs from nothing goes
 * into the trash; rows that belong to nothing go.  A damaged content is marked: it is answered 500 instead of served, and healed
 * by the next upload of the same bytes; what is left of it is put aside, in DATA/bad/ (aside.h), unless a backup is under way.
 * A content that was marked and is good is live again.  Never is the last copy of anything removed.  The caller frees it with
 * store_fsck_free(), NULL is fine.
 */
struct store_fsck *store_fsck_new(struct store *s, bool repair);
void store_fsck_free(struct store_fsck *f);

/*
 * Looks at some more, for a second or so (the database's structure: as long as reading it takes).  Blocks: on a worker; one thread
 * at a time.  Errors are those of the database, and end it; damage is no error.
 */
typedef void store_finding_fn(void *arg, const struct store_finding *finding);
enum err store_fsck_next(struct store_fsck *f, store_finding_fn *fn, void *arg, struct store_fsck_totals *out,
			 bool *out_end) must_check;

#endif
