/*
 * object: where contents are.  One row for each digest; its place is never reused (store.md, "On disk").
 */
#ifndef SERVER_STORE_OBJECT_H
#define SERVER_STORE_OBJECT_H

#include "common/db.h"

enum object_state { OBJECT_LIVE = 0, OBJECT_DEAD = 1, OBJECT_BAD = 2 };

struct place {
	int64_t segment; /* 0: a file of its own */
	int64_t number;  /* of that file; else the offset in the segment */
	int64_t size_bytes;
	enum object_state state;
};

/*
 * Refers to a content from inside the transaction that adds the reference: the row as it is when live and healthy, else
 * `place` goes into it, so that a PUT heals rot.  `out_id`: the row's.  `out_adopted`: the row names `place` now; else that copy is spare.
 */
enum err object_adopt(struct db *db, const struct digest *hash, const struct place *place, int64_t *out_id,
		      bool *out_adopted) must_check;

/* Where the content is.  E_NOT_FOUND: no row. */
enum err object_find(struct db *db, const struct digest *hash, struct place *out) must_check;

/* ---- files of their own: obj/ab/<62 hex>.<number> ---- */

enum { OBJECT_NAME_SIZE = 2 + 1 + 62 + 1 + 20 + 1 };

/* The file's name below obj/. */
void object_name(const struct digest *hash, int64_t number, char out[OBJECT_NAME_SIZE]);

/* "<62 hex>.<number>" in folder "ab" to digest and number.  False: none of ours. */
bool object_parse_name(const char *folder, const char *name, struct digest *hash, int64_t *number);

/* Makes and syncs the 256 folders below the open folder obj/. */
enum err object_make_folders(int obj_fd) must_check;

/* What a crash left in a folder: files of numbers below `first` that no row names.  `rehearses`: they are only counted. */
struct object_strays {
	int64_t count, bytes;
};
enum err object_sweep_folder(int obj_fd, unsigned folder, struct db *db, int64_t first, bool rehearses,
			     struct object_strays *out) must_check;

/* In all folders, after a crash. */
enum err object_sweep(int obj_fd, struct db *db, int64_t first) must_check;

#endif
