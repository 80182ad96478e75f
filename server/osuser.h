/*
 * osuser: the name of the user who runs us, in the form the store takes.
 */
#ifndef SERVER_OSUSER_H
#define SERVER_OSUSER_H

#include "server/store/store.h"

/* The account's name, else "user"; characters that a user's name in the store cannot have are left out.  Returns `out`. */
const char *osuser_name(char out[STORE_USER_SIZE]);

#endif
