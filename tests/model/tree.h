/*
 * tree: what the server in memory has.
 */
#ifndef TESTS_MODEL_TREE_H
#define TESTS_MODEL_TREE_H

#include "client/sync/plan.h"

enum { TREE_NODES = 400, TREE_PATH = 160, TREE_TEXT = 24 };

struct tree_node {
	char path[TREE_PATH]; /* below the collection */
	enum plan_kind kind;
	char text[TREE_TEXT]; /* of a file: "content 12", or nothing */
	struct digest digest; /* of a folder: of all below it */
	unsigned id, version; /* of the resource; of each write */
	long mtime_s;
	bool is_executable;
};

struct tree {
	struct tree_node nodes[TREE_NODES]; /* in the order of treepath_compare() */
	size_t count;
};

/* Empty. */
void tree_reset(void);

/* What is there now. */
const struct tree *tree_now(void);

/* NULL: not there.  It stays where it is until something is added or dropped. */
struct tree_node *tree_find(const char *path);
const struct tree_node *tree_find_in(const struct tree *t, const char *path);
bool tree_has_parent(const char *path);

/* A node that is not there yet, in a folder that is. */
struct tree_node *tree_add(const char *path, enum plan_kind kind);

/* Another content. */
void tree_write(struct tree_node *n, const char *text);

/* With all below it.  What is moved has a new time: by an old one it could not be told from another of the same second (sync(1)). */
void tree_drop(const char *path);
void tree_move(const char *from, const char *to);

/* The hashes of the folders anew. */
void tree_hash(void);

/* The number in "content 12"; 0 for nothing. */
unsigned tree_number(const char *text);

/* Was this ever stored? */
bool tree_had(const char *text);

/* The server's clock: tree_tick() before each request; tree_wait() lets so many seconds pass. */
long tree_clock_s(void);
void tree_wait(long seconds);

#endif
