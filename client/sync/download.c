/*
 * What one item of the plan fetches: into a temporary of .sync/tmp, checked against the digest that was planned with, synced on another
 * thread, and only then put in its place.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/partial.h"
#include "client/sync/apply_priv.h"
#include "client/sync/linktext.h"
#include "client/sync/treepath.h"
#include "common/clock.h"
#include "common/fsio.h"

struct download {
	unsigned magic;
	struct apply *a;
	size_t index;
	struct partial part;
	enum err write_error, sync_error;
	mode_t mode;              /* of what is replaced; 0: nothing */
	struct remote_row remote; /* what arrived */
	struct http_request req;
};

enum { DOWNLOAD_MAGIC = 0x646f776e };

static const struct plan_item *item_of(const struct download *d)
{
	return &d->a->work->items[d->index];
}

static const struct work_detail *detail_of(const struct download *d)
{
	return &d->a->work->details[d->index];
}

static struct download *download_of(void *arg)
{
	struct download *d = arg;

	assert(d->magic == DOWNLOAD_MAGIC);
	return d;
}

static void download_free(struct download *d)
{
	http_request_clear(&d->req);
	partial_remove(&d->part);
	free(d);
}

static void skip(struct download *d)
{
	apply_skip(d->a, d->index);
	download_free(d);
}

static void fail(struct download *d, enum err e, const char *why)
{
	apply_fail(d->a, d->index, e, why);
	download_free(d);
}

/* ---- in its place ---- */

/* Of a foreign server's file the content is known only now: it may be the one that is here. */
static bool is_here_already(const struct download *d)
{
	const struct plan_item *x = item_of(d);

	return d->a->config->foreign && x->local.kind == PLAN_FILE && plan_value_equal(&x->local, &x->base) &&
	       digest_equal(&d->remote.digest, &x->local.digest);
}

static void place_it(void *arg)
{
	struct download *d = download_of(arg);
	const struct plan_item *x = item_of(d);
	const struct work_detail *detail = detail_of(d);
	struct base_row row = { .remote = d->remote, .taken_ns = clock_now_ns() };
	const struct local_id *expected = NULL;
	enum err e = d->sync_error;

	if (x->local.kind == PLAN_FILE)
		expected = detail->local ? &detail->local->id : &detail->base->local;
	if (e == OK && is_here_already(d))
		row = (struct base_row){ d->remote, *expected, detail->base->taken_ns, false };
	else if (e == OK)
		e = place_file(&d->a->config->place, d->part.name, x->path, expected, &row.local);
	if (e == E_PRECONDITION) {
		skip(d);
		return;
	}
	if (e != OK) {
		partial_clear(&d->part); /* by now the name may be that of what was replaced: it stays */
		fail(d, e, err_words(e));
		return;
	}
	if (d->a->config->foreign)
		row.remote.mtime_s = 0;
	if (is_here_already(d))
		partial_remove(&d->part);
	if ((e = base_agree(d->a->config->base, x->path, &row)) != OK)
		apply_base_failed(d->a, e);
	else if (is_here_already(d))
		d->a->result->done++; /* nothing to tell of */
	else
		apply_done(d->a, d->index,
			   &(struct apply_end){ .bytes = d->part.written_bytes,
						.digest = d->remote.digest,
						.is_new = x->local.kind == PLAN_ABSENT });
	partial_clear(&d->part); /* its name is gone, or was given to what went to the trash */
	download_free(d);
}

static void sync_it(void *arg) /* on another thread */
{
	struct download *d = download_of(arg);

	d->sync_error = fsio_sync("sync-download", d->part.fd);
}

/* Where links are synced, what arrived may stand for one: then that takes the temporary's name.  E_NOT_FOUND: it is a file. */
static enum err turn_into_link(struct download *d)
{
	struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_sec = (time_t)d->remote.mtime_s } };
	struct partial *p = &d->part;
	autofree char *target = d->a->config->scan.with_links ? linktext_target(p->fd, p->written_bytes) : NULL;

	if (!target)
		return E_NOT_FOUND;
	if (unlinkat(p->folder, p->name, 0) != 0)
		return err_from_errno(errno);
	if (symlinkat(target, p->folder, p->name) != 0)
		return errno == ENAMETOOLONG ? E_TOO_LARGE : err_from_errno(errno);
	if (d->remote.mtime_s > 0 && utimensat(p->folder, p->name, times, AT_SYMLINK_NOFOLLOW) != 0)
		return err_from_errno(errno);
	return OK;
}

static bool is_unsupported(int number)
{
	return number == EPERM || number == ENOSYS || number == EOPNOTSUPP;
}

static enum err dress(struct download *d)
{
	const struct remote_row *r = &d->remote;
	mode_t mode = d->mode ? d->mode : 0666 & ~d->a->config->umask;
	struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_sec = (time_t)r->mtime_s } };

	/* A bit that was changed here alone stays, and is told to the server by the next round. */
	if (!d->mode || detail_of(d)->base->remote.is_executable == ((mode & S_IXUSR) != 0))
		mode = r->is_executable ? mode | (mode & 0444) >> 2 : mode & ~(mode_t)0111;
	/* Where there are no modes, or no times can be set, it is what it is. */
	if (fchmod(d->part.fd, mode & 0777) != 0 && !is_unsupported(errno))
		return err_from_errno(errno);
	if (r->mtime_s > 0 && futimens(d->part.fd, times) != 0 && !is_unsupported(errno))
		return err_from_errno(errno);
	return OK;
}

/* ---- on its way ---- */

static enum err take_bytes(struct http_request *req, const void *bytes, size_t len)
{
	struct download *d = download_of(req->arg);

	if (req->answer.status != 200)
		return E_BAD_REQUEST;
	d->write_error = partial_write(&d->part, bytes, len);
	return d->write_error;
}

static bool start_over(struct http_request *req)
{
	return partial_restart(&download_of(req->arg)->part) == OK;
}

static void fetched(struct http_request *req)
{
	struct download *d = download_of(req->arg);
	const struct answer *a = &req->answer;
	struct note why = { "" };
	struct digest digest = hasher_finish(d->part.hasher);
	enum err e = http_status_err(a, &why);

	if (d->write_error != OK) {
		fail(d, d->write_error, d->write_error == E_NO_SPACE ? "no room here" : "it cannot be written here");
	} else if (e == E_PRECONDITION || e == E_NOT_FOUND) {
		skip(d); /* changed there meanwhile */
	} else if (e != OK || a->status != 200) {
		fail(d, e == OK ? E_BAD_REQUEST : e, e == OK ? "no definite answer to GET" : why.text);
	} else if (d->a->config->foreign &&
		   !foreign_take(d->a, d->index, a, d->part.written_bytes, &digest, &d->remote)) {
		skip(d); /* another version by now, or something else in its place */
	} else if (!digest_equal(&digest, &d->remote.digest)) {
		fail(d, E_BAD_REQUEST, "what arrived is not what the server's ETag says");
	} else if ((e = turn_into_link(d)) == E_TOO_LARGE) {
		fail(d, E_IO, "held: it is a link, with a target too long for this file system");
	} else if (e != OK && e != E_NOT_FOUND) {
		fail(d, e, "the link cannot be made here");
	} else if (e == E_NOT_FOUND && (e = dress(d)) != OK) {
		fail(d, e, "its time or mode cannot be set here");
	} else {
		http_background(d->a->config->http, sync_it, place_it, d);
	}
}

/* Something is there though the scan told of nothing: it is new, or it is nothing that is synced. */
static void blocked(struct download *d)
{
	if (S_ISREG(d->mode) || (S_ISLNK(d->mode) && d->a->config->scan.with_links))
		skip(d);
	else if (S_ISDIR(d->mode) && !scan_is_residue(&d->a->config->scan, item_of(d)->path))
		skip(d);
	else if (S_ISDIR(d->mode))
		fail(d, E_IO, "a folder here is in its way, with ignored files in it");
	else
		fail(d, E_IO, "a symbolic link or a special file here is in its way");
}

void download_start(struct apply *a, size_t index)
{
	struct download *d = xcalloc(1, sizeof *d);
	const struct plan_item *x = &a->work->items[index];
	struct local_id id;
	char tag[DIGEST_ETAG_SIZE];
	enum err e;

	*d = (struct download){
		.magic = DOWNLOAD_MAGIC, .a = a, .index = index, .remote = *a->work->details[index].remote
	};
	partial_init(&d->part);
	http_request_init(&d->req, "GET", apply_target(a, x->path, false));
	if (!a->config->foreign)
		http_request_set(&d->req, "If-Match", "%s", digest_etag(&x->remote.digest, tag));
	d->req.body = take_bytes;
	d->req.again = start_over;
	d->req.done = fetched;
	d->req.arg = d;
	if (x->local.kind == PLAN_ABSENT && place_look(&a->config->place, x->path, &id, &d->mode) == OK) {
		blocked(d);
		return;
	}
	if (x->local.kind == PLAN_FILE && place_look(&a->config->place, x->path, &id, &d->mode) != OK) {
		skip(d);
		return;
	}
	if (S_ISLNK(d->mode)) /* it has none that a file could keep */
		d->mode = 0;
	if ((e = partial_create(&d->part, a->config->place.temp)) != OK)
		fail(d, e, "no temporary can be made in .sync/tmp");
	else
		http_start(a->config->http, &d->req);
}
