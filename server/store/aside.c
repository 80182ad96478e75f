#include "server/store/aside.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/fsio.h"
#include "common/log.h"
#include "server/store/commit.h"
#include "server/store/content.h"
#include "server/store/ids.h"

#define FOLDER "bad"

enum { NAME_SIZE = DIGEST_HEX_SIZE + 2 * 21, BLOCK_BYTES = 4096 };

bool aside_is_put(const struct place *place)
{
	return !place->segment && !place->number && place->state == OBJECT_BAD;
}

/* E_NOT_FOUND: nothing was ever put there. */
static enum err open_folder(struct store *s, bool makes, int *out)
{
	enum err e = makes ? fsio_make_folder(s->data_fd, FOLDER) : OK;

	if (e == OK && makes)
		e = fsio_sync_folder("aside-folder-sync", s->data_fd);
	return e == OK ? fsio_open_folder(s->data_fd, FOLDER, out) : e;
}

/* ---- putting aside ---- */

/* What can be read of it: a block that cannot is a hole. */
static enum err copy_bytes(int from, const struct place *place, int to)
{
	char block[BLOCK_BYTES];

	for (int64_t at = 0; at < place->size_bytes; at += BLOCK_BYTES) {
		size_t len = (size_t)MIN(place->size_bytes - at, (int64_t)BLOCK_BYTES);
		ssize_t n = pread(from, block, len, place->number + at);
		enum err e;

		if (n <= 0)
			continue;
		if (lseek(to, at, SEEK_SET) < 0)
			return err_from_errno(errno);
		if ((e = fsio_write("aside-write", to, block, (size_t)n)) != OK)
			return e;
	}
	return OK;
}

/* A body out of its segment. */
static enum err copy_out(struct store *s, const struct digest *hash, const struct place *place, int folder,
			 const char *name)
{
	struct handle *handle = NULL;
	autoclose int to = openat(folder, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	enum err e;

	if (to < 0)
		return err_from_errno(errno);
	if ((e = content_open_place(s, hash, place, &handle)) != OK)
		return e;
	if ((e = copy_bytes(handle->fd, place, to)) == OK)
		e = fsio_sync("aside-sync", to);
	handle_unref(handle);
	return e;
}

/* A file of its own gets a second name. */
static enum err link_out(struct store *s, const struct digest *hash, const struct place *place, int folder,
			 const char *name)
{
	char old_name[OBJECT_NAME_SIZE];

	object_name(hash, place->number, old_name);
	if (linkat(s->obj_fd, old_name, folder, name, 0) < 0 && errno != EEXIST)
		return err_from_errno(errno);
	return OK;
}

struct change {
	int64_t id;
	struct place from, to;
	bool done;
};

/* In the committer's transaction: a row that is where it was says where it is. */
static enum err write_place(struct db *db, void *arg)
{
	struct change *c = arg;
	enum err e = db_run(db,
			    "UPDATE object SET segment = ?4, place = ?5, state = ?6 WHERE id = ?1 AND segment = ?2"
			    " AND place = ?3",
			    DB_INT(c->id), DB_INT(c->from.segment), DB_INT(c->from.number), DB_INT(c->to.segment),
			    DB_INT(c->to.number), DB_INT(c->to.state));

	c->done = e == OK && db_changes(db) > 0;
	return e;
}

static enum err put(struct store *s, int64_t id, const struct digest *hash, const struct place *place, bool *out_done)
{
	struct change change = { id, *place, { .state = OBJECT_BAD }, false };
	char name[NAME_SIZE], hex[DIGEST_HEX_SIZE], old_name[OBJECT_NAME_SIZE];
	autoclose int folder = -1;
	enum err e;

	snprintf(name, sizeof name, "%s.%" PRId64 ".%" PRId64, digest_hex(hash, hex), place->segment, place->number);
	if ((e = open_folder(s, true, &folder)) != OK ||
	    (e = (place->segment ? copy_out : link_out)(s, hash, place, folder, name)) != OK ||
	    (e = fsio_sync_folder("aside-folder-sync", folder)) != OK ||
	    (e = commit_call(s, write_place, &change)) != OK)
		return e;
	content_places_changed(s);
	*out_done = change.done;
	object_name(hash, place->number, old_name);
	/* If this fails the old name is a stray, which gc removes. */
	if (!place->segment && change.done && !fsio_fault("aside-unlink") && unlinkat(s->obj_fd, old_name, 0) < 0)
		log_warning("fail unlink name=%s errno=%d", old_name, errno);
	return OK;
}

enum err aside_put(struct store *s, int64_t id, const struct digest *hash, const struct place *place, bool *out_done)
{
	enum err e = OK;

	*out_done = false;
	pthread_mutex_lock(&s->giving_up); /* who copies a snapshot's contents takes them from where it says */
	if (clock_monotonic_ns() >= atomic_load(&s->held_until_ns))
		e = put(s, id, hash, place, out_done);
	pthread_mutex_unlock(&s->giving_up);
	return e;
}

/* ---- looking and bringing back ---- */

struct search {
	struct span prefix; /* 64 hex digits and a dot */
	int folder;
	const struct digest *hash;
	int64_t size_bytes; /* -1: whatever it is */
	char found[NAME_SIZE];
};

static enum err look_at(void *arg, const char *name)
{
	struct search *q = arg;
	struct digest have;
	struct stat st;
	autoclose int fd = -1;

	if (q->found[0] || !span_starts(span_of(name), q->prefix.ptr) || strlen(name) >= sizeof q->found)
		return OK;
	if (q->size_bytes >= 0) {
		fd = openat(q->folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
		if (fd < 0 || fstat(fd, &st) < 0 || st.st_size != q->size_bytes ||
		    content_hash(fd, 0, st.st_size, &have) != OK || !digest_equal(&have, q->hash))
			return OK;
	}
	memcpy(q->found, name, strlen(name) + 1);
	return OK;
}

/* `out_found` "": none. */
static enum err search(int folder, const struct digest *hash, int64_t size_bytes, char out_found[NAME_SIZE])
{
	char hex[DIGEST_HEX_SIZE], prefix[DIGEST_HEX_SIZE + 1];
	struct search q = { .folder = folder, .hash = hash, .size_bytes = size_bytes };
	enum err e;

	snprintf(prefix, sizeof prefix, "%s.", digest_hex(hash, hex));
	q.prefix = span_of(prefix);
	e = fsio_list(folder, look_at, &q);
	memcpy(out_found, q.found, NAME_SIZE);
	return e;
}

enum err aside_look(struct store *s, const struct digest *hash, bool *out_found)
{
	char found[NAME_SIZE] = "";
	autoclose int folder = -1;
	enum err e = open_folder(s, false, &folder);

	if (e == OK)
		e = search(folder, hash, -1, found);
	*out_found = found[0] != '\0';
	return e == E_NOT_FOUND ? OK : e;
}

static void raise_ids(void *arg)
{
	commit_wake(arg);
}

/* A second name, synced, then the row, then the first name goes. */
static enum err bring_back(struct store *s, int64_t id, const struct digest *hash, int folder, const char *found,
			   bool *out_done)
{
	struct change change = { id, { .state = OBJECT_BAD }, { .state = OBJECT_LIVE }, false };
	char name[OBJECT_NAME_SIZE], folder_name[3];
	autoclose int to = -1;
	enum err e = ids_take(s->ids, raise_ids, s->committer, &change.to.number);

	if (e != OK)
		return e;
	object_name(hash, change.to.number, name);
	snprintf(folder_name, sizeof folder_name, "%.2s", name);
	if ((e = fsio_open_folder(s->obj_fd, folder_name, &to)) != OK)
		return e;
	if (linkat(folder, found, s->obj_fd, name, 0) < 0)
		return err_from_errno(errno);
	e = fsio_sync_folder("aside-folder-sync", to);
	if (e == OK && (e = commit_call(s, write_place, &change)) == OK)
		content_places_changed(s);
	*out_done = change.done;
	if (e != E_UNKNOWN)
		(void)unlinkat(change.done ? folder : s->obj_fd, change.done ? found : name, 0);
	return e;
}

enum err aside_bring_back(struct store *s, int64_t id, const struct digest *hash, int64_t size_bytes, bool *out_done)
{
	char found[NAME_SIZE] = "";
	autoclose int folder = -1;
	enum err e = open_folder(s, false, &folder);

	*out_done = false;
	if (e == OK)
		e = search(folder, hash, size_bytes, found);
	if (e != OK || !found[0])
		return e == E_NOT_FOUND ? OK : e;
	return bring_back(s, id, hash, folder, found, out_done);
}

/* ---- what is of no use any more ---- */

struct sweep {
	struct db *db;
	int folder;
	bool rehearses;
	struct object_strays *found;
};

static enum err sweep_entry(void *arg, const char *name)
{
	struct sweep *w = arg;
	struct digest hash;
	struct place place;
	struct stat st;
	enum err e;

	if (strlen(name) < DIGEST_HEX_SIZE || !digest_from_hex((struct span){ name, DIGEST_HEX_SIZE - 1 }, &hash))
		return OK; /* none of ours */
	e = object_find(w->db, &hash, &place);
	if ((e != OK && e != E_NOT_FOUND) || (e == OK && place.state == OBJECT_BAD))
		return e;
	if (fstatat(w->folder, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return OK;
	w->found->count++;
	w->found->bytes += st.st_size;
	if (w->rehearses)
		return OK;
	log_info("remove damaged=%s", QUOTED(name));
	return unlinkat(w->folder, name, 0) == 0 || errno == ENOENT ? OK : err_from_errno(errno);
}

enum err aside_sweep(struct store *s, struct db *db, bool rehearses, struct object_strays *out)
{
	autoclose int folder = -1;
	struct sweep w = { .db = db, .rehearses = rehearses, .found = out };
	enum err e = open_folder(s, false, &folder);

	*out = (struct object_strays){ 0, 0 };
	w.folder = folder;
	if (e == OK)
		e = fsio_list(folder, sweep_entry, &w);
	return e == E_NOT_FOUND ? OK : e;
}
