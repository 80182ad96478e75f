/*
 * apply_priv: what the files that carry out a plan share: apply.c (order, effects here), upload.c and
 * download.c (requests), applymove.c (what is moved).
 */
#ifndef CLIENT_SYNC_APPLY_PRIV_H
#define CLIENT_SYNC_APPLY_PRIV_H

#include "client/sync/apply.h"

struct apply {
	const struct apply_config *config;
	const struct work *work;
	struct work_failed *failed;
	struct apply_result *result;
	size_t *order, order_count, at; /* indices of items, as plan_order() gives them; the next one */
	size_t level;                   /* of the folders that are being made on the server */
	bool *is_covered;               /* deleted with a folder above */
	bool has_strange_folders;       /* somebody else made one there that we were to make: see apply_agree() */
};

/* The end of an item: its action took place and the base learned of it; it is left for the next round; it failed. */
void apply_done(struct apply *a, size_t index, const struct apply_end *end);
void apply_skip(struct apply *a, size_t index);
void apply_fail(struct apply *a, size_t index, enum err e, const char *why);

/*
 * base_agree() for what was done there.  Not in a folder of which the server told nothing yet: when that goes, the report names the
 * folder alone, which would leave the row behind.  The next report tells of both.
 */
enum err apply_agree(struct apply *a, const char *path, const struct base_row *row) must_check;

/* An error of writing to the base: fatal. */
void apply_base_failed(struct apply *a, enum err e);

/* Would nothing further succeed after this? */
bool apply_is_fatal(enum err e);

/* The percent-encoded target of a path below the collection, and the clean path below the remote's root.  The caller frees them. */
char *apply_target(const struct apply *a, const char *path, bool is_folder);
char *apply_remote_path(const struct apply *a, const char *path);

/* Has the request that changes these paths (`other` may be NULL) submit the locks that this client holds there. */
void apply_submit_locks(const struct apply *a, struct http_request *req, const char *path, const char *other);

/* Each starts one item's request; its end is apply_done() and so on, from http_run(). */
void upload_start_file(struct apply *a, size_t index);
void upload_start_folder(struct apply *a, size_t index);
void upload_start_delete(struct apply *a, size_t index);
void download_start(struct apply *a, size_t index);

/* Is what is here still what the plan took it for?  Absent, or for another kind of thing that takes the place: that. */
bool upload_is_as_planned_here(const struct apply *a, size_t index);

/* The same on a foreign server (foreignput.c); a folder's deletion waits for its end. */
void foreign_note_sent(struct apply *a);
void foreign_start_file(struct apply *a, size_t index);
void foreign_start_delete(struct apply *a, size_t index);
void foreign_delete_folder(struct apply *a, size_t index);

/* A GET was answered whole: is it the version that was listed?  Then its content is known from now on, in `remote` too. */
bool foreign_take(struct apply *a, size_t index, const struct answer *answer, int64_t body_bytes,
		  const struct digest *digest, struct remote_row *remote);

/* Moves a file there, and waits; false: it did not succeed. */
bool foreign_move_file(struct apply *a, size_t from, size_t to);

/* The executable bit and the time, here and there. */
void dress_here(struct apply *a, size_t index);
void dress_start_there(struct apply *a, size_t index);

/* What both changed: together, by lines, or what is here gets a conflict name. */
void merge_here(struct apply *a, size_t index);
void apply_move_aside(struct apply *a, size_t index);

/* Moves: there, by one request and its answer; here. */
void applymove_there(struct apply *a, size_t index);
void applymove_here(struct apply *a, size_t index);

#endif
