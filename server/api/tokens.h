/*
 * tokens: what `token add`, `ls`, `rm` and login codes do to the store, as text in and text out (server/api/fields.h).  The
 * admin resources run it for a running server, the commands themselves on a stopped one: one meaning, two doors.
 *
 * All of it blocks until it is on stable storage: on a worker or in a command.
 */
#ifndef SERVER_API_TOKENS_H
#define SERVER_API_TOKENS_H

#include "common/buf.h"
#include "server/store/store_access.h"

enum { TOKENS_REQUEST_LIMIT = 64 * 1024, TOKENS_LIST_LIMIT = 16 << 20 };

/*
 * Makes a token.  `request`: user, and at most once label and days, any number of scope ("read:/docs").  Answers token (the
 * secret, shown this once), id, user, label, scope..., created, expires (0: never).  A store without any user gets this
 * one, with write on "/"; else E_NOT_FOUND.  E_BAD_REQUEST with the reason in `why`.
 */
enum err tokens_add(struct store *s, struct span request, struct buf *out, struct note *why) must_check;

/* A record for each token: id, user, label, scope..., created, expires, used (0: never); never the secret.  E_TOO_LARGE. */
enum err tokens_list(struct store *s, struct buf *out, struct note *why) must_check;

/* E_NOT_FOUND; E_CONFLICT: several begin with it; E_BAD_REQUEST: not 8 to 64 hex digits. */
enum err tokens_remove(struct store *s, struct span id, struct note *why) must_check;

/* A login code for `user`: answers code, user, expires.  E_NOT_FOUND: no such user. */
enum err tokens_add_code(struct store *s, struct span request, struct buf *out, struct note *why) must_check;

/* Spends a code: `out_token` is the secret of a token labelled `label`.  E_UNAUTHENTICATED; E_BAD_REQUEST: the label. */
enum err tokens_redeem(struct store *s, const char *user, const char *code, struct span label, struct buf *out,
		       struct note *why) must_check;

#endif
