/*
 * records: reading records of fields (server/api/fields.h) on the command's side.
 */
#ifndef SERVER_RECORDS_H
#define SERVER_RECORDS_H

#include "common/span.h"

/* The value of a field; ptr NULL: the record has none of that name.  Borrowed. */
struct span record_find(struct span record, const char *key);

bool record_has(struct span record, const char *key);

/* A number; 0: absent, or none. */
int64_t record_number(struct span record, const char *key);

#endif
