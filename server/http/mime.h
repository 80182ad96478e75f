/*
 * mime: media types: from a file's name, and what a client says of what it sends.
 */
#ifndef SERVER_HTTP_MIME_H
#define SERVER_HTTP_MIME_H

#include "common/arena.h"

enum { MIME_TYPE_LIMIT = 127 };

/*
 * The type by the name's last extension, letter case ignored: from /etc/mime.types (read once, by the first call, which
 * therefore blocks: main makes it before the loops start), else from a small table of our own, else
 * "application/octet-stream".  No charset is ever added: nobody looked into the file.  Any thread; never freed.
 */
const char *mime_from_name(struct span name);

/*
 * The value of a Content-Type that came with a PUT, if it is a media type (RFC 9110 §8.3.1) of at most MIME_TYPE_LIMIT
 * bytes; in the arena.  NULL: absent (ptr NULL) or not one; then it is as if it had not been sent.
 */
const char *mime_check(struct span value, struct arena *arena);

/*
 * Is it, parameters aside, one of the few types that a browser shows by itself and never runs: plain text, pictures without
 * scripts, sound, video, PDF?  Everything else is for saving (RFC 6266).  Any thread.
 */
bool mime_is_for_showing(const char *type);

/* For tests: the extensions of `text` in the form of mime.types; freed by mime_map_free(). */
struct mime_map;
struct mime_map *mime_map_new(struct span text);
void mime_map_free(struct mime_map *map);

/* The type of an extension without its dot; NULL: not in the map. */
const char *mime_map_find(const struct mime_map *map, struct span extension);

#endif
