/*
 * store_prop: dead properties (RFC 4918 §4): a name in a namespace, and an XML value that is kept as it came.  They belong to
 * the node: MOVE takes them along, COPY copies them.  Changed by steps (store_change.h).
 */
#ifndef SERVER_STORE_STORE_PROP_H
#define SERVER_STORE_STORE_PROP_H

#include "server/store/store.h"

enum {
	STORE_PROP_NAME_LIMIT = 512,       /* bytes of namespace, and of name */
	STORE_PROP_VALUE_LIMIT = 64 << 10, /* bytes of one value */
};

struct store_prop {
	struct span xmlns, name; /* xmlns empty: in no namespace */
	struct span lang;        /* xml:lang in scope; empty: none */
	struct span value; /* the element's content as self-contained XML: every prefix it uses is declared in it */
};

struct store_prop_change {
	bool is_remove; /* then lang and value are ignored; removing what is not there is no error */
	struct store_prop prop;
};

enum store_exec { STORE_EXEC_KEEP, STORE_EXEC_NO, STORE_EXEC_YES };

/*
 * The dead properties of a node (store_node.has_props says whether to ask), by namespace and name; spans are borrowed for the
 * call; false from the callback stops.  Any thread; bounded.
 */
typedef bool store_prop_fn(void *arg, const struct store_prop *prop);
enum err store_props(struct store *s, int64_t node, store_prop_fn *fn, void *arg) must_check;

#endif
