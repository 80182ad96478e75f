/*
 * cmd_backup: `backup DIR`: the store as it is at one moment, beside a server that goes on.
 *
 * DIR gets the database as `database` (a name that nothing serves), the files it names, and the key.  The new database comes last, by
 * a rename: until then DIR holds the backup before, whole.  What that one is known to hold is not read again, unless the store was
 * restored meanwhile (another epoch, so the same places may hold other bytes) or --verify says so.
 */
#include "common/clock.h"
#include "common/fsio.h"
#include "server/carry.h"
#include "server/cmd_tools.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

struct backup {
	const struct cmd_args *args;
	struct tools tools; /* the store's side */
	struct side to;
	int lock_fd;
	char *new_path, *old_path; /* of the databases in DIR */
	struct db *now, *before;
	struct carry carry;
	int64_t removed_bytes;
	bool had_one;
};

static void backup_clear(struct backup *b)
{
	db_close(b->now);
	db_close(b->before);
	if (b->lock_fd >= 0)
		close(b->lock_fd);
	free(b->new_path);
	free(b->old_path);
	tools_clear(&b->tools);
	side_clear(&b->to);
}

/* ---- DIR ---- */

static enum err look_for_strangers(void *arg, const char *name)
{
	static const char *const ours[] = {
		BACKUP_DATABASE, BACKUP_DATABASE ".new", "seg", "obj", "lock", "tls.key", "tls.crt", "lost+found"
	};

	(void)arg;
	for (size_t i = 0; i < ARRAY_LEN(ours); i++)
		if (strcmp(name, ours[i]) == 0)
			return OK;
	return E_CONFLICT;
}

static enum err open_folder(struct backup *b, const char *path, struct note *why)
{
	struct stat st;
	enum err e;

	if (mkdir(path, 0700) != 0 && errno != EEXIST)
		return note_set(why, err_from_errno(errno), "%.140s: %s", path, strerror(errno));
	if ((e = side_open_folder(&b->to, path, false, why)) != OK ||
	    (e = tools_check_apart(&b->tools, b->to.path, why)) != OK)
		return e;
	b->new_path = xasprintf("%s/" BACKUP_DATABASE ".new", b->to.path);
	b->old_path = xasprintf("%s/" BACKUP_DATABASE, b->to.path);
	b->had_one = side_stat(&b->to, BACKUP_DATABASE, &st) == OK;
	if (!b->had_one && (e = fsio_list(b->to.fd, look_for_strangers, NULL)) != OK)
		return note_set(why, e, "%.140s holds other things: a backup has a folder of its own", path);
	if ((e = side_open(&b->to, "lock", O_RDWR | O_CREAT, 0600, &b->lock_fd)) != OK)
		return note_set(why, e, "%.140s/lock: %s", path, err_words(e));
	if (flock(b->lock_fd, LOCK_EX | LOCK_NB) != 0)
		return note_set(why, E_BUSY, "another backup to %.140s is under way", path);
	return OK;
}

/* ---- the databases ---- */

static enum err copy_snapshot(struct backup *b, struct note *why)
{
	char name[STORE_SNAPSHOT_SIZE];
	int64_t bytes;
	enum err e = tools_snapshot(&b->tools, name, why);

	if (e != OK)
		return e;
	e = carry_file(&b->tools.side, name, &b->to, BACKUP_DATABASE ".new", NULL, &bytes);
	(void)!side_unlink(&b->tools.side, name); /* else the next start does */
	if (e != OK)
		return note_set(why, e, "%.140s: %s", b->new_path, err_words(e));
	b->carry.copied_bytes = bytes;
	side_enter(&b->to);
	return db_open(b->new_path, DB_STILL, &b->now);
}

/* The backup before: of this store, else we keep our hands off; and of this course of it, else it proves nothing. */
static enum err open_before(struct backup *b, struct note *why)
{
	struct tools_identity now, before;
	enum err e;

	if ((e = tools_identify(b->now, &now)) != OK)
		return e;
	if (!b->had_one)
		return OK;
	if ((e = db_open(b->old_path, DB_STILL, &b->before)) != OK || (e = tools_identify(b->before, &before)) != OK)
		return note_set(why, e, "%.140s cannot be read: %s", b->old_path, err_words(e));
	if (memcmp(now.store_id, before.store_id, sizeof now.store_id) != 0)
		return note_set(why, E_CONFLICT, "%.140s holds the backup of another store", b->to.path);
	if (memcmp(now.epoch, before.epoch, sizeof now.epoch) != 0 || cmd_has(b->args, "verify"))
		db_close(TAKE(b->before));
	return OK;
}

/* ---- contents ---- */

static void tick(void *arg)
{
	struct backup *b = arg;

	tools_hold(&b->tools);
}

static void damaged(void *arg, int64_t id, const struct digest *hash, bool was_marked)
{
	struct backup *b = arg;

	tools_tell_damage(b->now, id, hash,
			  was_marked ? "is marked damaged" : "is damaged in the store: see syncd fsck",
			  cmd_has(b->args, "json"));
}

static enum err copy_keys(struct backup *b, struct note *why)
{
	static const char *const names[] = { "tls.key", "tls.crt" };
	int64_t bytes;

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		enum err e = carry_file(&b->tools.side, names[i], &b->to, names[i], NULL, &bytes);

		if (e != OK && e != E_NOT_FOUND)
			return note_set(why, e, "%.140s/%s: %s", b->to.path, names[i], err_words(e));
	}
	return OK;
}

static enum err copy_all(struct backup *b, struct note *why)
{
	int64_t database_bytes = b->carry.copied_bytes;
	enum err e;

	b->carry = (struct carry){ .from = &b->tools.side,
				   .to = &b->to,
				   .db = b->now,
				   .known = b->before,
				   .tick = tick,
				   .damaged = damaged,
				   .arg = b,
				   .copied_bytes = database_bytes };
	if ((e = carry_make_folders(&b->to, why)) != OK || (e = carry_contents(&b->carry, why)) != OK ||
	    (e = copy_keys(b, why)) != OK)
		return e;
	return carry_sync_folders(&b->to, why);
}

/* From here on the new one is the backup. */
static enum err publish(struct backup *b, struct note *why)
{
	int fault = fsio_fault("backup-publish");
	enum err e;

	if (fault)
		return err_from_errno(fault);
	if ((e = side_rename(&b->to, BACKUP_DATABASE ".new", BACKUP_DATABASE)) != OK ||
	    (e = fsio_sync_folder("backup-sync", b->to.fd)) != OK)
		return note_set(why, e, "%.140s: %s", b->old_path, err_words(e));
	return carry_prune(&b->to, b->now, &b->removed_bytes, why);
}

static int report(const struct backup *b)
{
	const struct tools_number numbers[] = {
		{ "contents", b->carry.contents, false },  { "bytes", b->carry.bytes, true },
		{ "copied", b->carry.copied_bytes, true }, { "verified", b->carry.proved_bytes, true },
		{ "removed", b->removed_bytes, true },     { "damaged", b->carry.damages, false },
	};

	tools_report("backed up", cmd_has(b->args, "json"), numbers, ARRAY_LEN(numbers));
	return cmd_finish() == CMD_OK && !b->carry.damages ? CMD_OK : CMD_FAILED;
}

int cmd_backup(const struct cmd_args *args)
{
	struct backup b = { .args = args, .lock_fd = -1 };
	struct note why = { "" };
	int code;
	enum err e;

	side_init(&b.to);
	if ((e = tools_open(args, &b.tools, &why)) == OK && (e = open_folder(&b, args->operands[0], &why)) == OK &&
	    (e = tools_take(&b.tools, &why)) == OK && (e = copy_snapshot(&b, &why)) == OK &&
	    (e = open_before(&b, &why)) == OK && (e = copy_all(&b, &why)) == OK)
		e = publish(&b, &why);
	code = e == OK ? report(&b) : cmd_fail(e, &why);
	backup_clear(&b);
	return code;
}
