/*
 * plan: what to do, as a pure function of three trees: base (what both sides had when they last agreed), local, remote.
 *
 * It does no I/O, reads no clock and keeps nothing: equal input gives an equal plan.  It takes only paths at which something
 * differs; what is left out is the same in all three.  Its whole decision for one path is the table of the cases in tests/plan.
 */
#ifndef CLIENT_SYNC_PLAN_H
#define CLIENT_SYNC_PLAN_H

#include "common/digest.h"

enum plan_kind {
	PLAN_ABSENT,
	PLAN_FILE,
	PLAN_FOLDER,
	PLAN_HELD /* here, local only: it cannot be read or must not be touched; freezes the folders above */
};

struct plan_value {
	enum plan_kind kind;
	struct digest digest; /* of a file's content; not looked at otherwise */
};

/* Word in plan cases and in --json. */
#define PLAN_ACTIONS(X) \
	X(PLAN_NOTHING, "nothing") /* nothing to do */ \
	X(PLAN_ADOPT, "adopt")     /* both sides agree: the base learns it */ \
	X(PLAN_FORGET, "forget")   /* ignored from now on: the base forgets it, nobody's file changes */ \
	X(PLAN_PUT, "put")         /* send the file */ \
	X(PLAN_MKCOL, "mkcol")     /* make the folder there */ \
	X(PLAN_DELETE, "delete")   /* delete it there */ \
	X(PLAN_GET, "get")         /* fetch the file */ \
	X(PLAN_MKDIR, "mkdir")     /* make the folder here */ \
	X(PLAN_REMOVE, "remove")   /* remove it here */ \
	X(PLAN_ASIDE, "aside") /* both sides differ: what is here gets a conflict name, the server's keeps the name */ \
	X(PLAN_HOLD, "hold")   /* leave it alone, and say so */ \
	/* Made of others by moves.h, never by plan_make(): */ \
	X(PLAN_MOVE, "move")     /* there: what was at another path */ \
	X(PLAN_RENAME, "rename") /* here: likewise */ \
	X(PLAN_MOVED, "moved")   /* goes along with one of these */ \
	/* Made by merge.h: */ \
	X(PLAN_MERGE, "merge") /* both changed a text: brought together by lines, or moved aside */ \
	/* Made by dress.h: */ \
	X(PLAN_CHMOD, "chmod") /* here: executable or not, as there; the time, too, if need be */ \
	X(PLAN_FLAG, "flag")   /* there: likewise, as here */ \
	X(PLAN_TOUCH, "touch") /* here: its time alone, as there */ \
	X(PLAN_STAMP, "stamp") /* there: likewise, as here */

enum plan_action {
#define PLAN_ENUM(symbol, word) symbol,
	PLAN_ACTIONS(PLAN_ENUM)
#undef PLAN_ENUM
};

struct plan_item {
	const char *path; /* "a/b"; borrowed */
	struct plan_value base, local, remote;
	bool is_ignored;         /* by the rules of this folder: `local` then does not matter */
	enum plan_action action; /* out */
};

/* The decision for one path by itself. */
enum plan_action plan_decide(const struct plan_value *base, const struct plan_value *local,
			     const struct plan_value *remote);

/*
 * Fills in the actions of `items`, which are in the order of treepath_compare(), each path once: plan_decide(), then the rule of
 * folders, from below: one is deleted only if nothing below it stays, and not moved while something held is below it.
 */
void plan_make(struct plan_item *items, size_t count);

/*
 * The order in which the actions are carried out: moves aside, what only the base learns, then what is made, parents first, then
 * deletions, the deepest first.  `out` gets indices, `count` of them at most; returns how many: items with PLAN_NOTHING, PLAN_HOLD
 * and PLAN_MOVED are left out.
 */
size_t plan_order(const struct plan_item *items, size_t count, size_t *out);

/* "put", never NULL. */
const char *plan_word(enum plan_action action);

bool plan_value_equal(const struct plan_value *a, const struct plan_value *b);

#endif
