/*
 * welcome: what the first start does for whoever has just typed `syncd serve`: a user and a link to sign in with, or, where
 * nobody reads along, a word about how to make one.
 */
#ifndef SERVER_WELCOME_H
#define SERVER_WELCOME_H

#include "server/store/store_access.h"

/*
 * If the store has no user yet: with a terminal on stderr makes one named as the OS user, with write on "/", and prints a
 * login link for `url` (and `pin`, unless NULL); else says what to type.  A link never goes into a journal.  Without a
 * link the pin is logged: who signs in with a token needs it.  Blocks.
 */
enum err welcome_first(struct store *s, const char *url, const char *pin, struct note *why) must_check;

#endif
