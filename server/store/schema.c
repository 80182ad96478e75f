/*
 * The schema's truth.  PRAGMA user_version counts the migrations that were applied; each is applied once, in order,
 * together with the new number.  A migration that was released is never edited: a new one is added.
 *
 * `ns` is in every key: it is the unit of order, token, quota and later of sharding.  Tables that only later versions
 * fill (prop, lock, upload, quota) are here from the start, so that every store has one shape.
 */
#include "server/store/schema.h"

#include "common/clock.h"
#include "common/folderhash.h"
#include "common/fsio.h"
#include "common/rand.h"

static const char tree_tables[] =
    "CREATE TABLE meta("
    " one INTEGER PRIMARY KEY CHECK (one = 1),"
    " next_object INTEGER NOT NULL," /* above every number of an object file on disk */
    " next_segment INTEGER NOT NULL" /* above every number of a segment on disk */
    ") STRICT;"
    "CREATE TABLE ns("
    " id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,"
    " store_id BLOB NOT NULL," /* 16 bytes, made once, survives restore */
    " epoch BLOB NOT NULL,"    /* 8 bytes, renewed by restore */
    " head INTEGER NOT NULL,"  /* last number given */
    " kept INTEGER NOT NULL,"  /* number and chain of the last journal row purged */
    " kept_chain BLOB NOT NULL,"
    " next_id INTEGER NOT NULL" /* node ids are never reused */
    ") STRICT;"
    /* kind: enum store_kind.  The root's parent is itself, with an empty key; so is the trash's. */
    "CREATE TABLE node("
    " ns INTEGER NOT NULL, id INTEGER NOT NULL, parent INTEGER NOT NULL,"
    " key TEXT NOT NULL, name TEXT NOT NULL, kind INTEGER NOT NULL,"
    " hash BLOB NOT NULL, object INTEGER," /* object: where the content of a file is */
    " size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, ctime_ns INTEGER NOT NULL, created_ns INTEGER NOT NULL,"
    " executable INTEGER NOT NULL DEFAULT 0, type TEXT NOT NULL,"
    " props INTEGER NOT NULL DEFAULT 0," /* how many rows of `prop` it has */
    " seq INTEGER NOT NULL,"             /* number of the last change */
    " since INTEGER NOT NULL,"           /* number at which it came to this place */
    " made INTEGER NOT NULL,"            /* number at which its present content came */
    " author TEXT NOT NULL,"
    " sum BLOB, members INTEGER, bytes INTEGER," /* collections only */
    " PRIMARY KEY (ns, id)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE UNIQUE INDEX node_place ON node(ns, parent, key);"
    "CREATE INDEX node_folder ON node(ns, parent, key) WHERE kind = 1;" /* walks from collection to collection */
    "CREATE INDEX node_seq ON node(ns, seq);"
    "CREATE INDEX node_object ON node(object) WHERE object IS NOT NULL;"
    "CREATE TABLE gone("
    " ns INTEGER NOT NULL, seq INTEGER NOT NULL, since INTEGER NOT NULL, parent INTEGER NOT NULL,"
    " key TEXT NOT NULL, name TEXT NOT NULL, node INTEGER NOT NULL, at INTEGER NOT NULL,"
    " PRIMARY KEY (ns, seq, node)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX gone_place ON gone(ns, parent, key, seq);"
    "CREATE TABLE version("
    " ns INTEGER NOT NULL, node INTEGER NOT NULL, made INTEGER NOT NULL, seq INTEGER NOT NULL,"
    " hash BLOB NOT NULL, object INTEGER NOT NULL, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,"
    " type TEXT NOT NULL, author TEXT NOT NULL, at INTEGER NOT NULL,"
    " PRIMARY KEY (ns, node, made)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX version_object ON version(object);"
    "CREATE TABLE trash("
    " ns INTEGER NOT NULL, node INTEGER NOT NULL, parent INTEGER NOT NULL, name TEXT NOT NULL,"
    " by TEXT NOT NULL, at INTEGER NOT NULL,"
    " PRIMARY KEY (ns, node)"
    ") STRICT, WITHOUT ROWID;"
    /* op: enum journal_op.  chain: journal.h. */
    "CREATE TABLE journal("
    " ns INTEGER NOT NULL, seq INTEGER NOT NULL, node INTEGER NOT NULL, op INTEGER NOT NULL,"
    " old_parent INTEGER, old_name TEXT, old_hash BLOB, new_hash BLOB,"
    " author TEXT NOT NULL, client TEXT NOT NULL, txn BLOB NOT NULL, at INTEGER NOT NULL, chain BLOB NOT NULL,"
    " PRIMARY KEY (ns, seq)"
    ") STRICT, WITHOUT ROWID;"
    /*
     * segment 0: a file of its own, `place` is its number; else `place` is the offset.  state: enum object_state.
     * node and version refer to the id, which grows: their indexes grow at the end, where one by hash would touch a page
     * of its own for each new content.
     */
    "CREATE TABLE object("
    " id INTEGER PRIMARY KEY, hash BLOB NOT NULL UNIQUE, size INTEGER NOT NULL,"
    " segment INTEGER NOT NULL, place INTEGER NOT NULL, state INTEGER NOT NULL,"
    " sha1 BLOB, md5 BLOB" /* for clients that compare with these: computed when first asked for */
    ") STRICT;"
    "CREATE TABLE prop("
    " ns INTEGER NOT NULL, node INTEGER NOT NULL, xmlns TEXT NOT NULL, name TEXT NOT NULL,"
    " lang TEXT NOT NULL, value TEXT NOT NULL,"
    " PRIMARY KEY (ns, node, xmlns, name)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE TABLE lock("
    " token BLOB PRIMARY KEY, ns INTEGER NOT NULL, node INTEGER NOT NULL, depth INTEGER NOT NULL,"
    " scope INTEGER NOT NULL, owner TEXT NOT NULL, principal TEXT NOT NULL, expires INTEGER NOT NULL"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX lock_node ON lock(ns, node);"
    "CREATE TABLE upload("
    " id BLOB PRIMARY KEY, ns INTEGER NOT NULL, user TEXT NOT NULL, size INTEGER NOT NULL,"
    " made_s INTEGER NOT NULL, expires_s INTEGER NOT NULL, state BLOB NOT NULL"
    ") STRICT, WITHOUT ROWID;"
    "CREATE TABLE quota("
    " ns INTEGER NOT NULL, node INTEGER NOT NULL, bytes INTEGER NOT NULL, PRIMARY KEY (ns, node)"
    ") STRICT, WITHOUT ROWID;";

static const char access_tables[] =
    "CREATE TABLE user("
    " id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, created_s INTEGER NOT NULL, password TEXT"
    ") STRICT;"
    "CREATE TABLE right("
    " user INTEGER NOT NULL REFERENCES user(id) ON DELETE CASCADE, prefix TEXT NOT NULL, write INTEGER NOT NULL,"
    " PRIMARY KEY (user, prefix)"
    ") STRICT, WITHOUT ROWID;"
    /* secret: SHA-256 of what the client holds.  Found by index: no comparison whose time could tell anything. */
    "CREATE TABLE token("
    " secret BLOB PRIMARY KEY, user INTEGER NOT NULL REFERENCES user(id) ON DELETE CASCADE,"
    " label TEXT NOT NULL, created_s INTEGER NOT NULL, expires_s INTEGER NOT NULL"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX token_user ON token(user);"
    "CREATE TABLE scope("
    " token BLOB NOT NULL REFERENCES token(secret) ON DELETE CASCADE, prefix TEXT NOT NULL, write INTEGER NOT NULL,"
    " PRIMARY KEY (token, prefix)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE TABLE code("
    " secret BLOB PRIMARY KEY, user INTEGER NOT NULL REFERENCES user(id) ON DELETE CASCADE,"
    " expires_s INTEGER NOT NULL"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX code_user ON code(user);";

static enum err add_node(struct db *db, int64_t id, int64_t now_ns)
{
	struct digest empty = folder_hash(&(struct folder_sum){ { 0 } }, 0);
	static const unsigned char zero[DIGEST_SIZE];

	return db_run(db,
		      "INSERT INTO node(ns, id, parent, key, name, kind, hash, size, mtime_ns, ctime_ns, created_ns, "
		      "type, seq, since,"
		      " made, author, sum, members, bytes)"
		      " VALUES (?1, ?2, ?2, '', '', 1, ?3, 0, ?4, ?4, ?4, '', 0, 0, 0, '', ?5, 0, 0)",
		      DB_INT(SCHEMA_NS), DB_INT(id), DB_DIGEST(&empty), DB_INT(now_ns), DB_BLOB(zero, sizeof zero));
}

static enum err make_first(struct db *db)
{
	unsigned char store_id[16], epoch[8];
	int64_t now_ns = clock_now_ns();
	struct digest chain;
	enum err e;

	rand_bytes(store_id, sizeof store_id);
	rand_bytes(epoch, sizeof epoch);
	chain = digest_of(store_id, sizeof store_id);
	if ((e = db_exec(db, tree_tables)) != OK || (e = db_exec(db, access_tables)) != OK ||
	    (e = db_exec(db, "INSERT INTO meta(one, next_object, next_segment) VALUES (1, 1, 1)")) != OK)
		return e;
	e = db_run(db,
		   "INSERT INTO ns(id, name, store_id, epoch, head, kept, kept_chain, next_id)"
		   " VALUES (?1, 'main', ?2, ?3, 0, 0, ?4, ?5)",
		   DB_INT(SCHEMA_NS), DB_BLOB(store_id, sizeof store_id), DB_BLOB(epoch, sizeof epoch),
		   DB_DIGEST(&chain), DB_INT(NODE_FIRST));
	if (e != OK || (e = add_node(db, NODE_ROOT, now_ns)) != OK)
		return e;
	return add_node(db, NODE_TRASH, now_ns);
}

/* used_s: when a token was last used, to the minute; 0: never.  Users are looked up in whatever case somebody types. */
static enum err add_token_use(struct db *db)
{
	return db_exec(db, "ALTER TABLE token ADD COLUMN used_s INTEGER NOT NULL DEFAULT 0;"
			   "CREATE INDEX user_name ON user(name COLLATE NOCASE)");
}

/* A quota is of a place (store_quota.h); no version before this one has set any. */
static enum err place_quotas(struct db *db)
{
	return db_exec(db, "DROP TABLE quota;"
			   "CREATE TABLE quota("
			   " ns INTEGER NOT NULL, path TEXT NOT NULL, bytes INTEGER NOT NULL, PRIMARY KEY (ns, path)"
			   ") STRICT, WITHOUT ROWID");
}

/*
 * What retention and history by node ask (keep.h, history.h).  made_ns, client: when and through what a version's content
 * came; versions of before tell it by the journal.  object_dead: what keep_note_dropped() found nobody refers to.
 */
static enum err add_history(struct db *db)
{
	return db_exec(db,
		       "ALTER TABLE version ADD COLUMN made_ns INTEGER NOT NULL DEFAULT 0;"
		       "ALTER TABLE version ADD COLUMN client TEXT NOT NULL DEFAULT '';"
		       "UPDATE version SET"
		       " made_ns = ifnull((SELECT j.at FROM journal j WHERE j.ns = version.ns AND j.seq = made), at),"
		       " client = ifnull((SELECT j.client FROM journal j WHERE j.ns = version.ns AND j.seq = made"
		       " AND j.node = version.node), '');"
		       "CREATE INDEX version_at ON version(at);"
		       "CREATE INDEX gone_node ON gone(ns, node, seq);"
		       "CREATE INDEX trash_at ON trash(at);"
		       "CREATE INDEX object_dead ON object(id) WHERE state = 1");
}

/* A version's executable bit; until now a restored file kept the one that it had, so that is what its versions get. */
static enum err add_version_mode(struct db *db)
{
	return db_exec(db, "ALTER TABLE version ADD COLUMN executable INTEGER NOT NULL DEFAULT 0;"
			   "UPDATE version SET executable = 1 WHERE EXISTS (SELECT 1 FROM node n"
			   " WHERE n.ns = version.ns AND n.id = version.node AND n.executable = 1)");
}

static const struct migration {
	enum err (*apply)(struct db *db);
	const char *number;
} migrations[] = {
	{ make_first, "PRAGMA user_version = 1" },       { add_token_use, "PRAGMA user_version = 2" },
	{ place_quotas, "PRAGMA user_version = 3" },     { add_history, "PRAGMA user_version = 4" },
	{ add_version_mode, "PRAGMA user_version = 5" },
};

static enum err read_number(struct db *db, int64_t *out)
{
	autorows struct db_rows rows = { NULL, NULL };
	enum err e = db_select_values(db, "PRAGMA user_version", &rows, NULL, 0);

	if (e != OK || (e = db_next(&rows)) != OK)
		return e;
	*out = db_col_int(&rows, 0);
	return OK;
}

enum err schema_prepare(struct db *db, bool *out_new, struct note *why)
{
	autotx struct tx tx = { NULL };
	int64_t number;
	int fault;
	enum err e;

	if ((e = db_begin(db, &tx)) != OK || (e = read_number(db, &number)) != OK)
		return e;
	if (number < 0 || number > (int64_t)ARRAY_LEN(migrations))
		return note_set(why, E_CORRUPT,
				"the store has format %lld, this program knows %zu: made by a newer version",
				(long long)number, ARRAY_LEN(migrations));
	*out_new = number == 0;
	for (size_t i = (size_t)number; i < ARRAY_LEN(migrations); i++) {
		fault = fsio_fault("schema-migrate");
		if (fault)
			return err_from_errno(fault);
		if ((e = migrations[i].apply(db)) != OK || (e = db_exec(db, migrations[i].number)) != OK)
			return e;
	}
	if (number < (int64_t)ARRAY_LEN(migrations) && (fault = fsio_fault("schema-commit")) != 0)
		return err_from_errno(fault);
	return tx_commit(&tx);
}
