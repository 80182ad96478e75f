/*
 * store_parts: uploads that come in parts, each with a request of its own (Nextcloud's chunks), until the parts are joined to one
 * content.  They are files outside the tree, on stable storage once they are kept; one that nobody has touched for a day is removed.
 *
 * A set of parts belongs to a user and has a name of his choosing.  Everything here blocks: on a worker.
 */
#ifndef SERVER_STORE_STORE_PARTS_H
#define SERVER_STORE_STORE_PARTS_H

#include "server/store/store.h"

enum { STORE_PARTS_LIMIT = 10000, STORE_PART_SETS_LIMIT = 100 }; /* parts in a set; sets of one user */

struct store_parts_id {
	const char *user;
	struct span name;
};

struct store_part {
	int64_t number; /* they are joined in this order */
	int64_t size_bytes, mtime_s;
};

/* Makes an empty set.  E_METHOD: it is there already; E_BUSY: the user has too many; E_NO_SPACE, E_IO. */
enum err store_parts_make(struct store *s, const struct store_parts_id *id) must_check;

/* Is there such a set?  E_NOT_FOUND. */
enum err store_parts_check(struct store *s, const struct store_parts_id *id) must_check;

/*
 * Keeps a finished upload as part `number`, in place of the one that has this number; takes `upload`.  `out_is_new`: there was none.
 * E_NOT_FOUND: no such set; E_TOO_LARGE: too many parts; E_NO_SPACE, E_IO.
 */
enum err store_parts_keep(struct store *s, const struct store_parts_id *id, int64_t number, struct upload *upload,
			  bool *out_is_new) must_check;

/* The parts in their order; the caller frees `out` with free().  E_NOT_FOUND: no such set. */
enum err store_parts_list(struct store *s, const struct store_parts_id *id, struct store_part **out,
			  size_t *out_count) must_check;

/* Hands the bytes of all parts to `fn`, in their order; its error ends it.  E_NOT_FOUND: no such set; E_IO. */
typedef enum err store_parts_fn(void *arg, const void *bytes, size_t len);
enum err store_parts_read(struct store *s, const struct store_parts_id *id, store_parts_fn *fn, void *arg) must_check;

/* Removes one part.  E_NOT_FOUND. */
enum err store_parts_drop(struct store *s, const struct store_parts_id *id, int64_t number) must_check;

/* Removes the set with its parts.  E_NOT_FOUND. */
enum err store_parts_remove(struct store *s, const struct store_parts_id *id) must_check;

#endif
