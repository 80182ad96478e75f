/*
 * fields: the text that the admin door speaks: `key=value` lines; an empty line ends a record.  Values are UTF-8 without
 * control characters, so nothing needs escaping.
 */
#ifndef SERVER_API_FIELDS_H
#define SERVER_API_FIELDS_H

#include "common/buf.h"

/* Appends a line.  E_BAD_REQUEST: the value holds a control character; E_TOO_LARGE: the buffer is full. */
enum err fields_add(struct buf *out, const char *key, const char *value) must_check;
enum err fields_add_number(struct buf *out, const char *key, int64_t value) must_check;

/*
 * Copies a value that fits `out` of `size` bytes and holds no control character.  E_BAD_REQUEST: it does not, and `why` says so
 * of `what`.
 */
enum err fields_copy(struct span value, char *out, size_t size, const char *what, struct note *why) must_check;

/* Ends a record. */
enum err fields_end(struct buf *out) must_check;

/*
 * Cuts the next line off `rest`.  An empty line gives an empty key.  False at the end; a line without "=" is a key with an
 * empty value.
 */
bool fields_next(struct span *rest, struct span *out_key, struct span *out_value);

#endif
