/*
 * spool: a reply's body that is made before it is sent: in memory while it is small, else in an unnamed temp file.
 * Written on a worker, then read by the wire; one thread at a time.
 */
#ifndef SERVER_DAV_SPOOL_H
#define SERVER_DAV_SPOOL_H

#include "server/http/req.h"

struct spool;

enum { SPOOL_MEMORY_MAX = 256 << 10 };

/* `folder` is where a temp file would go; copied.  Freed with spool_free(); NULL is fine there. */
struct spool *spool_new(const char *folder);
void spool_free(struct spool *s);

/* Appends at most SPOOL_MEMORY_MAX bytes.  May block.  E_NO_SPACE, E_IO; E_TOO_LARGE: more bytes than that. */
enum err spool_add(struct spool *s, const void *bytes, size_t len) must_check;

/* Nothing more will come.  May block.  E_NO_SPACE, E_IO. */
enum err spool_finish(struct spool *s) must_check;

/* All of it as one piece of a reply, once it is finished; valid until spool_free(). */
struct req_piece spool_piece(const struct spool *s);

#endif
