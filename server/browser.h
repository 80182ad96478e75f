/*
 * browser: what a server owes browsers before anybody looks at credentials: cross-site changes refused, CORS closed but for the
 * origins that were allowed (the Fetch standard; Sec-Fetch-Site is of Fetch Metadata).
 */
#ifndef SERVER_BROWSER_H
#define SERVER_BROWSER_H

#include "server/http/req.h"

/* The origins whose pages may use this server ("https://app.example"), borrowed. */
struct browser_origins {
	char *const *items;
	unsigned count;
};

/*
 * Answers a pre-flight of an allowed origin (204) and a change that another site's page sends (403): true then.  Else lets
 * the request go on, with the fields that let an allowed page read the answer.  On the request's loop.
 */
bool browser_answer(struct req *r, const struct browser_origins *allowed);

#endif
