#include "server/store/journal.h"

#include <assert.h>
#include <endian.h>
#include <string.h>

#include "server/store/schema.h"

enum { ABSENT = 65535, FIELD_MAX = 1024, ROW_MAX = 8 * FIELD_MAX };

struct packed {
	unsigned char bytes[ROW_MAX];
	size_t len;
};

static void pack(struct packed *p, const void *bytes, size_t len)
{
	assert(len <= ROW_MAX - p->len);
	memcpy(p->bytes + p->len, bytes, len);
	p->len += len;
}

static void pack_int(struct packed *p, int64_t n)
{
	uint64_t big = htobe64((uint64_t)n);

	pack(p, &big, sizeof big);
}

static void pack_field(struct packed *p, const void *bytes, size_t len)
{
	uint16_t big = htobe16(bytes ? (uint16_t)len : ABSENT);

	assert(len <= FIELD_MAX);
	pack(p, &big, sizeof big);
	if (bytes)
		pack(p, bytes, len);
}

static void pack_digest(struct packed *p, const struct digest *d)
{
	pack_field(p, d ? d->bytes : NULL, d ? DIGEST_SIZE : 0);
}

struct digest journal_chain(const struct digest *previous, const struct journal_row *row)
{
	struct packed p;
	uint64_t parent = htobe64((uint64_t)row->old_parent);

	p.len = 0;
	pack(&p, previous->bytes, DIGEST_SIZE);
	pack_int(&p, row->seq);
	pack_int(&p, row->node);
	pack(&p, &(unsigned char){ (unsigned char)row->op }, 1);
	pack_field(&p, row->old_parent ? &parent : NULL, row->old_parent ? sizeof parent : 0);
	pack_field(&p, row->old_parent ? row->old_name.ptr : NULL, row->old_parent ? row->old_name.len : 0);
	pack_digest(&p, row->old_hash);
	pack_digest(&p, row->new_hash);
	pack_field(&p, row->author.ptr, row->author.len);
	pack_field(&p, row->client.ptr, row->client.len);
	pack_field(&p, row->txn, JOURNAL_TXN_SIZE);
	pack_int(&p, row->at_ns);
	return digest_of(p.bytes, p.len);
}

enum err journal_append(struct db *db, const struct journal_row *row, struct digest *chain)
{
	bool had_place = row->old_parent != 0;

	*chain = journal_chain(chain, row);
	return db_run(
	    db,
	    "INSERT INTO journal(ns, seq, node, op, old_parent, old_name, old_hash, new_hash, author, client, txn,"
	    " at, chain) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
	    DB_INT(SCHEMA_NS), DB_INT(row->seq), DB_INT(row->node), DB_INT(row->op),
	    had_place ? DB_INT(row->old_parent) : DB_NULL, had_place ? DB_TEXT(row->old_name) : DB_NULL,
	    row->old_hash ? DB_DIGEST(row->old_hash) : DB_NULL, row->new_hash ? DB_DIGEST(row->new_hash) : DB_NULL,
	    DB_TEXT(row->author), DB_TEXT(row->client), DB_BLOB(row->txn, JOURNAL_TXN_SIZE), DB_INT(row->at_ns),
	    DB_DIGEST(chain));
}

enum err journal_last_chain(struct db *db, struct digest *out)
{
	autorows struct db_rows rows = { NULL, NULL };
	enum err e;

	e = db_select(db,
		      "SELECT coalesce((SELECT chain FROM journal WHERE ns = ?1 ORDER BY seq DESC LIMIT 1), kept_chain)"
		      " FROM ns WHERE id = ?1",
		      &rows, DB_INT(SCHEMA_NS));
	if (e != OK || (e = db_next(&rows)) != OK)
		return e;
	return db_col_digest(&rows, 0, out) ? OK : E_CORRUPT;
}

struct journal_row journal_read(const struct db_rows *rows, struct digest *old_hash, struct digest *new_hash)
{
	struct span txn = db_col_blob(rows, 9);
	struct journal_row row = {
		.seq = db_col_int(rows, 0),
		.node = db_col_int(rows, 1),
		.op = (enum journal_op)db_col_int(rows, 2),
		.old_parent = db_col_int(rows, 3),
		.old_name = db_col_text(rows, 4),
		.old_hash = db_col_digest(rows, 5, old_hash) ? old_hash : NULL,
		.new_hash = db_col_digest(rows, 6, new_hash) ? new_hash : NULL,
		.author = db_col_text(rows, 7),
		.client = db_col_text(rows, 8),
		.at_ns = db_col_int(rows, 10),
	};

	memcpy(row.txn, txn.ptr, MIN(txn.len, sizeof row.txn));
	return row;
}

/* Fields of a damaged row may be longer than any we wrote. */
static bool row_fits(const struct journal_row *row)
{
	return row->old_name.len <= FIELD_MAX && row->author.len <= FIELD_MAX && row->client.len <= FIELD_MAX;
}

static enum err first_chain(struct db *db, struct digest *chain, int64_t *seq)
{
	autorows struct db_rows rows = { NULL, NULL };
	enum err e = db_select(db, "SELECT kept, kept_chain FROM ns WHERE id = ?1", &rows, DB_INT(SCHEMA_NS));

	if (e != OK || (e = db_next(&rows)) != OK)
		return e;
	*seq = db_col_int(&rows, 0);
	return db_col_digest(&rows, 1, chain) ? OK : E_CORRUPT;
}

enum err journal_verify_some(struct db *db, struct store_chain *c, int64_t limit, bool *out_end)
{
	autorows struct db_rows rows = { NULL, NULL };
	struct digest stored, old_hash, new_hash;
	int64_t count = 0;
	enum err e;

	if (!c->is_begun) {
		if ((e = first_chain(db, &c->chain, &c->seq)) != OK)
			return e;
		c->first = c->seq + 1;
		c->is_begun = true;
	}
	e = db_select(db, "SELECT " JOURNAL_COLUMNS " FROM journal WHERE ns = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3",
		      &rows, DB_INT(SCHEMA_NS), DB_INT(c->seq), DB_INT(limit));
	if (e != OK)
		return e;
	while ((e = db_next(&rows)) == OK) {
		struct journal_row row = journal_read(&rows, &old_hash, &new_hash);
		bool follows = row.seq == c->seq + 1 && row_fits(&row);

		c->seq = row.seq;
		count++;
		if (!follows)
			return E_CORRUPT;
		c->chain = journal_chain(&c->chain, &row);
		if (!db_col_digest(&rows, 11, &stored) || !digest_equal(&c->chain, &stored))
			return E_CORRUPT;
	}
	*out_end = count < limit;
	return e == E_NOT_FOUND ? OK : e;
}

enum err journal_verify(struct db *db, int64_t *out_seq)
{
	struct store_chain c = { .seq = 0 };
	bool is_end;
	enum err e = journal_verify_some(db, &c, INT64_MAX, &is_end);

	*out_seq = c.seq;
	return e;
}
