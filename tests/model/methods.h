/*
 * methods: what a WebDAV server in memory does with GET, PUT, MKCOL, DELETE and MOVE, in the dialect of one kind of server: the
 * conditions that it knows, what it tells of a file, and what else it understands.
 */
#ifndef TESTS_MODEL_METHODS_H
#define TESTS_MODEL_METHODS_H

#include "client/remote/http.h"
#include "tests/model/tree.h"

#define METHODS_ROOT "docs/"

typedef void method_fn(struct http_request *req, const char *path);

struct method {
	const char *name;
	method_fn *fn;
};

struct dialect {
	/* The status that a condition of `req` ends it with; 0: all hold.  `node`: what is at `path`, NULL nothing. */
	int (*refuses)(const struct http_request *req, const struct tree_node *node, const char *path);
	/* Is it kept from a change that submits what `req` does? */
	bool (*is_locked)(const struct http_request *req, const char *path);
	/* Header fields of an answer that tells of `node`, in place: "Name: value\r\n"... */
	void (*describe)(const struct tree_node *node, char *out, size_t size);
	void (*changed)(void);
	const struct method *more; /* up to one without a name */
};

/* Carries it out. */
void methods_serve(const struct dialect *d, struct http_request *req);

/* Fills the answer in: a status and, unless NULL, what describes `node`. */
void methods_say(struct http_request *req, int status, const struct tree_node *node);

/* The answer's body, in pieces. */
void methods_give(struct http_request *req, const char *bytes, size_t len);

/* NULL: it is not there. */
const char *methods_field(const struct http_request *req, const char *name);

#endif
