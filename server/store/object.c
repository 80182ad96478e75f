#include "server/store/object.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/fsio.h"
#include "common/log.h"

enum { FOLDERS = 256, FOLDER_NAME_SIZE = 3, HEX_IN_NAME = 62 };

static enum err find_id(struct db *db, const struct digest *hash, int64_t *out)
{
	autorows struct db_rows rows = { NULL, NULL };
	enum err e = db_select(db, "SELECT id FROM object WHERE hash = ?1", &rows, DB_DIGEST(hash));

	if (e == OK && (e = db_next(&rows)) == OK)
		*out = db_col_int(&rows, 0);
	return e;
}

enum err object_adopt(struct db *db, const struct digest *hash, const struct place *place, int64_t *out_id,
		      bool *out_adopted)
{
	autorows struct db_rows rows = { NULL, NULL };
	enum err e =
	    db_select(db,
		      "INSERT INTO object(hash, size, segment, place, state) VALUES (?1, ?2, ?3, ?4, 0)"
		      " ON CONFLICT(hash) DO UPDATE SET size = excluded.size, segment = excluded.segment,"
		      " place = excluded.place, state = 0 WHERE state <> 0 RETURNING id",
		      &rows, DB_DIGEST(hash), DB_INT(place->size_bytes), DB_INT(place->segment), DB_INT(place->number));

	if (e != OK)
		return e;
	e = db_next(&rows);
	*out_adopted = e == OK;
	if (e != OK)
		return e == E_NOT_FOUND ? find_id(db, hash, out_id) : e;
	*out_id = db_col_int(&rows, 0);
	e = db_next(&rows); /* RETURNING is done when it was stepped to its end */
	return e == E_NOT_FOUND ? OK : e;
}

enum err object_find(struct db *db, const struct digest *hash, struct place *out)
{
	autorows struct db_rows rows = { NULL, NULL };
	enum err e =
	    db_select(db, "SELECT segment, place, size, state FROM object WHERE hash = ?1", &rows, DB_DIGEST(hash));

	if (e != OK || (e = db_next(&rows)) != OK)
		return e;
	*out = (struct place){ db_col_int(&rows, 0), db_col_int(&rows, 1), db_col_int(&rows, 2),
			       (enum object_state)db_col_int(&rows, 3) };
	return OK;
}

void object_name(const struct digest *hash, int64_t number, char out[OBJECT_NAME_SIZE])
{
	char hex[DIGEST_HEX_SIZE];

	digest_hex(hash, hex);
	snprintf(out, OBJECT_NAME_SIZE, "%.2s/%s.%" PRId64, hex, hex + 2, number);
}

enum err object_make_folders(int obj_fd)
{
	for (unsigned i = 0; i < FOLDERS; i++) {
		char name[FOLDER_NAME_SIZE];
		enum err e;

		snprintf(name, sizeof name, "%02x", i);
		if ((e = fsio_make_folder(obj_fd, name)) != OK)
			return e;
	}
	return fsio_sync_folder("folder-sync", obj_fd);
}

/* ---- after a crash ---- */

struct sweep {
	struct db *db;
	char folder[FOLDER_NAME_SIZE];
	int fd;
	int64_t first;
	bool rehearses;
	struct object_strays *found;
};

bool object_parse_name(const char *folder, const char *name, struct digest *hash, int64_t *number)
{
	struct span rest = span_of(name), hex;
	char whole[DIGEST_HEX_SIZE];

	if (!span_cut(&rest, '.', &hex) || hex.len != HEX_IN_NAME || !span_to_int64(rest, number))
		return false;
	snprintf(whole, sizeof whole, "%s%.62s", folder, hex.ptr);
	return digest_from_hex(span_of(whole), hash);
}

static enum err sweep_entry(void *arg, const char *name)
{
	struct sweep *s = arg;
	struct digest hash;
	struct place place;
	struct stat st;
	int64_t number;
	enum err e;

	if (!object_parse_name(s->folder, name, &hash, &number)) {
		log_warning("find foreign file=%s folder=obj/%s", QUOTED(name), s->folder);
		return OK;
	}
	/* One of this run may be on its way to its row. */
	if (number >= s->first)
		return OK;
	e = object_find(s->db, &hash, &place);
	if (e != OK && e != E_NOT_FOUND)
		return e;
	if ((e == OK && place.segment == 0 && place.number == number) ||
	    fstatat(s->fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return OK;
	s->found->count++;
	s->found->bytes += st.st_size;
	if (s->rehearses)
		return OK;
	log_info("remove orphan=%s folder=obj/%s", name, s->folder);
	return unlinkat(s->fd, name, 0) == 0 || errno == ENOENT ? OK : err_from_errno(errno);
}

enum err object_sweep_folder(int obj_fd, unsigned folder, struct db *db, int64_t first, bool rehearses,
			     struct object_strays *out)
{
	struct sweep s = { .db = db, .first = first, .rehearses = rehearses, .found = out };
	enum err e;

	*out = (struct object_strays){ 0, 0 };
	snprintf(s.folder, sizeof s.folder, "%02x", folder & 0xff);
	if ((e = fsio_open_folder(obj_fd, s.folder, &s.fd)) != OK)
		return e;
	e = fsio_list(s.fd, sweep_entry, &s);
	close(s.fd);
	return e;
}

enum err object_sweep(int obj_fd, struct db *db, int64_t first)
{
	struct object_strays found;
	enum err e = OK;

	for (unsigned i = 0; i < FOLDERS && e == OK; i++)
		e = object_sweep_folder(obj_fd, i, db, first, false, &found);
	return e;
}
