/*
 * Opening contents for reading: digest, row, place, handle.  The caller never learns a place: what it holds stays
 * readable whatever is deleted, compacted or overwritten meanwhile.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/fsio.h"
#include "common/log.h"
#include "server/store/cache.h"
#include "server/store/content.h"
#include "server/store/proved.h"
#include "server/store/readers.h"
#include "server/store/state.h"
#include "server/store/store_proof.h"

#define PROVE_MOST  (INT64_C(64) << 20)
#define PLACES_STEP (INT64_C(1) << 44) /* more than there are numbers */

static struct span key_of(const struct digest *d)
{
	return (struct span){ (const char *)d->bytes, DIGEST_SIZE };
}

/* Places change with numbers, by uploads that heal, and without, by those who look after the store. */
static int64_t places_version(struct store *s)
{
	return store_head(s) + atomic_load(&s->places_changed) * PLACES_STEP;
}

void content_places_changed(struct store *s)
{
	atomic_fetch_add(&s->places_changed, 1);
}

static enum err find_place(struct store *s, const struct digest *hash, bool ask_again, struct place *out)
{
	autoreader struct reader reader = { NULL, NULL };
	int64_t version = places_version(s);
	enum err e;

	if (!ask_again && cache_get(s->places, key_of(hash), version, out))
		return OK;
	if ((e = reader_take(s->readers, &reader)) != OK || (e = object_find(reader.db, hash, out)) != OK)
		return e;
	cache_put(s->places, key_of(hash), version, out);
	return OK;
}

enum err content_open_place(struct store *s, const struct digest *hash, const struct place *place, struct handle **out)
{
	char name[OBJECT_NAME_SIZE];
	int fault = fsio_fault("content-open"), fd;

	if (fault)
		return err_from_errno(fault);
	if (place->segment)
		return segments_open(s->segments, place->segment, out);
	object_name(hash, place->number, name);
	fd = openat(s->obj_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return err_from_errno(errno);
	*out = handle_new(fd, 0);
	(*out)->number = place->number;
	return OK;
}

/* Does the file reach as far as the row says? */
static bool is_whole(struct handle *h, int64_t end)
{
	struct stat st;

	if (atomic_load(&h->size_bytes) >= end)
		return true;
	if (fstat(h->fd, &st) < 0)
		return false;
	atomic_store(&h->size_bytes, st.st_size);
	return st.st_size >= end;
}

static enum err damaged(const struct digest *hash, const char *how)
{
	char hex[DIGEST_HEX_SIZE];

	log_error("find damage digest=%s how=%s", digest_hex(hash, hex), QUOTED(how));
	return E_CORRUPT;
}

/*
 * The place as the row has it, and its file.  Not there: compaction or the collection of garbage was faster than we; only a second
 * miss is damage.  What is given up is first forgotten, then emptied if nobody has its file open (gc.h): so who has opened it looks
 * whether what he knew still holds.
 */
static enum err open_now(struct store *s, const struct digest *hash, struct place *out_place, struct handle **out)
{
	int misses = 0;

	for (bool ask_again = false;; ask_again = true) {
		int64_t changed = atomic_load(&s->places_changed);
		enum err e = find_place(s, hash, ask_again, out_place);

		if (e == OK)
			e = content_open_place(s, hash, out_place, out);
		if (e == OK && atomic_load(&s->places_changed) == changed)
			return OK;
		if (e == OK)
			handle_unref(TAKE(*out));
		else if (e != E_NOT_FOUND || (atomic_load(&s->places_changed) == changed && ++misses == 2))
			return e;
	}
}

/* Damage, if something still has that content; else it went since the node was looked up, with the last that had it. */
static enum err missing(struct store *s, const struct store_node *node, const struct place *place)
{
	autoreader struct reader reader = { NULL, NULL };
	autorows struct db_rows rows = { NULL, NULL };
	enum err e = reader_take(s->readers, &reader);

	if (e == OK)
		e = db_select(reader.db,
			      "SELECT 1 FROM node WHERE ns = 1 AND id = ?1 AND hash = ?2 UNION ALL"
			      " SELECT 1 FROM version WHERE ns = 1 AND node = ?1 AND hash = ?2",
			      &rows, DB_INT(node->id), DB_DIGEST(&node->digest));
	if (e == OK)
		e = db_next(&rows);
	if (e != OK)
		return e == E_NOT_FOUND ? E_BUSY : e;
	if (place->state != OBJECT_BAD)
		content_mark_later(s, &node->digest, place);
	return damaged(&node->digest, "missing");
}

bool store_content_is_proved(struct store *s, const struct store_node *node)
{
	return node->size_bytes > PROVE_MOST || proved_has(s->proved, &node->digest);
}

/* Before it is served for the first time (proved.h). */
static enum err prove(struct store *s, const struct store_node *node, const struct place *place,
		      struct store_content *io)
{
	struct digest have;
	enum err e;

	e = content_hash(io->fd, io->offset, io->size_bytes, &have);
	if (e == OK && digest_equal(&have, &node->digest)) {
		proved_add(s->proved, &node->digest);
		return OK;
	}
	store_content_close(io);
	content_mark_later(s, &node->digest, place);
	return damaged(&node->digest, e == OK ? "its bytes do not fit" : "cannot be read");
}

/* As its row has it, whole as far as its length tells. */
static enum err open_content(struct store *s, const struct store_node *node, struct place *out_place,
			     struct store_content *out)
{
	struct handle *handle = NULL;
	struct place place = { .state = OBJECT_BAD };
	enum err e;

	*out = (struct store_content){ .fd = -1 };
	e = open_now(s, &node->digest, &place, &handle);
	if (e != OK)
		return e == E_NOT_FOUND ? missing(s, node, &place) : e;
	out->fd = handle->fd;
	out->handle = handle;
	out->size_bytes = place.size_bytes;
	out->offset = place.segment ? place.number : 0;
	if (place.state == OBJECT_BAD || place.size_bytes != node->size_bytes ||
	    !is_whole(handle, out->offset + out->size_bytes)) {
		store_content_close(out);
		if (place.state != OBJECT_BAD)
			content_mark_later(s, &node->digest, &place);
		return damaged(&node->digest, place.state == OBJECT_BAD ? "marked bad" : "cut short");
	}
	*out_place = place;
	return OK;
}

enum err store_content_open(struct store *s, const struct store_node *node, struct store_content *out)
{
	struct place place;
	enum err e = open_content(s, node, &place, out);

	return e == OK && !proved_has(s->proved, &node->digest) ? prove(s, node, &place, out) : e;
}

enum err store_content_open_early(struct store *s, const struct store_node *node, struct store_content *out,
				  bool *out_is_proved)
{
	struct place place;
	enum err e = open_content(s, node, &place, out);

	*out_is_proved = proved_has(s->proved, &node->digest);
	if (e != OK || *out_is_proved || node->size_bytes > PROVE_MOST)
		return e;
	*out_is_proved = true;
	return prove(s, node, &place, out);
}

void store_content_close(struct store_content *c)
{
	handle_unref(c->handle);
	*c = (struct store_content){ .fd = -1 };
}
