/*
 * history: what log, diff, restore, undo and cat --at share: a moment on the command line, one version among many, and having
 * something back.
 */
#ifndef CLIENT_CMD_HISTORY_H
#define CLIENT_CMD_HISTORY_H

#include "client/remote/versions.h"
#include "client/session.h"

enum { HISTORY_AT_SIZE = 48 };

/* --at as the server takes it, "" without the option.  E_USAGE: no time, which was said. */
enum err history_at(struct session *s, char out[HISTORY_AT_SIZE]) must_check;

/* Whose a version is, "ann@laptop": the label that login gives already says who; of others the user comes first.  The caller frees it. */
char *history_who(const char *author, const char *client);

/* The same of a moment that is an operand. */
enum err history_moment(struct session *s, const char *text, char out[HISTORY_AT_SIZE]) must_check;

/*
 * The version that the user means: the beginning of its hash (four digits at least), or its number.  Of the same content twice the
 * newest.  E_NOT_FOUND; E_USAGE: several contents begin so; `why` says it.
 */
enum err history_find(const struct versions *v, const char *wanted, const struct version **out,
		      struct note *why) must_check;

/* What is at `path` now.  `out_etag`: the field's value, NULL: none; the caller frees it.  E_NOT_FOUND: nothing. */
enum err history_look(struct session *s, const char *path, bool *out_is_folder, char **out_etag,
		      struct note *why) must_check;

/* A request that brings something back to `path`. */
struct history_back {
	const char *method; /* COPY of a version, MOVE out of the trash, MOVE back */
	const char *from;   /* path at the server's root; of the remote's tree if `is_in_tree` */
	bool is_in_tree;
	const char *path;
	bool is_folder;
	const char *if_match; /* what `path` must have; NULL: nothing may be there */
	bool force;           /* whatever is there */
};

/* `out_etag` as above.  E_PRECONDITION: something else is there now; `why` says it. */
enum err history_bring(struct session *s, const struct history_back *b, int *out_status, char **out_etag,
		       struct note *why) must_check;

/*
 * The user knows what is at a path now; what a local file there is based on stays as it was, so that a push of it is refused.
 * `etag`: the field's value; NULL: not known.
 */
void history_remember(struct session *s, const char *path, const char *etag);

/*
 * Calls back for each difference between a folder as it was at `at` and as it was at `until` (NULL: as it is), in the order of the
 * names, folders that are on one side alone as one.  `path` is on the remote.  E_NOT_FOUND: it was no folder then.
 */
enum history_change { HISTORY_ADDED, HISTORY_REMOVED, HISTORY_CHANGED };
typedef void history_change_fn(void *arg, const char *path, bool is_folder, enum history_change what);
enum err history_compare(struct session *s, const char *path, const char *at, const char *until, history_change_fn *fn,
			 void *arg, struct note *why) must_check;

#endif
