/*
 * Collections: what their rows say of their members, against what the members' rows say (folderhash.h).
 */
#include "server/store/commit.h"
#include "server/store/fsck.h"
#include "server/store/schema.h"
#include "server/store/tree.h"

enum { FOLDERS_EACH = 50 };

/* What a collection's row should say. */
struct fold {
	struct folder_sum sum;
	struct digest hash;
	int64_t members, bytes;
};

/* In a transaction of the caller's. */
static enum err compute(struct db *db, int64_t id, struct fold *out)
{
	autorows struct db_rows rows = { NULL, NULL };
	enum err e = db_select(db,
			       "SELECT kind, name, hash, CASE kind WHEN 1 THEN bytes ELSE size END FROM node"
			       " WHERE ns = 1 AND parent = ?1 AND key > ''",
			       &rows, DB_INT(id));

	*out = (struct fold){ .members = 0 };
	while (e == OK && (e = db_next(&rows)) == OK) {
		struct span name = db_col_text(&rows, 1);
		struct folder_sum term;
		struct digest hash;

		db_col_digest(&rows, 2, &hash);
		if (name.len <= PATH_NAME_LIMIT) {
			term = folder_term(db_col_int(&rows, 0) == STORE_COLLECTION, name, &hash);
			folder_add(&out->sum, &term);
		}
		out->members++;
		out->bytes += db_col_int(&rows, 3);
	}
	out->hash = folder_hash(&out->sum, out->members);
	return e == E_NOT_FOUND ? OK : e;
}

/* A copy that is being built aside has its source's hash before it has its members. */
static enum err is_staged(struct db *db, int64_t id, bool *out)
{
	*out = false;
	for (unsigned depth = 0; id != NODE_ROOT && id != NODE_TRASH && depth <= PATH_SEGMENTS_LIMIT; depth++) {
		autorows struct db_rows rows = { NULL, NULL };
		enum err e = db_select(db, "SELECT parent, key LIKE 'stage-%' FROM node WHERE ns = 1 AND id = ?1",
				       &rows, DB_INT(id));

		if (e != OK || (e = db_next(&rows)) != OK)
			return e == E_NOT_FOUND ? OK : e;
		id = db_col_int(&rows, 0);
		*out = id == NODE_TRASH && db_col_int(&rows, 1) != 0;
	}
	return OK;
}

/* ---- repair ---- */

static enum err write_fold(struct db *db, int64_t id, const struct fold *fold)
{
	unsigned char sum[DIGEST_SIZE];

	folder_sum_write(&fold->sum, sum);
	return db_run(db, "UPDATE node SET sum = ?2, members = ?3, bytes = ?4, hash = ?5 WHERE ns = 1 AND id = ?1",
		      DB_INT(id), DB_BLOB(sum, sizeof sum), DB_INT(fold->members), DB_INT(fold->bytes),
		      DB_DIGEST(&fold->hash));
}

/* The collection anew, and each above it, whose sum holds its hash. */
static enum err repair(struct db *db, void *arg)
{
	int64_t id = *(int64_t *)arg, parent;
	struct fold fold;
	enum err e;

	for (unsigned depth = 0; id != NODE_TRASH && depth <= PATH_SEGMENTS_LIMIT; depth++) {
		if ((e = compute(db, id, &fold)) != OK || (e = write_fold(db, id, &fold)) != OK)
			return e;
		if (id == NODE_ROOT)
			break;
		if ((e = tree_parent(db, id, &parent)) != OK)
			return e == E_NOT_FOUND ? OK : e; /* hangs from nothing: told and repaired as that */
		id = parent;
	}
	return OK;
}

/* ---- the phase ---- */

static const char *compare(const struct tree_row *row, const struct fold *fold)
{
	if (row->node.members != fold->members)
		return "it does not count its members right";
	if (row->node.size_bytes != fold->bytes)
		return "it does not count the bytes below it right";
	if (!digest_equal(&row->node.digest, &fold->hash))
		return "its hash does not fit its members";
	for (size_t i = 0; i < ARRAY_LEN(fold->sum.limb); i++)
		if (row->sum.limb[i] != fold->sum.limb[i])
			return "its sum does not fit its members";
	return NULL;
}

static enum err check(struct store_fsck *f, int64_t id, const char **out_why)
{
	autotx struct tx tx = { NULL };
	struct tree_row row;
	struct fold fold;
	bool staged;
	enum err e;

	*out_why = NULL;
	if ((e = db_begin_read(f->db, &tx)) != OK || (e = tree_node(f->db, id, &row)) != OK ||
	    (e = compute(f->db, id, &fold)) != OK)
		return e == E_NOT_FOUND ? OK : e; /* went meanwhile */
	*out_why = compare(&row, &fold);
	if (!*out_why)
		return OK;
	e = is_staged(f->db, id, &staged);
	if (e == OK && staged)
		*out_why = NULL;
	return e;
}

static enum err tell(struct store_fsck *f, int64_t id, const char *why)
{
	struct store_finding finding = { .what = "folder", .why = why };
	enum err e = fsck_path(f, id, &finding.path, &finding.is_gone);

	if (e == OK && f->repairs) {
		e = commit_call(f->store, repair, &id);
		finding.is_repaired = e == OK;
		/* No number was given: until one is, nobody trusts what was known of paths. */
		atomic_store(&f->store->paths_head, -1);
	}
	if (e == OK)
		fsck_found(f, &finding);
	return e;
}

enum err fsck_folders(struct store_fsck *f, bool *out_done)
{
	int64_t ids[FOLDERS_EACH];
	size_t count = 0;
	const char *why;
	enum err e;

	{
		autorows struct db_rows rows = { NULL, NULL };

		e = db_select(
		    f->db, "SELECT id FROM node WHERE ns = 1 AND id > ?1 AND kind = 1 AND id <> 2 ORDER BY id LIMIT ?2",
		    &rows, DB_INT(f->after), DB_INT(FOLDERS_EACH));
		while (e == OK && (e = db_next(&rows)) == OK)
			ids[count++] = db_col_int(&rows, 0);
	}
	if (e != E_NOT_FOUND)
		return e;
	for (size_t i = 0; i < count; i++) {
		if ((e = check(f, ids[i], &why)) != OK || (why && (e = tell(f, ids[i], why)) != OK))
			return e;
		f->totals.folders++;
		f->after = ids[i];
	}
	*out_done = count < FOLDERS_EACH;
	return OK;
}
