/*
 * journal: one row for every change, chained.
 *
 * chain = SHA-256(previous chain | row), row being, integers big-endian: seq 8, node 8, op 1, then each of old_parent (8
 * bytes), old_name, old_hash, new_hash, author, client, txn as a 2-byte length and the bytes (absent: length 65535), at 8
 * (ns since 1970).  The chain before the first row is SHA-256(store_id).
 */
#ifndef SERVER_STORE_JOURNAL_H
#define SERVER_STORE_JOURNAL_H

#include "common/db.h"
#include "server/store/store_journal.h"

enum journal_op {
	JOURNAL_PUT = 1,
	JOURNAL_MKCOL = 2,
	JOURNAL_DELETE = 3,
	JOURNAL_COPY = 4,
	JOURNAL_MOVE = 5,
	JOURNAL_PROPPATCH = 6,
	JOURNAL_RESTORE = 7 /* an old content came back, or what was deleted */
};

enum { JOURNAL_TXN_SIZE = 16 };

struct journal_row {
	int64_t seq, node, at_ns;
	enum journal_op op;
	int64_t old_parent; /* 0: it had no place before */
	struct span old_name;
	const struct digest *old_hash, *new_hash; /* NULL: none */
	struct span author, client;
	unsigned char txn[JOURNAL_TXN_SIZE]; /* random: finds a change whose answer was lost */
};

/* The chain after `row`. */
struct digest journal_chain(const struct digest *previous, const struct journal_row *row);

/* Writes the row; `chain` goes in as the previous one and comes out as this one's. */
enum err journal_append(struct db *db, const struct journal_row *row, struct digest *chain) must_check;

/* The chain at the head: of the last row, else what `ns` keeps of the purged ones. */
enum err journal_last_chain(struct db *db, struct digest *out) must_check;

/*
 * Recomputes the chain's next `limit` rows after what `c` knows (store_journal.h), inside the caller's transaction.  E_CORRUPT: row
 * c->seq does not fit.  `out_end`: it was walked to the last one.
 */
enum err journal_verify_some(struct db *db, struct store_chain *c, int64_t limit, bool *out_end) must_check;

/* The whole chain.  E_CORRUPT: a row does not fit; `out_seq` is its number, else of the last one. */
enum err journal_verify(struct db *db, int64_t *out_seq) must_check;

/* The columns of a query that journal_read() reads. */
#define JOURNAL_COLUMNS "seq, node, op, old_parent, old_name, old_hash, new_hash, author, client, txn, at, chain"

/* One stored row, as it was hashed.  Its spans live until the next row, its digests as long as these two. */
struct journal_row journal_read(const struct db_rows *rows, struct digest *old_hash, struct digest *new_hash);

#endif
