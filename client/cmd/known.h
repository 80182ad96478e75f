/*
 * known: reading a command's operands against the remotes of the config, and the errors that all commands say alike.
 */
#ifndef CLIENT_CMD_KNOWN_H
#define CLIENT_CMD_KNOWN_H

#include "client/operand.h"
#include "client/session.h"

/* An operand_known_fn over a session's config. */
bool known_remote(void *session, const char *name);

/* Loads the config and reads PATH...  Errors are said. */
enum err known_operands(struct session *s, struct operands *out) must_check;

/*
 * The same for PATHs of the caller's.  In a linked folder plain ones are relative to the current folder's place on its server, unless
 * --remote names another one; `local` of such an item is then the word.
 */
enum err known_paths(struct session *s, char **words, size_t count, struct operands *out) must_check;

/*
 * The same for what operands_push() or operands_pull() made of the words: the remote place of each that is not absolute, and on no remote
 * that is named.  Of a push the last word alone can say one.
 */
void known_place_items(struct session *s, bool is_push, struct operands *operands);

/* The same for words that are no such paths. */
enum err known_words(struct session *s, char **words, size_t count, struct operands *out) must_check;

/* Learns what the server announces; an error is said. */
enum err known_features(struct session *s) must_check;

/* Says `e` as the result for a remote path.  Returns `e`. */
enum err known_failed(struct session *s, const char *path, enum err e, const char *why);

/* Says `e` about `what`, with the hint for it.  Returns `e`. */
enum err known_error(struct session *s, enum err e, const char *what, const char *why);

#endif
