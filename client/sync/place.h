/*
 * place: changes to the linked folder, each of which looks at the moment of its effect whether what it would replace is still what was
 * planned with.  What is replaced or removed goes to the folder's own trash, .sync/trash, and stays there for a week.
 *
 * E_PRECONDITION everywhere: something else is there, or the folder above is not; nothing was changed, and the caller plans again.
 * No symbolic link is followed on the way down; one at the end of it is a file as any other, where links are synced.  All functions
 * block.
 */
#ifndef CLIENT_SYNC_PLACE_H
#define CLIENT_SYNC_PLACE_H

#include "client/local.h"

struct place {
	int root, temp, trash; /* open folders, on one file system; borrowed */
};

/*
 * Puts a temporary of place->temp, written and synced, at `path`.  `expected`: the file that may be replaced; NULL: nothing may be
 * there.  `out`: what identifies it now.  Unless OK the temporary stays.
 */
enum err place_file(const struct place *p, const char *temp, const char *path, const struct local_id *expected,
		    struct local_id *out) must_check;

/* Removes the file, if it is the expected one. */
enum err place_remove_file(const struct place *p, const char *path, const struct local_id *expected) must_check;

/* Makes a folder; one of exactly that name that is there already is as good. */
enum err place_make_folder(const struct place *p, const char *path) must_check;

/* Removes an empty folder.  E_CONFLICT: it is not empty.  One that is not there is as good. */
enum err place_remove_folder(const struct place *p, const char *path) must_check;

/*
 * Gives whatever is at `path` a conflict name in its folder, over nothing that is there; `out_copy`: its path, which the caller
 * frees.
 */
enum err place_move_aside(const struct place *p, const char *path, const char *host, char **out_copy) must_check;

/*
 * Renames inside the folder, over nothing that is there.  `expected`: the file that is meant; NULL: a folder, whatever is in it.
 * `out`: what identifies it now.
 */
enum err place_move(const struct place *p, const char *from, const char *to, const struct local_id *expected,
		    struct local_id *out) must_check;

/* Two files change places, in one step.  E_NOT_IMPLEMENTED: not on this file system. */
enum err place_exchange(const struct place *p, const char *a, const char *b) must_check;

/*
 * Does the folder above `path` have the name as it is written?  OK: it has, or nothing answers to it.  E_CONFLICT: something does that has
 * another name, since this file system tells the two not apart.  E_TOO_LARGE: the file system holds no name so long.
 */
enum err place_find_name(const struct place *p, const char *path) must_check;

/* Is there nothing at all of that very name at `path`?  False also when it cannot be told. */
bool place_is_free(const struct place *p, const char *path);

/* What identifies what is at `path` now; `out_mode` may be NULL.  E_NOT_FOUND. */
enum err place_look(const struct place *p, const char *path, struct local_id *out, mode_t *out_mode) must_check;

/* What a file is to have besides its content. */
struct place_dress {
	bool has_mode, is_executable; /* executable for those who may read it, or for nobody */
	int64_t mtime_s;              /* 0: it stays */
};

/* Gives it to the expected file; `out`: what identifies it then. */
enum err place_set_dress(const struct place *p, const char *path, const struct local_id *expected,
			 const struct place_dress *want, struct local_id *out) must_check;

/* Is that what stands for a content: a file, or a link whose text does (linktext.h)? */
bool place_is_content(mode_t mode);

/* Can there be symbolic links on this file system?  Tried with one in place->temp. */
bool place_has_links(const struct place *p);

/* Does this file system keep the executable bit?  Tried with a file of place->temp. */
bool place_has_modes(const struct place *p);

/* Removes what is in the trash for more than a week, and what an interrupted run left of downloads. */
void place_purge(const struct place *p);

#endif
