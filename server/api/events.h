/*
 * events: /.sync/events (text/event-stream): tells clients that something has changed below what they may read, so that they need not
 * ask again and again.  What has changed they ask for; a lost event is harmless.
 */
#ifndef SERVER_API_EVENTS_H
#define SERVER_API_EVENTS_H

#include "server/auth/who.h"

struct events;

/* Borrows both for its life, and watches the store.  events_free(): after the last request; NULL is fine. */
struct events *events_new(struct store *store, struct auth *auth);
void events_free(struct events *e);

/* The server stops: all streams end, and new ones at once.  Any thread. */
void events_stop(struct events *e);

/* Answers a GET or HEAD. */
void events_answer(struct events *e, struct req *r);

#endif
