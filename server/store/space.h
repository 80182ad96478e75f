/*
 * space: what store_check_space() (store.h) goes by.
 */
#ifndef SERVER_STORE_SPACE_H
#define SERVER_STORE_SPACE_H

#include "server/store/state.h"

/* Asks the system for the first time; the folders are open. */
void space_init(struct store *s);

#endif
