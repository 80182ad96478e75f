/* What the store says of itself (store_stats.h). */
#include "server/store/store_stats.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "common/fsio.h"
#include "server/store/readers.h"
#include "server/store/segment.h"
#include "server/store/state.h"

static int64_t file_size(int folder, const char *name)
{
	struct stat st;

	return fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0 ? st.st_size : 0;
}

void store_stats(struct store *s, struct store_stats *out)
{
	*out = (struct store_stats){
		.head = store_head(s),
		.queued = atomic_load(&s->counts.queued),
		.commits = counter_read(&s->counts.commits),
		.changes = counter_read(&s->counts.changes),
		.max_queued = atomic_load(&s->options.max_queued),
		.memory_bytes = (int64_t)atomic_load(&s->memory_used),
		.memory_budget_bytes = (int64_t)atomic_load(&s->options.memory_budget_bytes),
		.wal_bytes = file_size(s->data_fd, "db-wal"),
		.db_bytes = file_size(s->data_fd, "db"),
		.free_bytes = store_space_left(s),
		.is_read_only = store_is_read_only(s),
		.scrub_bytes_per_s = s->sweeper ? atomic_load(&s->options.scrub_bytes_per_s) : 0,
		.scrub_bytes = counter_read(&s->scrubbed.bytes),
		.scrub_damages = counter_read(&s->scrubbed.damages),
		.scrub_ended_s = atomic_load(&s->scrubbed.round_ended_s),
		.scrub_round_bytes = atomic_load(&s->scrubbed.round_bytes),
	};
	histogram_read(&s->counts.took, &out->took);
}

/* ---- sizes ---- */

static enum err ask(struct db *db, const char *sql, int64_t *out, int64_t *out_second)
{
	autorows struct db_rows rows = { NULL, NULL };
	enum err e = db_select_values(db, sql, &rows, NULL, 0);

	if (e != OK || (e = db_next(&rows)) != OK)
		return e;
	*out = db_col_int(&rows, 0);
	*out_second = db_col_int(&rows, 1);
	return OK;
}

struct segments_size {
	int folder;
	int64_t bytes;
};

static enum err add_segment(void *arg, const char *name)
{
	struct segments_size *size = arg;

	size->bytes += file_size(size->folder, name);
	return OK;
}

static enum err count_contents(struct store *s, struct db *db, struct store_sizes *out)
{
	struct segments_size segments = { .folder = s->seg_fd };
	int64_t in_segments;
	int64_t ignored;
	enum err e = ask(db, "SELECT ifnull(sum(size), 0), ifnull(sum(iif(segment > 0, size, 0)), 0) FROM object",
			 &out->stored_bytes, &in_segments);

	if (e != OK || (e = ask(db, "SELECT count(*), 0 FROM object WHERE state = 2", &out->damaged, &ignored)) != OK ||
	    (e = fsio_list(s->seg_fd, add_segment, &segments)) != OK)
		return e;
	/* What is being appended at this moment has no row yet. */
	out->dead_bytes = MAX(segments.bytes - segments_spare(s->segments) - in_segments, 0);
	return OK;
}

/* A deleted file's content is a version; a deleted folder's are in the folder still. */
static enum err count_history(struct db *db, struct store_sizes *out)
{
	int64_t versions, folders, ignored;
	enum err e;

	if ((e = ask(db, "SELECT ifnull(sum(size), 0), count(*) FROM version", &versions, &out->versions)) != OK ||
	    (e = ask(
		 db,
		 "SELECT ifnull(sum(n.bytes), 0), count(*) FROM trash t JOIN node n ON n.ns = t.ns AND n.id = t.node",
		 &folders, &out->trashed)) != OK ||
	    (e = ask(db, "SELECT bytes, 0 FROM node WHERE ns = 1 AND id = 1", &out->live_bytes, &ignored)) != OK)
		return e;
	out->history_bytes = versions + folders;
	return OK;
}

enum err store_sizes(struct store *s, struct store_sizes *out)
{
	autoreader struct reader reader = { NULL, NULL };
	enum err e;

	*out = (struct store_sizes){ .live_bytes = 0 };
	if ((e = reader_take(s->readers, &reader)) != OK || (e = count_history(reader.db, out)) != OK ||
	    (e = count_contents(s, reader.db, out)) != OK ||
	    (e = ask(reader.db, "SELECT count(*), (SELECT count(*) FROM token) FROM user", &out->users,
		     &out->tokens)) != OK)
		return e;
	return OK;
}
