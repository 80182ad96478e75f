/*
 * cmd_tools: what backup, restore, export and import share: a store in the hand, as its owner, beside a folder of the caller's.
 */
#ifndef SERVER_CMD_TOOLS_H
#define SERVER_CMD_TOOLS_H

#include "common/db.h"
#include "server/cmd_admin.h"
#include "server/side.h"
#include "server/store/store_snapshot.h"

#define BACKUP_DATABASE "database"

struct tools {
	struct side side; /* the store's folder, as its owner */
	struct admin_hand hand;
	bool is_taken;
	int64_t held_ns; /* when the hold was last prolonged */
	int64_t hold;    /* what that was; 0: none */
};

/* Finds the store and opens its folder.  tools_clear() in any case. */
enum err tools_open(const struct cmd_args *args, struct tools *out, struct note *why) must_check;
void tools_clear(struct tools *t);

/* Takes it into the hand: through its server, or open. */
enum err tools_take(struct tools *t, struct note *why) must_check;

/* A folder is not to lie in the store, nor the store in it.  E_CONFLICT. */
enum err tools_check_apart(const struct tools *t, const char *path, struct note *why) must_check;

/* store_snapshot(), and the hold that goes with it; a few times a second, tools_hold() keeps that up. */
enum err tools_snapshot(struct tools *t, char out_name[STORE_SNAPSHOT_SIZE], struct note *why) must_check;
void tools_hold(struct tools *t);

/* The snapshot opened, its file already removed. */
enum err tools_open_snapshot(struct tools *t, struct db **out, struct note *why) must_check;

/* Which store a database is of, and of which course of it. */
struct tools_identity {
	unsigned char store_id[16], epoch[8];
};
enum err tools_identify(struct db *db, struct tools_identity *out) must_check;

/*
 * The folder that an option named: "/docs", "/docs/"; NULL: the root.  `path` gets it, without a slash at its end ("" for the root).
 * E_USAGE: no path; E_NOT_FOUND: no folder there.
 */
enum err tools_find_folder(struct db *db, const char *typed, int64_t *out_id, struct buf *path,
			   struct note *why) must_check;

/* ---- words ---- */

/* A damaged content, with one of the paths that it is at, on stderr or as JSON on stdout. */
void tools_tell_damage(struct db *db, int64_t object, const struct digest *hash, const char *how, bool is_json);

/* "WHAT: N contents, 12 MiB bytes": what was done, on stdout, or as JSON. */
struct tools_number {
	const char *key;
	int64_t value;
	bool is_bytes;
};
void tools_report(const char *what, bool is_json, const struct tools_number *numbers, size_t count);

#endif
