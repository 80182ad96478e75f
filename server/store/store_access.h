/*
 * store_access: users, their rights, tokens and login codes: small, read often, changed rarely.
 */
#ifndef SERVER_STORE_STORE_ACCESS_H
#define SERVER_STORE_STORE_ACCESS_H

#include "server/store/store.h"

enum { STORE_LABEL_SIZE = 65, STORE_RIGHTS_LIMIT = 32, STORE_PASSWORD_SIZE = 384, STORE_USE_PAUSE_S = 60 };

struct store_right {
	bool write;         /* write includes read */
	const char *prefix; /* clean path */
};

/* What a secret stands for.  Owned; store_token_clear() frees the prefixes. */
struct store_token {
	struct digest secret; /* SHA-256 of the token */
	char user[STORE_USER_SIZE];
	char label[STORE_LABEL_SIZE];                 /* "ann@laptop" */
	int64_t created_s, expires_s;                 /* expires 0: never */
	int64_t used_s;                               /* last use, to STORE_USE_PAUSE_S; 0: none */
	struct store_right scope[STORE_RIGHTS_LIMIT]; /* empty: all of the user's rights */
	unsigned scope_count;
	struct store_right rights[STORE_RIGHTS_LIMIT]; /* the user's own */
	unsigned rights_count;
};
void store_token_clear(struct store_token *t);

/* The live token whose secret hashes to `secret`.  E_NOT_FOUND: none, revoked or expired.  Any thread; bounded. */
enum err store_token_find(struct store *s, const struct digest *secret, struct store_token *out) must_check;

/*
 * Notes that a token was used: written at most once in STORE_USE_PAUSE_S, whoever notes it how often.  Any thread, does not
 * block: it is on the disk a little later, or not at all if the store stops first.
 */
void store_token_used(struct store *s, const struct digest *secret, int64_t now_s);

/* A user.  Owned; store_user_clear() frees the prefixes and wipes the hash. */
struct store_user {
	char name[STORE_USER_SIZE];
	int64_t created_s;
	char password[STORE_PASSWORD_SIZE]; /* its hash as crypt(5) writes it; "": none */
	struct store_right rights[STORE_RIGHTS_LIMIT];
	unsigned rights_count;
	int64_t tokens; /* that have not expired; store_user_list() alone says */
};
void store_user_clear(struct store_user *u);

/* The user of that name, in whatever case its letters are.  E_NOT_FOUND.  Any thread; bounded. */
enum err store_user_find(struct store *s, const char *name, struct store_user *out) must_check;

/* Grows with every change of users, rights or tokens: what a cache of found tokens is keyed by.  Any thread. */
uint64_t store_access_version(const struct store *s);

/* The rest of this section blocks until it is on stable storage: from a worker or a command, never from a loop. */

enum err store_user_count(struct store *s, int64_t *out) must_check;

/*
 * E_CONFLICT: one of that name exists, in whatever case its letters are.  `name`: 1 to 64 bytes of [A-Za-z0-9._@-], not
 * beginning with "-" or ".": else E_BAD_REQUEST.
 */
enum err store_user_add(struct store *s, const char *name, const struct store_right *rights, unsigned count) must_check;

/* With his rights, tokens, codes and locks.  What he wrote stays.  E_NOT_FOUND. */
enum err store_user_remove(struct store *s, const char *name) must_check;

/* These rights and no others.  E_NOT_FOUND; E_BAD_REQUEST: too many. */
enum err store_user_set_rights(struct store *s, const char *name, const struct store_right *rights,
			       unsigned count) must_check;

/* `hash` as crypt(5) writes it; NULL: no password from now on.  E_NOT_FOUND. */
enum err store_user_set_password(struct store *s, const char *name, const char *hash) must_check;

/* In the order of their names. */
typedef bool store_user_fn(void *arg, const struct store_user *user);
enum err store_user_list(struct store *s, store_user_fn *fn, void *arg) must_check;

/* E_NOT_FOUND: no such user.  Of `t` the fields secret, user, label, expires_s and scope are read. */
enum err store_token_add(struct store *s, const struct store_token *t) must_check;

/* Removes the one token whose secret's hex begins with `id` (8 digits or more).  E_NOT_FOUND; E_CONFLICT: not one. */
enum err store_token_remove(struct store *s, const char *id) must_check;

typedef bool store_token_fn(void *arg, const struct store_token *token);
enum err store_token_list(struct store *s, store_token_fn *fn, void *arg) must_check;

/* A login code: works once, until `expires_s`.  E_NOT_FOUND: no such user. */
enum err store_code_add(struct store *s, const char *user, const struct digest *code, int64_t expires_s) must_check;

/* Spends a code and makes the token in the same transaction.  E_UNAUTHENTICATED: wrong, used, expired, other user. */
enum err store_code_redeem(struct store *s, const char *user, const struct digest *code,
			   const struct store_token *token) must_check;

#endif
