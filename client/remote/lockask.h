/*
 * lockask: the request for an exclusive write lock, and the token in its answer (RFC 4918 §9.10).
 */
#ifndef CLIENT_REMOTE_LOCKASK_H
#define CLIENT_REMOTE_LOCKASK_H

#include "client/remote/http.h"

/*
 * Initializes `req` as LOCK of `target` (taken): depth infinity for a folder, for `timeout_s` seconds; it is sent once only, as a second
 * one would meet the first one's lock.  `owner`: who others are told has it, in words without "<>&\"".  *out_body is the request's text:
 * the caller frees it after `done`.
 */
void lockask_init(struct http_request *req, char *target, bool is_folder, const char *owner, int64_t timeout_s,
		  char **out_body);

/* Its Lock-Token without the angles (§10.5).  NULL: none, or nothing that could be sent back.  The caller frees it. */
char *lockask_token(const struct answer *a);

#endif
