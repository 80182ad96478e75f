/*
 * cmd_restore: `restore DIR`: a backup in the place of a store that does not run.
 *
 * Everything is copied and proved in DATA/restore/ first; then one rename makes it the store (server/store/restore.h).  Killed at any
 * moment, the next start has the old store or the new one.  The epoch is renewed, so that clients that have seen what came after the
 * backup start over without deleting anything.
 */
#include "common/fsio.h"
#include "common/log.h"
#include "common/path.h"
#include "common/rand.h"
#include "server/carry.h"
#include "server/cmd_tools.h"
#include "server/store/restore.h"
#include "server/where.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

struct restore {
	const struct cmd_args *args;
	struct side from, store, to; /* to: DATA/restore */
	int lock_fd;
	char *from_path, *new_path; /* of the databases */
	struct db *backup;
	int64_t *damages; /* ids of contents */
	size_t damage_count, damage_room;
	struct carry carry;
};

static void restore_clear(struct restore *r)
{
	db_close(r->backup);
	if (r->lock_fd >= 0)
		close(r->lock_fd);
	free(r->from_path);
	free(r->new_path);
	free(r->damages);
	side_clear(&r->from);
	side_clear(&r->store);
	side_clear(&r->to);
}

/* ---- both folders ---- */

static enum err open_backup(struct restore *r, const char *path, struct note *why)
{
	struct tools_identity identity;
	enum err e = side_open_folder(&r->from, path, false, why);

	if (e != OK)
		return e;
	r->from_path = xasprintf("%s/" BACKUP_DATABASE, r->from.path);
	if ((e = db_open(r->from_path, DB_STILL, &r->backup)) == E_NOT_FOUND)
		return note_set(why, e, "%.140s holds no backup: `syncd backup` makes one", path);
	if (e != OK || (e = tools_identify(r->backup, &identity)) != OK)
		return note_set(why, e, "%.140s cannot be read: %s", r->from_path, err_words(e));
	return OK;
}

static enum err make_data(const char *path, struct note *why)
{
	if (mkdir(path, 0700) != 0 && errno != EEXIST)
		return note_set(why, err_from_errno(errno), "%.140s: %s", path, strerror(errno));
	return OK;
}

static enum err lock_store(struct restore *r, struct note *why)
{
	enum err e = side_open(&r->store, "lock", O_RDWR | O_CREAT, 0600, &r->lock_fd);

	if (e != OK)
		return note_set(why, e, "%.140s/lock: %s", r->store.path, err_words(e));
	if (flock(r->lock_fd, LOCK_EX | LOCK_NB) != 0)
		return note_set(why, E_BUSY, "%.140s is in use: stop its server first", r->store.path);
	if ((e = restore_finish(r->store.fd)) != OK)
		return note_set(why, e, "%.140s/" RESTORE_FOLDER ": %s", r->store.path, err_words(e));
	return OK;
}

/* Of a store that is there nothing is thrown away by mistake. */
static enum err check_empty(struct restore *r, struct note *why)
{
	struct stat st;

	if (side_stat(&r->store, "db", &st) != OK || st.st_size == 0 || cmd_has(r->args, "replace"))
		return OK;
	return note_set(why, E_CONFLICT, "%.120s holds a store: --replace puts the backup in its place, and it is lost",
			r->store.path);
}

static enum err open_store(struct restore *r, struct note *why)
{
	autofree char *folder = NULL;
	enum err e;

	log_set_level(LOG_WARNING);
	if ((e = where_to_administer(cmd_value(r->args, "store"), &folder, why)) != OK ||
	    (e = make_data(folder, why)) != OK || (e = side_open_folder(&r->store, folder, true, why)) != OK)
		return e;
	if (path_is_within(span_of(r->store.path), span_of(r->from.path)) ||
	    path_is_within(span_of(r->from.path), span_of(r->store.path)))
		return note_set(why, E_CONFLICT, "the backup and the store lie one in the other");
	side_enter(&r->store);
	if (fchmod(r->store.fd, 0700) != 0)
		return note_set(why, err_from_errno(errno), "%.140s: %s", r->store.path, strerror(errno));
	if ((e = lock_store(r, why)) != OK)
		return e;
	return check_empty(r, why);
}

/* ---- building ---- */

static enum err make_folder(struct restore *r, struct note *why)
{
	enum err e;

	if ((e = side_make_folder(&r->store, RESTORE_FOLDER)) != OK ||
	    (e = side_open_subfolder(&r->store, RESTORE_FOLDER, &r->to.fd)) != OK)
		return note_set(why, e, "%.140s/" RESTORE_FOLDER ": %s", r->store.path, err_words(e));
	r->to.uid = r->store.uid;
	r->to.gid = r->store.gid;
	r->to.path = xasprintf("%s/" RESTORE_FOLDER, r->store.path);
	r->new_path = xasprintf("%s/db.new", r->to.path);
	return carry_make_folders(&r->to, why);
}

static void tick(void *arg not_used)
{
}

static void damaged(void *arg, int64_t id, const struct digest *hash, bool was_marked)
{
	struct restore *r = arg;

	tools_tell_damage(r->backup, id, hash, was_marked ? "was marked damaged" : "is damaged in the backup",
			  cmd_has(r->args, "json"));
	if (r->damage_count == r->damage_room) {
		r->damage_room = MAX(2 * r->damage_room, (size_t)16);
		r->damages = xrealloc(r->damages, r->damage_room * sizeof *r->damages);
	}
	r->damages[r->damage_count++] = id;
}

static enum err copy_keys(struct restore *r)
{
	static const char *const names[] = { "tls.key", "tls.crt" };
	int64_t bytes;
	enum err e = OK;

	for (size_t i = 0; i < ARRAY_LEN(names) && (e == OK || e == E_NOT_FOUND); i++)
		e = carry_file(&r->from, names[i], &r->to, names[i], NULL, &bytes);
	return e == E_NOT_FOUND ? OK : e;
}

static enum err copy_contents(struct restore *r, struct note *why)
{
	enum err e;

	r->carry = (struct carry){
		.from = &r->from, .to = &r->to, .db = r->backup, .tick = tick, .damaged = damaged, .arg = r
	};
	if ((e = carry_contents(&r->carry, why)) != OK)
		return e;
	if ((e = copy_keys(r)) != OK)
		return note_set(why, e, "%.140s: %s", r->to.path, err_words(e));
	return carry_sync_folders(&r->to, why);
}

/* What the restored store says otherwise than the one that was backed up. */
static enum err change(struct restore *r, struct db *db)
{
	unsigned char epoch[8];
	autotx struct tx tx = { NULL };
	enum err e;

	rand_bytes(epoch, sizeof epoch);
	if ((e = db_begin(db, &tx)) != OK ||
	    (e = db_run(db, "UPDATE ns SET epoch = ?1", DB_BLOB(epoch, sizeof epoch))) != OK ||
	    /* A login link is for a few minutes; contents that nobody refers to were not copied. */
	    (e = db_exec(db, "DELETE FROM code;"
			     "DELETE FROM object WHERE state = 1 AND id NOT IN (SELECT object FROM version)"
			     " AND NOT EXISTS (SELECT 1 FROM node WHERE object = object.id);"
			     "UPDATE object SET state = 2 WHERE state = 1")) != OK)
		return e;
	for (size_t i = 0; i < r->damage_count; i++)
		if ((e = db_run(db, "UPDATE object SET state = 2 WHERE id = ?1", DB_INT(r->damages[i]))) != OK)
			return e;
	return tx_commit(&tx);
}

static enum err build_database(struct restore *r)
{
	struct db *db = NULL;
	autoclose int fd = -1;
	int64_t bytes;
	enum err e;

	if ((e = carry_file(&r->from, BACKUP_DATABASE, &r->to, "db.new", NULL, &bytes)) != OK)
		return e;
	side_enter(&r->to);
	if ((e = db_open(r->new_path, DB_WRITE, &db)) != OK)
		return e;
	e = change(r, db);
	db_close(db); /* the last connection: it moves the WAL into the file */
	if (e != OK)
		return e;
	return (e = side_open(&r->to, "db.new", O_RDWR, 0, &fd)) == OK ? fsio_sync("restore-sync", fd) : e;
}

/* By this rename it is the store. */
static enum err finish(struct restore *r)
{
	int fault = fsio_fault("restore-ready");
	enum err e;

	if (fault)
		return err_from_errno(fault);
	if ((e = fsio_sync_folder("restore-sync", r->to.fd)) != OK ||
	    (e = fsio_sync_folder("restore-sync", r->store.fd)) != OK ||
	    (e = side_rename(&r->to, "db.new", "db")) != OK || (e = fsio_sync_folder("restore-sync", r->to.fd)) != OK)
		return e;
	side_enter(&r->store);
	return restore_finish(r->store.fd);
}

static enum err build(struct restore *r, struct note *why)
{
	enum err e;

	if ((e = make_folder(r, why)) != OK || (e = copy_contents(r, why)) != OK)
		return e;
	if ((e = build_database(r)) != OK || (e = finish(r)) != OK)
		return note_set(why, e, "%.140s: %s", r->to.path, err_words(e));
	return OK;
}

static int report(const struct restore *r)
{
	const struct tools_number numbers[] = {
		{ "contents", r->carry.contents, false },
		{ "bytes", r->carry.bytes, true },
		{ "damaged", r->carry.damages, false },
	};

	tools_report("restored", cmd_has(r->args, "json"), numbers, ARRAY_LEN(numbers));
	return cmd_finish() == CMD_OK && !r->carry.damages ? CMD_OK : CMD_FAILED;
}

int cmd_restore(const struct cmd_args *args)
{
	struct restore r = { .args = args, .lock_fd = -1 };
	struct note why = { "" };
	int code;
	enum err e;

	side_init(&r.from);
	side_init(&r.store);
	side_init(&r.to);
	if ((e = open_backup(&r, args->operands[0], &why)) == OK && (e = open_store(&r, &why)) == OK)
		e = build(&r, &why);
	code = e == OK ? report(&r) : cmd_fail(e, &why);
	restore_clear(&r);
	return code;
}
