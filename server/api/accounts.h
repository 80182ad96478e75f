/*
 * accounts: what `user add`, `ls`, `rm`, `rights`, `passwd` and `invite` do to the store, as text in and text out
 * (server/api/fields.h).  The admin resources run it for a running server, the commands themselves on a stopped one.
 *
 * All of it blocks until it is on stable storage: on a worker or in a command.
 */
#ifndef SERVER_API_ACCOUNTS_H
#define SERVER_API_ACCOUNTS_H

#include "common/buf.h"
#include "server/store/store_access.h"

enum { ACCOUNTS_REQUEST_LIMIT = 64 * 1024, ACCOUNTS_LIST_LIMIT = 16 << 20 };

/*
 * Makes a user.  `request`: user, any number of right ("write:/docs").  Answers user, right..., created.  The store's first user
 * gets write on "/" unless rights are named.  E_CONFLICT: there is one of that name; E_BAD_REQUEST with the reason.
 */
enum err accounts_add(struct store *s, struct span request, struct buf *out, struct note *why) must_check;

/* A record for each user: user, right..., password (yes, no), tokens (how many work), created.  E_TOO_LARGE. */
enum err accounts_list(struct store *s, struct buf *out, struct note *why) must_check;

/* `name`: with tokens, codes, rights; what was written stays.  E_NOT_FOUND. */
enum err accounts_remove(struct store *s, struct span name, struct note *why) must_check;

/* `request`: user and all the rights there shall be.  Answers as accounts_add().  E_NOT_FOUND; E_BAD_REQUEST. */
enum err accounts_set_rights(struct store *s, struct span request, struct buf *out, struct note *why) must_check;

/* `request`: user, and the password; without one there is none from now on.  E_NOT_FOUND; E_BAD_REQUEST. */
enum err accounts_set_password(struct store *s, struct span request, struct note *why) must_check;

/* Where a login link leads. */
struct accounts_address {
	const char *url; /* NULL: no address is known */
	const char *pin; /* NULL: an authority vouches for the key */
};

/*
 * A login link.  `request`: user, who is made if he is not there (as accounts_add()), right...  Answers user, right..., link, expires.
 * E_CONFLICT: he is there, and rights are named that he does not have; E_BAD_REQUEST.
 */
enum err accounts_invite(struct store *s, const struct accounts_address *at, struct span request, struct buf *out,
			 struct note *why) must_check;

/* The link itself: URL#USER:CODE, and ~PIN unless it is NULL.  The caller wipes and frees it. */
char *accounts_link(const struct accounts_address *at, const char *user, const char *code);

/* ---- for tokens.c ---- */

/* A store without any user gets this one, with write on "/"; another has what it has. */
enum err accounts_make_first(struct store *s, const char *user, struct note *why) must_check;

/* Reads one more right into an array of STORE_RIGHTS_LIMIT; its prefix is the caller's to free. */
enum err accounts_read_right(struct span value, struct store_right *rights, unsigned *count,
			     struct note *why) must_check;

/* Writes them as fields: "write:/docs". */
enum err accounts_write_rights(struct buf *out, const char *key, const struct store_right *rights,
			       unsigned count) must_check;

#endif
