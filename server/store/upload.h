/*
 * upload: the inside of struct upload (store.h), for the committer.
 */
#ifndef SERVER_STORE_UPLOAD_H
#define SERVER_STORE_UPLOAD_H

#include "server/store/object.h"
#include "server/store/store.h"

/* Bodies up to this size live in memory and go to a segment; store.md. */
enum { UPLOAD_SMALL_BYTES = 1 << 20 };

/* The bytes of a small finished upload; NULL: it has a file of its own, at upload_place(). */
const void *upload_bytes(const struct upload *u);
struct place upload_place(const struct upload *u);
struct digest upload_digest(const struct upload *u);

/* A finished one becomes the file `name` of the open folder, in place of what is there, and no content.  E_IO, E_NO_SPACE. */
enum err upload_move(struct upload *u, int folder, const char *name) must_check;

/* A row names its file now: upload_free() leaves that alone. */
void upload_adopted(struct upload *u);

#endif
