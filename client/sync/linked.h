/*
 * linked: a folder that `clone` made one of a pair: what its .sync holds, and the state that belongs to it.
 *
 *     .sync/config   which server and which folder there
 *     .sync/id       the pairing's id and a word that changes with every round that changes something
 *     .sync/tmp      downloads on their way; .sync/trash what was replaced or removed here, for a week
 *
 * The state lies elsewhere ($XDG_STATE_HOME/sync/links/ID.db), so that a folder restored from a backup does not bring its old state
 * along: then the word is another one than the state knows, and everything is compared anew.
 */
#ifndef CLIENT_SYNC_LINKED_H
#define CLIENT_SYNC_LINKED_H

#include "client/sync/base.h"
#include "client/sync/place.h"

#define LINKED_FOLDER ".sync"

struct linked {
	char *root_path; /* absolute */
	struct place place;
	int dot; /* .sync */
	char *id;
	char *remote;     /* the remote's name in the config; NULL: it was given by the environment */
	char *url;        /* of the remote's root */
	char *collection; /* the folder there, clean, below the remote's root */
	char *merge;      /* as in the config, for this folder; NULL: as there */
	bool with_links;  /* symbolic links are synced, as texts (linktext.h) */
	bool is_unsafe;   /* the user wants it though the server cannot keep two writers apart */
	struct base *base;
};

/* The root of the linked folder that `path` is in or is; NULL: none.  The caller frees it. */
char *linked_find(const char *path);

/*
 * What the linked folder that `path` is in is paired with: its state is not opened, and no descriptor is.  E_NOT_FOUND: it is in none.
 * linked_clear() frees, whatever came.
 */
enum err linked_read(const char *path, struct linked *out, struct note *why) must_check;

/*
 * Makes `path` a linked folder; it exists.  `remote` may be NULL.  `is_unsafe` is kept with it.  E_PRECONDITION: it is in one already.
 * Errors of writing; `why`.
 */
enum err linked_make(const char *path, const char *remote, const char *url, const char *collection, bool is_unsafe,
		     struct note *why) must_check;

/*
 * Opens the linked folder at `root_path`, with its state, which is made in `states` (a folder) if it is not there.  E_BUSY: another
 * client works with it.  E_PRECONDITION: its marker is missing, so perhaps something is not mounted.  E_USAGE: its config is none.
 * `out_is_strange`: the marker is not the state's, or there is no state; the state was emptied, and nothing will be deleted.
 * linked_clear() frees, whatever came.
 */
enum err linked_open(const char *root_path, const char *states, struct linked *out, bool *out_is_strange,
		     struct note *why) must_check;
void linked_clear(struct linked *l);

/*
 * Whether links are synced from now on; kept in the folder's config.  When that begins, texts here that stand for links become these.
 * Errors of writing.
 */
enum err linked_set_links(struct linked *l, bool with_links, struct note *why) must_check;

/* Before and after a round that changes something: the marker and the state get a new word. */
enum err linked_begin_change(struct linked *l) must_check;
enum err linked_end_change(struct linked *l) must_check;

#endif
