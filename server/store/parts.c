/*
 * DATA/parts/ holds a folder for each set, and that a file for each part, named by its number.  A folder's name is made of hashes, so
 * that nothing a client chose reaches the file system: its first half is the user's, to count and to expire by.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/fsio.h"
#include "common/log.h"
#include "server/store/parts.h"
#include "server/store/state.h"
#include "server/store/store_parts.h"
#include "server/store/upload.h"

enum { HALF = 32, SET_NAME_SIZE = 2 * HALF + 1, PART_NAME_SIZE = 20 + 1, RUN_BYTES = 256 << 10, EXPIRY_S = 86400 };

static const char PARTS[] = "parts";

static void set_name(const struct store_parts_id *id, char out[SET_NAME_SIZE])
{
	char hex[DIGEST_HEX_SIZE];
	struct digest user = digest_of(id->user, strlen(id->user)), name = digest_of(id->name.ptr, id->name.len);

	digest_hex(&user, hex);
	memcpy(out, hex, HALF);
	digest_hex(&name, hex);
	memcpy(out + HALF, hex, HALF);
	out[2 * HALF] = '\0';
}

static void part_name(int64_t number, char out[PART_NAME_SIZE])
{
	snprintf(out, PART_NAME_SIZE, "%020" PRId64, number);
}

static enum err open_parts(struct store *s, int *out)
{
	enum err e = fsio_make_folder(s->data_fd, PARTS);

	return e == OK ? fsio_open_folder(s->data_fd, PARTS, out) : e;
}

/* The set's folder; `parts` is the caller's to close, as is `out`. */
static enum err open_set(struct store *s, const struct store_parts_id *id, int *out_parts, int *out)
{
	char name[SET_NAME_SIZE];
	enum err e = open_parts(s, out_parts);

	if (e != OK)
		return e;
	set_name(id, name);
	return fsio_open_folder(*out_parts, name, out);
}

/* ---- removing ---- */

static enum err unlink_entry(void *arg, const char *name)
{
	const int *set = arg;

	return unlinkat(*set, name, 0) == 0 || errno == ENOENT ? OK : err_from_errno(errno);
}

static enum err remove_set(int parts, const char *name)
{
	autoclose int set = -1;
	enum err e = fsio_open_folder(parts, name, &set);

	if (e != OK || (e = fsio_list(set, unlink_entry, &set)) != OK)
		return e;
	return unlinkat(parts, name, AT_REMOVEDIR) == 0 || errno == ENOENT ? OK : err_from_errno(errno);
}

struct sweep {
	int parts;
	bool only_counts;
	struct object_strays expired;
	const char *user; /* the first half of his sets' names */
	unsigned sets;    /* that he has, after the sweep */
	int64_t now_s;
};

struct sum {
	int set;
	int64_t bytes;
};

static enum err add_size(void *arg, const char *name)
{
	struct sum *sum = arg;
	struct stat st;

	if (fstatat(sum->set, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		sum->bytes += st.st_size;
	return OK;
}

/* E_NOT_FOUND, somebody else removed it, is fine. */
static enum err expire_set(struct sweep *w, const char *name)
{
	autoclose int set = -1;
	struct sum sum = { .bytes = 0 };
	enum err e = fsio_open_folder(w->parts, name, &set);

	sum.set = set;
	if (e == OK)
		e = fsio_list(set, add_size, &sum);
	if (e == OK && !w->only_counts) {
		log_info("expire parts=%s", name);
		e = remove_set(w->parts, name);
	}
	if (e != OK)
		return e == E_NOT_FOUND ? OK : e;
	w->expired.count++;
	w->expired.bytes += sum.bytes;
	return OK;
}

/* Keeping a part changes its folder's time, so that is when the set was last touched. */
static enum err sweep_set(void *arg, const char *name)
{
	struct sweep *w = arg;
	struct stat st;

	if (fstatat(w->parts, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISDIR(st.st_mode))
		return OK;
	if (w->now_s - st.st_mtime > EXPIRY_S)
		return expire_set(w, name);
	if (w->user && strncmp(name, w->user, HALF) == 0)
		w->sets++;
	return OK;
}

enum err parts_sweep(struct store *s, bool only_counts, struct object_strays *out)
{
	autoclose int parts = -1;
	struct sweep w = { .only_counts = only_counts, .now_s = clock_now_s() };
	enum err e = fsio_open_folder(s->data_fd, PARTS, &parts);

	w.parts = parts;
	if (e == OK)
		e = fsio_list(parts, sweep_set, &w);
	*out = w.expired;
	return e == E_NOT_FOUND ? OK : e; /* nobody ever uploaded in parts */
}

/* ---- a set ---- */

enum err store_parts_make(struct store *s, const struct store_parts_id *id)
{
	autoclose int parts = -1;
	char name[SET_NAME_SIZE];
	struct sweep sweep = { .user = name, .now_s = clock_now_s() };
	enum err e;

	set_name(id, name);
	if ((e = store_check_space(s, 0)) != OK || (e = open_parts(s, &parts)) != OK)
		return e;
	sweep.parts = parts;
	if ((e = fsio_list(parts, sweep_set, &sweep)) != OK)
		return e;
	if (sweep.sets >= STORE_PART_SETS_LIMIT)
		return E_BUSY;
	if (mkdirat(parts, name, 0700) < 0)
		return errno == EEXIST ? E_METHOD : err_from_errno(errno);
	if ((e = fsio_sync_folder("parts-folder-sync", parts)) != OK)
		return e;
	return fsio_sync_folder("parts-folder-sync", s->data_fd);
}

enum err store_parts_check(struct store *s, const struct store_parts_id *id)
{
	autoclose int parts = -1, set = -1;

	return open_set(s, id, &parts, &set);
}

static enum err count_entry(void *arg, const char *name not_used)
{
	++*(int64_t *)arg;
	return OK;
}

static enum err check_count(int set)
{
	int64_t count = 0;
	enum err e = fsio_list(set, count_entry, &count);

	return e == OK && count >= STORE_PARTS_LIMIT ? E_TOO_LARGE : e;
}

enum err store_parts_keep(struct store *s, const struct store_parts_id *id, int64_t number, struct upload *upload,
			  bool *out_is_new)
{
	autoclose int parts = -1, set = -1;
	char name[PART_NAME_SIZE];
	struct stat st;
	enum err e = open_set(s, id, &parts, &set);

	part_name(number, name);
	if (e == OK) {
		*out_is_new = fstatat(set, name, &st, AT_SYMLINK_NOFOLLOW) < 0;
		e = *out_is_new ? check_count(set) : OK;
	}
	if (e == OK)
		e = upload_move(upload, set, name);
	upload_free(upload);
	return e;
}

struct listing {
	int set;
	struct store_part *parts;
	size_t count, room;
};

static enum err list_entry(void *arg, const char *name)
{
	struct listing *l = arg;
	struct stat st;
	int64_t number;

	if (!span_to_int64(span_of(name), &number) || fstatat(l->set, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return OK; /* what a crash left of one that was being written */
	if (l->count == l->room) {
		l->room = MAX(2 * l->room, (size_t)16);
		l->parts = xrealloc(l->parts, l->room * sizeof *l->parts);
	}
	l->parts[l->count++] = (struct store_part){ number, st.st_size, st.st_mtime };
	return OK;
}

static int by_number(const void *a, const void *b)
{
	const struct store_part *x = a, *y = b;

	return (x->number > y->number) - (x->number < y->number);
}

static enum err list_set(int set, struct store_part **out, size_t *out_count)
{
	struct listing l = { .set = set };
	enum err e = fsio_list(set, list_entry, &l);

	if (e != OK) {
		free(l.parts);
		return e;
	}
	if (l.count)
		qsort(l.parts, l.count, sizeof *l.parts, by_number);
	*out = l.parts;
	*out_count = l.count;
	return OK;
}

enum err store_parts_list(struct store *s, const struct store_parts_id *id, struct store_part **out, size_t *out_count)
{
	autoclose int parts = -1, set = -1;
	enum err e = open_set(s, id, &parts, &set);

	return e == OK ? list_set(set, out, out_count) : e;
}

static enum err read_part(int set, const struct store_part *part, store_parts_fn *fn, void *arg)
{
	autofree char *run = xmalloc(RUN_BYTES);
	char name[PART_NAME_SIZE];
	autoclose int fd = -1;
	enum err e = OK;

	part_name(part->number, name);
	if ((fd = openat(set, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)) < 0)
		return err_from_errno(errno);
	for (int64_t at = 0; at < part->size_bytes && e == OK; at += RUN_BYTES) {
		size_t len = (size_t)MIN(part->size_bytes - at, (int64_t)RUN_BYTES);

		if ((e = fsio_read_at(fd, run, len, at)) == OK)
			e = fn(arg, run, len);
	}
	return e;
}

enum err store_parts_read(struct store *s, const struct store_parts_id *id, store_parts_fn *fn, void *arg)
{
	autoclose int parts = -1, set = -1;
	autofree struct store_part *list = NULL;
	size_t count = 0;
	enum err e = open_set(s, id, &parts, &set);

	if (e == OK)
		e = list_set(set, &list, &count);
	for (size_t i = 0; i < count && e == OK; i++)
		e = read_part(set, &list[i], fn, arg);
	return e;
}

enum err store_parts_drop(struct store *s, const struct store_parts_id *id, int64_t number)
{
	autoclose int parts = -1, set = -1;
	char name[PART_NAME_SIZE];
	enum err e = open_set(s, id, &parts, &set);

	part_name(number, name);
	if (e != OK)
		return e;
	return unlinkat(set, name, 0) == 0 ? OK : err_from_errno(errno);
}

enum err store_parts_remove(struct store *s, const struct store_parts_id *id)
{
	autoclose int parts = -1;
	char name[SET_NAME_SIZE];
	enum err e = open_parts(s, &parts);

	set_name(id, name);
	return e == OK ? remove_set(parts, name) : e;
}
