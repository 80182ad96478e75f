/*
 * failure: what libcurl's failures mean: as errors of ours, in words, and whether another try may help.
 */
#ifndef CLIENT_REMOTE_FAILURE_H
#define CLIENT_REMOTE_FAILURE_H

#include "client/remote/exchange.h"

/* `code` ended the exchange, and no callback of ours did: error and words into the answer. */
void failure_explain(struct exchange *x, CURLcode code);

/* Does it make sense to send it again?  (Whether it may be is for who asks.) */
bool failure_may_retry(const struct exchange *x, CURLcode code);

#endif
