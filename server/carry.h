/*
 * carry: the contents that a database names, from one store-shaped folder (seg/, obj/) to another, each proved by its digest.
 *
 * Places are never reused, so a file that is there is right as far as it goes: of a segment its grown tail is copied.  What another
 * database says is there already (`known`) is taken for proved; everything else is read back, and copied once more if it does not
 * fit.  Holes stay holes.  Nothing that is there is changed but for that, so a copy that is interrupted leaves what `known` names whole.
 */
#ifndef SERVER_CARRY_H
#define SERVER_CARRY_H

#include "common/db.h"
#include "server/side.h"

struct carry {
	const struct side *from, *to;
	struct db *db, *known; /* known NULL: nothing is */
	/* Is called several times a second. */
	void (*tick)(void *arg);
	/* A content that the source does not have as it should be; it is not in the copy either. */
	void (*damaged)(void *arg, int64_t id, const struct digest *hash, bool was_marked);
	void *arg;

	/* what was done */
	int64_t contents, bytes;            /* that are there now */
	int64_t copied_bytes, proved_bytes; /* of them by this call */
	int64_t damages;
};

/* Blocks.  Errors are of the folders and the databases, with the reason; damaged contents are no error. */
enum err carry_contents(struct carry *c, struct note *why) must_check;

/* Makes the folders that contents lie in. */
enum err carry_make_folders(const struct side *to, struct note *why) must_check;

/* Syncs them: every name is on stable storage. */
enum err carry_sync_folders(const struct side *to, struct note *why) must_check;

/* Removes from them what `db` does not name.  `out_bytes`: so much was removed. */
enum err carry_prune(const struct side *to, struct db *db, int64_t *out_bytes, struct note *why) must_check;

/* One file: whole, with its hash if `out_hash` is not NULL, synced. */
enum err carry_file(const struct side *from, const char *name, const struct side *to, const char *new_name,
		    struct digest *out_hash, int64_t *out_bytes) must_check;

#endif
