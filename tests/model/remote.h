/*
 * remote: a WebDAV server in memory, as little of it as two-way sync asks for: REPORT sync-collection, GET, PUT, MKCOL, DELETE, MOVE
 * and PROPPATCH with their conditions, by the rules of sync-protocol(7).  It answers a request of client/remote/http.h in place.
 */
#ifndef TESTS_MODEL_REMOTE_H
#define TESTS_MODEL_REMOTE_H

#include "client/remote/http.h"
#include "client/sync/plan.h"

enum { REMOTE_NODES = 400, REMOTE_PATH = 160, REMOTE_TEXT = 24 };

struct remote_node {
	char path[REMOTE_PATH]; /* below the collection */
	enum plan_kind kind;
	char text[REMOTE_TEXT]; /* of a file */
	struct digest digest;
	unsigned id;
	long mtime_s;
	bool is_executable;
};

struct remote_tree {
	struct remote_node nodes[REMOTE_NODES]; /* in the order of treepath_compare() */
	size_t count;
};

/* Empty, and a new epoch: older tokens are refused. */
void remote_reset(void);

/* What is there now. */
const struct remote_tree *remote_now(void);

/* Was this ever stored? */
bool remote_had(const char *text);

/* Carries the request out, and fills in its answer; `done` is not called.  `refuses`: no token is taken for one of ours. */
void remote_serve(struct http_request *req, bool refuses);

#endif
