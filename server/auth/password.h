/*
 * password: yescrypt (libcrypt, crypt(5)): slow and hungry for memory by design, so never on a loop.
 */
#ifndef SERVER_AUTH_PASSWORD_H
#define SERVER_AUTH_PASSWORD_H

#include "common/err.h"
#include "common/span.h"

enum { PASSWORD_LEAST = 8, PASSWORD_MOST = 255, PASSWORD_HASH_SIZE = 384 };

/* May this be somebody's password?  E_BAD_REQUEST with the reason: its length, a control character, or it looks like a token. */
enum err password_check(struct span text, struct note *why) must_check;

/* Has it the form of a token?  Such a secret is looked up, never hashed. */
bool password_is_token(struct span secret);

/* A new hash of it, "$y$...".  Blocks for some 20 ms with 16 MiB.  E_INTERNAL: libcrypt cannot. */
enum err password_hash(const char *text, char out[PASSWORD_HASH_SIZE]) must_check;

/*
 * Is it the password of that hash?  `hash` "" or one that cannot be used: no, after the same time as any other no.  Blocks.
 */
bool password_matches(const char *text, const char *hash);

#endif
