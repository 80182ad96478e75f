#include "tests/unit/store_check.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/db.h"
#include "common/folderhash.h"
#include "common/fsio.h"
#include "server/store/journal.h"
#include "server/store/object.h"
#include "tests/unit/test.h"

struct check {
	const char *folder;
	struct db *db;
	int64_t files; /* rows that name a file of their own, then files that are named */
	bool is_good;
};

#define complain(c, ...) ((c)->is_good = false, print_error(__VA_ARGS__))

static int64_t number(struct check *c, const char *sql)
{
	autorows struct db_rows rows = { NULL, NULL };

	if (db_select_values(c->db, sql, &rows, NULL, 0) != OK || db_next(&rows) != OK)
		return complain(c, "fail: %s\n", sql), -1;
	return db_col_int(&rows, 0);
}

/* These numbers are zero in a store where everything fits. */
static const char *const must_be_zero[] = {
	"SELECT count(*) FROM node WHERE kind = 0 AND object IS NULL",
	"SELECT count(*) FROM node n LEFT JOIN object o ON o.id = n.object"
	" WHERE n.kind = 0 AND (o.id IS NULL OR o.hash <> n.hash OR o.size <> n.size OR o.state <> 0)",
	"SELECT count(*) FROM version v LEFT JOIN object o ON o.id = v.object WHERE o.id IS NULL OR o.hash <> v.hash",
	"SELECT count(*) FROM node n LEFT JOIN node p ON p.ns = n.ns AND p.id = n.parent WHERE p.id IS NULL OR p.kind "
	"<> 1",
	"SELECT count(*) FROM node WHERE seq > (SELECT head FROM ns)",
	"SELECT count(*) FROM node WHERE id >= (SELECT next_id FROM ns)",
	"SELECT coalesce(max(seq), 0) - (SELECT head FROM ns) FROM journal",
	"SELECT count(*) FROM object WHERE segment >= (SELECT next_segment FROM meta)",
	"SELECT count(*) FROM object WHERE segment = 0 AND place >= (SELECT next_object FROM meta)",
	"SELECT count(*) FROM trash t LEFT JOIN node n ON n.id = t.node WHERE n.id IS NULL OR n.parent <> 2",
	"SELECT count(*) FROM gone g WHERE g.since >= g.seq",
	"SELECT count(*) FROM version WHERE made >= seq",
	"SELECT count(*) FROM node WHERE made > seq OR since > seq",
	"SELECT count(*) FROM node n WHERE n.kind = 1 AND n.id <> 2 AND n.members <>"
	" (SELECT count(*) FROM node m WHERE m.ns = n.ns AND m.parent = n.id AND m.key <> '')",
	"SELECT count(*) FROM node n WHERE n.props <> (SELECT count(*) FROM prop p WHERE p.ns = n.ns AND p.node = "
	"n.id)",
	"SELECT count(*) FROM prop p LEFT JOIN node n ON n.ns = p.ns AND n.id = p.node WHERE n.id IS NULL",
	"SELECT count(*) FROM lock l LEFT JOIN node n ON n.ns = l.ns AND n.id = l.node WHERE n.id IS NULL OR n.parent "
	"= 2",
	"SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'",
};

struct member {
	int64_t id, bytes, folded_bytes;
	bool is_collection;
	char name[256];
	struct digest hash;
};

static size_t read_members(struct check *c, int64_t id, struct member **out)
{
	autorows struct db_rows rows = { NULL, NULL };
	size_t count = 0;

	*out = NULL;
	if (db_select(c->db,
		      "SELECT id, kind, name, hash, size, bytes FROM node WHERE ns = 1 AND parent = ?1 AND key <> ''",
		      &rows, DB_INT(id)) != OK)
		complain(c, "fail: members\n");
	while (db_next(&rows) == OK) {
		struct member *m;

		*out = xrealloc(*out, (count + 1) * sizeof **out);
		m = &(*out)[count++];
		m->id = db_col_int(&rows, 0);
		m->is_collection = db_col_int(&rows, 1) == 1;
		db_col_copy(&rows, 2, m->name, sizeof m->name);
		db_col_digest(&rows, 3, &m->hash);
		m->bytes = db_col_int(&rows, 4);
		m->folded_bytes = db_col_int(&rows, 5);
	}
	return count;
}

/* Recomputes what a collection has below it: bytes and hash as they should be. */
static struct digest recompute(struct check *c, int64_t id, int64_t *out_bytes)
{
	struct folder_sum sum = { { 0 } };
	struct member *members;
	size_t count = read_members(c, id, &members);

	*out_bytes = 0;
	for (size_t i = 0; i < count; i++) {
		struct member *m = &members[i];
		struct folder_sum term;

		if (m->is_collection) {
			struct digest want = recompute(c, m->id, &m->bytes);

			if (!digest_equal(&want, &m->hash) || m->bytes != m->folded_bytes)
				complain(c, "collection %lld: hash or bytes do not fit\n", (long long)m->id);
		}
		term = folder_term(m->is_collection, span_of(m->name), &m->hash);
		folder_add(&sum, &term);
		*out_bytes += m->bytes;
	}
	free(members);
	return folder_hash(&sum, (int64_t)count);
}

static void check_root(struct check *c)
{
	autorows struct db_rows rows = { NULL, NULL };
	struct digest want, have;
	int64_t bytes;

	want = recompute(c, 1, &bytes);
	if (db_select_values(c->db, "SELECT hash, bytes FROM node WHERE ns = 1 AND id = 1", &rows, NULL, 0) != OK ||
	    db_next(&rows) != OK || !db_col_digest(&rows, 0, &have) || !digest_equal(&want, &have) ||
	    bytes != db_col_int(&rows, 1))
		complain(c, "the root's hash or bytes do not fit\n");
}

static char *place_path(const struct check *c, const struct digest *hash, const struct place *place)
{
	char name[OBJECT_NAME_SIZE];

	if (place->segment)
		return xasprintf("%s/seg/%06lld", c->folder, (long long)place->segment);
	object_name(hash, place->number, name);
	return xasprintf("%s/obj/%s", c->folder, name);
}

static void check_content(struct check *c, const struct digest *hash, const struct place *place)
{
	autofree char *path = place_path(c, hash, place), *bytes = xmalloc((size_t)place->size_bytes);
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct digest have;

	if (fd < 0 || fsio_read_at(fd, bytes, (size_t)place->size_bytes, place->segment ? place->number : 0) != OK) {
		complain(c, "%s: content missing or short\n", path);
		return;
	}
	have = digest_of(bytes, (size_t)place->size_bytes);
	if (!digest_equal(&have, hash))
		complain(c, "%s at %lld: content does not fit its digest\n", path, (long long)place->number);
	c->files += place->segment == 0;
}

static void check_contents(struct check *c)
{
	autorows struct db_rows rows = { NULL, NULL };

	if (db_select_values(c->db, "SELECT hash, segment, place, size FROM object", &rows, NULL, 0) != OK)
		complain(c, "fail: objects\n");
	while (db_next(&rows) == OK) {
		struct place place = { db_col_int(&rows, 1), db_col_int(&rows, 2), db_col_int(&rows, 3), OBJECT_LIVE };
		struct digest hash;

		db_col_digest(&rows, 0, &hash);
		check_content(c, &hash, &place);
	}
}

static enum err count_entry(void *arg, const char *name)
{
	(void)name;
	++*(int64_t *)arg;
	return OK;
}

static int64_t count_files(struct check *c, const char *name)
{
	autofree char *path = xasprintf("%s/%s", c->folder, name);
	autoclose int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int64_t count = 0;

	if (fd < 0 || fsio_list(fd, count_entry, &count) != OK)
		complain(c, "%s: cannot be listed\n", path);
	return count;
}

static void check_strays(struct check *c)
{
	int64_t count = 0, segments = count_files(c, "seg");

	for (int i = 0; i < 256; i++) {
		char name[8];

		snprintf(name, sizeof name, "obj/%02x", (unsigned)i);
		count += count_files(c, name);
	}
	if (count != c->files)
		complain(c, "obj/ has %lld files, rows name %lld\n", (long long)count, (long long)c->files);
	if ((count = count_files(c, "tmp")) != 0)
		complain(c, "tmp/ has %lld files\n", (long long)count);
	if (segments >= number(c, "SELECT next_segment FROM meta"))
		complain(c, "seg/ has %lld files\n", (long long)segments);
}

bool check_store(const char *folder)
{
	struct check c = { .folder = folder, .is_good = true };
	char *path = xasprintf("%s/db", folder);
	int64_t seq;

	if (db_open(path, DB_WRITE, &c.db) != OK) {
		print_error("%s: cannot be opened\n", path);
		free(path);
		return false;
	}
	free(path);
	for (size_t i = 0; i < ARRAY_LEN(must_be_zero); i++) {
		int64_t n = number(&c, must_be_zero[i]);

		if (n != 0)
			complain(&c, "%lld: %s\n", (long long)n, must_be_zero[i]);
	}
	if (journal_verify(c.db, &seq) != OK)
		complain(&c, "the chain breaks at %lld\n", (long long)seq);
	check_root(&c);
	check_contents(&c);
	check_strays(&c);
	db_close(c.db);
	return c.is_good;
}
