/*
 * txn: the inside of struct store_txn (store.h), and what waits in the committer's queue.
 */
#ifndef SERVER_STORE_TXN_H
#define SERVER_STORE_TXN_H

#include "common/arena.h"
#include "server/store/journal.h"
#include "server/store/object.h"
#include "server/store/store_change.h"

/* One name of a path: as the client sent it, and its key, made before the committer has to wait for it. */
struct txn_name {
	struct span name, key;
};

/* A path as names: none is the root. */
struct txn_path {
	struct txn_name *names;
	unsigned count;
	bool is_reserved;
};

/* A clean path's names with their keys, in the arena. */
struct txn_path txn_path_split(struct arena *a, struct span path);

/* A step (store_change.h) with copies of all that it points to, in the transaction's arena. */
struct txn_step {
	struct txn_step *next;
	enum store_op op;
	struct txn_path path, destination;
	bool has_cond, has_content, is_collection, overwrite, is_shallow, is_itself;
	struct digest content; /* that the file must still have */
	struct cond cond;
	const struct store_if *ifs;      /* NULL: none */
	const struct txn_path *if_paths; /* of its lists */
	struct upload *upload;
	struct digest digest; /* of the upload */
	struct place place;   /* where its bytes are; a small one's is set by the committer */
	bool adopted;         /* a row names that place */
	struct store_sums sums;
	int64_t mtime_ns;
	struct span type;
	struct store_stage stage;
	const struct store_prop_change *props;
	unsigned prop_count;
	enum store_exec executable;
	struct store_lock lock;
	unsigned char token[STORE_LOCK_TOKEN_SIZE];
	int64_t node, number;
	const struct undo_step *undo; /* names what it is about by its node (undo.h); NULL: by its paths */
};

/* Something that runs inside a transaction of the committer; hard errors (commit.h) undo the whole group. */
typedef enum err txn_call_fn(struct db *db, void *arg);

struct store_txn {
	struct arena *arena;
	struct txn_step *first, *last;
	unsigned step_count;
	const struct txn_step *claims; /* by whose If all steps submit lock tokens; NULL: none has one */
	struct span user, client;
	unsigned char key[JOURNAL_TXN_SIZE];        /* of its own, or of the run that it belongs to */
	bool is_lenient;                            /* a step that is refused does not undo the others */
	bool is_rehearsal;                          /* nothing of it stays */
	bool (*judge)(void *arg, struct span path); /* of steps by node: may it be changed there?  NULL: yes */
	void *judge_arg;

	/* in the queue */
	struct store_txn *next;
	enum err refused;  /* not OK: only to be answered */
	txn_call_fn *call; /* instead of steps */
	void *call_arg;
	int64_t base; /* the head before it */
	store_done_fn *done;
	void *done_arg;
	struct store_result result;
};

#endif
