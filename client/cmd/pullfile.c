/*
 * pull of one file: begin (what is here?) -> GET with conditions -> head (go on, or why not) -> body into a temporary
 * beside the target -> fetched (checked, synced, renamed over exactly the version that was looked at).
 */
#include "client/cmd/pullfile.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/decide.h"
#include "client/here.h"
#include "client/hint.h"
#include "client/partial.h"
#include "common/clock.h"
#include "common/etag.h"
#include "common/fsio.h"

/* Content of unknown length from a server without digests ends somewhere. */
#define UNANNOUNCED_LIMIT_BYTES (INT64_C(4) << 30)

struct pullfile {
	unsigned magic;
	struct session *s;
	char *path, *folder, *name, *shown, *key;
	int root, folder_fd;
	bool is_tree, has_listed, is_resumed;
	struct digest listed, fetched;
	struct here here;
	mode_t mode_if_new;
	enum pull_verdict verdict;
	struct note why;
	enum err why_err;
	char *etag;             /* strong, of what is being written */
	int64_t expected_bytes; /* -1: not announced */
	struct partial temp;
	struct http_request req;
};

enum { PULLFILE_MAGIC = 0x70756c6c };

static void pullfile_free(struct pullfile *p)
{
	http_request_clear(&p->req);
	partial_clear(&p->temp);
	here_clear(&p->here);
	if (p->folder_fd >= 0)
		close(p->folder_fd);
	free(p->path);
	free(p->folder);
	free(p->name);
	free(p->shown);
	free(p->key);
	free(p->etag);
	free(p);
}

static void end(struct pullfile *p, enum result_word word, enum err e, const char *why)
{
	const char *etag = p->req.answer.fields[ANSWER_ETAG];
	char room[300], hex[DIGEST_HEX_SIZE];
	struct result r = {
		.name = p->shown,
		.path = p->path,
		.local = p->shown,
		.word = word,
		.err = e,
		.status = p->req.answer.status,
		.bytes = word == RESULT_FETCHED ? p->temp.written_bytes : -1,
		.error = e == OK ? NULL : why,
	};

	if (word == RESULT_FETCHED || word == RESULT_CONFLICT || output_is_json(p->s->out))
		r.etag = decide_bare_tag(etag, room, sizeof room);
	if (r.etag.len == 0 && word == RESULT_UP_TO_DATE && p->has_listed && output_is_json(p->s->out))
		r.etag = span_of(digest_hex(&p->listed, hex));
	if (word == RESULT_FETCHED && p->s->cli->dry_run)
		r.bytes = p->expected_bytes;
	if (e != E_INTERRUPTED)
		output_result(p->s->out, &r);
	if (e == E_PRECONDITION)
		hint_pull_conflict(p->s, p->shown, p->path, etag);
	else if (e != OK)
		hint_error(p->s, e, p->path);
	pullfile_free(p);
}

/* ---- begin: what is here ---- */

static enum err open_folder(struct pullfile *p, bool make, struct note *why)
{
	enum err e = OK;

	if (p->folder_fd >= 0)
		return OK;
	if (p->is_tree && p->root < 0) {
		e = E_NOT_FOUND; /* a dry run, and nothing of the tree is here */
	} else if (p->is_tree) {
		e = local_folder_below(p->root, p->folder, make, &p->folder_fd, why);
	} else {
		if (make)
			local_make_folders(p->folder);
		p->folder_fd = open(*p->folder ? p->folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (p->folder_fd < 0)
			e = note_set(why, errno == ENOENT ? E_NOT_FOUND : E_IO, "%s: %s", p->folder, strerror(errno));
	}
	if (e == OK)
		p->key = local_absolute(p->folder_fd, p->name);
	return e;
}

static enum err look_here(struct pullfile *p, struct note *why)
{
	enum err e = open_folder(p, false, why);

	if (e == E_NOT_FOUND)
		return OK;
	return e == OK ? here_look(p->s, p->path, p->key, p->folder_fd, p->name, &p->here, why) : e;
}

/* Both sides agree: the state learns it. */
static void remember(struct pullfile *p, const char *etag, const char *modified, const struct digest *digest)
{
	struct seen seen = {
		.etag = (char *)(etag ? etag : ""),
		.modified = (char *)(modified ? modified : ""),
		.has_digest = true,
		.digest = *digest,
		.size_bytes = p->here.id.size_bytes,
		.has_id = true,
		.id = p->here.id,
		.taken_ns = p->here.taken_ns,
	};

	session_remember(p->s, p->path, p->key, &seen);
}

/* ---- the request ---- */

static void set_range(struct pullfile *p)
{
	http_request_unset(&p->req, "Range");
	http_request_unset(&p->req, "If-Range");
	p->is_resumed = p->etag && p->temp.fd >= 0 && p->temp.written_bytes > 0;
	if (!p->is_resumed)
		return;
	http_request_set(&p->req, "Range", "bytes=%lld-", (long long)p->temp.written_bytes);
	http_request_set(&p->req, "If-Range", "%s", p->etag);
}

/* Goes on with what an earlier pull left, if that is still there. */
static void find_partial(struct pullfile *p)
{
	autofree char *name = NULL, *etag = NULL;

	if (!p->key || !p->s->state ||
	    state_partial_get(p->s->state, p->s->remote.url, p->path, p->key, &name, &etag) != OK)
		return;
	if (partial_reopen(&p->temp, p->folder_fd, name) == OK) {
		free(p->etag);
		p->etag = TAKE(etag);
	} else {
		partial_clear(&p->temp);
	}
}

static void set_conditions(struct pullfile *p)
{
	char tag[DIGEST_ETAG_SIZE];
	bool has_seen_tag =
	    p->here.has_seen && p->here.seen.etag[0] && !(p->here.state == HERE_CHANGED && p->s->cli->force);

	if (p->here.state == HERE_NOTHING)
		return;
	digest_etag(&p->here.digest, tag);
	if (p->here.state == HERE_UNSEEN || !has_seen_tag)
		http_request_set(&p->req, "If-None-Match", "%s", tag);
	else if (strcmp(p->here.seen.etag, tag) == 0)
		http_request_set(&p->req, "If-None-Match", "%s", tag);
	else
		http_request_set(&p->req, "If-None-Match", "%s, %s", p->here.seen.etag, tag);
}

/* ---- head: shall the body come? ---- */

static enum err stop(struct pullfile *p, enum err e, const char *fmt, ...) printf_like(3, 4);
static enum err stop(struct pullfile *p, enum err e, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(p->why.text, sizeof p->why.text, fmt, args);
	va_end(args);
	p->verdict = PULL_FAILED;
	p->why_err = e;
	return E_PRECONDITION; /* ends the exchange; `verdict` says what it means */
}

static bool is_folder_answer(const struct answer *a)
{
	struct span place = answer_field(a, ANSWER_CONTENT_LOCATION);

	return a->is_folder || (place.len && place.ptr[place.len - 1] == '/');
}

/* A login page or the like in place of a file: static content always has a tag or a date. */
static bool is_page(const struct answer *a)
{
	return span_starts(answer_field(a, ANSWER_CONTENT_TYPE), "text/html") && !a->fields[ANSWER_ETAG] &&
	       !a->fields[ANSWER_LAST_MODIFIED];
}

/* The temporary is ready for the bytes that follow this head. */
static enum err prepare_temp(struct pullfile *p)
{
	const struct answer *a = &p->req.answer;
	int64_t first, total;
	struct note why;
	struct etag tag;
	enum err e;

	if (a->status == 206) {
		if (!p->is_resumed || !answer_content_range(a, &first, &total) || first != p->temp.written_bytes ||
		    strcmp(a->fields[ANSWER_ETAG] ? a->fields[ANSWER_ETAG] : "", p->etag) != 0)
			return stop(p, E_BAD_REQUEST, "the server sent another part than was asked for");
		p->expected_bytes = total;
		return OK;
	}
	p->expected_bytes = answer_length(a);
	free(TAKE(p->etag));
	if (etag_parse(answer_field(a, ANSWER_ETAG), &tag) && !tag.is_weak)
		p->etag = xstrdup(a->fields[ANSWER_ETAG]);
	if (p->temp.fd >= 0)
		return partial_restart(&p->temp);
	if ((e = open_folder(p, true, &why)) != OK)
		return stop(p, E_IO, "%s", why.text);
	if ((e = partial_create(&p->temp, p->folder_fd)) != OK)
		return stop(p, E_IO, "no temporary could be made beside it: %s", err_words(e));
	if (p->etag && p->s->state &&
	    state_partial_put(p->s->state, p->s->remote.url, p->path, p->key, p->temp.name, p->etag) != OK)
		free(TAKE(p->etag)); /* it could not be found again: not to be resumed */
	return OK;
}

static enum err head(struct http_request *req)
{
	struct pullfile *p = req->arg;
	const struct answer *a = &req->answer;

	assert(p->magic == PULLFILE_MAGIC);
	if (is_folder_answer(a))
		return stop(p, E_BAD_REQUEST, "a folder; to fetch it with everything below, use -R");
	if (is_page(a))
		return stop(p, E_BAD_REQUEST, "a page came instead of the file (200, text/html)");
	p->verdict = decide_pull(&p->here, a, p->s->cli->force);
	if (p->verdict == PULL_KEEP || p->verdict == PULL_CONFLICT)
		return E_PRECONDITION;
	if (p->s->cli->dry_run) {
		p->expected_bytes = answer_length(a);
		return OK;
	}
	progress_expect(output_progress(p->s->out), answer_length(a));
	return prepare_temp(p);
}

static enum err body(struct http_request *req, const void *bytes, size_t len)
{
	struct pullfile *p = req->arg;
	int64_t after = p->temp.written_bytes + (int64_t)len;
	enum err e;

	if (p->s->cli->dry_run)
		return OK;
	if (after > (p->expected_bytes >= 0 ? p->expected_bytes : UNANNOUNCED_LIMIT_BYTES))
		return stop(p, E_BAD_REQUEST, "more came than was announced, or than there can be");
	if ((e = partial_write(&p->temp, bytes, len)) != OK)
		return stop(p, E_IO, "it cannot be written here: %s", err_words(e));
	return OK;
}

static bool again(struct http_request *req)
{
	set_range(req->arg);
	return true;
}

/* ---- fetched ---- */

static void drop_temp(struct pullfile *p)
{
	partial_remove(&p->temp);
	if (p->s->state && p->key)
		(void)!state_partial_forget(p->s->state, p->s->remote.url, p->path, p->key);
}

/* What has arrived stays for the next pull if the server can go on from there; else it goes. */
static void keep_or_drop_temp(struct pullfile *p, enum err e)
{
	bool may_resume = e == E_NETWORK || e == E_TIMEOUT || e == E_INTERRUPTED || e == E_BUSY;

	if (p->temp.fd >= 0 && !(may_resume && p->etag && p->temp.written_bytes > 0))
		drop_temp(p);
}

/* Is it whole, and what its tag says? */
static enum err check(struct pullfile *p, const struct digest *digest, struct note *why)
{
	struct digest named;
	bool has_digest = answer_digest(&p->req.answer, &named);

	if (p->expected_bytes >= 0 && p->temp.written_bytes != p->expected_bytes)
		return note_set(why, E_NETWORK, "%lld of %lld bytes came", (long long)p->temp.written_bytes,
				(long long)p->expected_bytes);
	if (has_digest ? !digest_equal(&named, digest) : session_has(p->s, "digest-etag"))
		return note_set(why, E_CORRUPT, "what came is not what its ETag names; nothing was replaced");
	return OK;
}

static mode_t new_mode(void)
{
	mode_t mask = umask(0);

	umask(mask);
	return 0666 & ~mask;
}

/* On another thread: it waits for the disk. */
static void put_in_place(void *arg)
{
	struct pullfile *p = arg;
	const struct local_id *expected = p->here.state == HERE_NOTHING ? NULL : &p->here.id;
	struct stat st;
	enum err e;

	fchmod(p->temp.fd, p->here.state == HERE_NOTHING ? p->mode_if_new : p->here.mode);
	if ((e = fsio_sync("pull-sync", p->temp.fd)) != OK) {
		p->why_err = note_set(&p->why, E_IO, "it could not be made durable: %s", err_words(e));
		return;
	}
	p->here.taken_ns = clock_now_ns();
	e = local_replace(p->folder_fd, p->temp.name, p->name, expected, p->s->cli->force);
	if (e == E_PRECONDITION)
		p->why_err = note_set(&p->why, e, "it changed here while the other was being fetched");
	else if (e != OK)
		p->why_err = note_set(&p->why, E_IO, "it could not be replaced");
	else if (fstat(p->temp.fd, &st) == 0)
		p->here.id = local_id_of(&st);
}

static void is_in_place(void *arg)
{
	struct pullfile *p = arg;
	const struct answer *a = &p->req.answer;

	assert(p->magic == PULLFILE_MAGIC);
	if (p->why_err != OK) {
		drop_temp(p);
		end(p, p->why_err == E_PRECONDITION ? RESULT_CONFLICT : RESULT_FAILED, p->why_err, p->why.text);
		return;
	}
	if (p->s->state)
		(void)!state_partial_forget(p->s->state, p->s->remote.url, p->path, p->key);
	remember(p, a->fields[ANSWER_ETAG], a->fields[ANSWER_LAST_MODIFIED], &p->fetched);
	end(p, RESULT_FETCHED, OK, NULL);
}

static void finish_fetch(struct pullfile *p)
{
	const struct answer *a = &p->req.answer;
	struct note why;
	enum err e;

	p->fetched = hasher_finish(p->temp.hasher);
	e = check(p, &p->fetched, &why);
	if (e == OK && p->verdict == PULL_COMPARE && digest_equal(&p->fetched, &p->here.digest)) {
		drop_temp(p);
		remember(p, a->fields[ANSWER_ETAG], a->fields[ANSWER_LAST_MODIFIED], &p->fetched);
		end(p, RESULT_UP_TO_DATE, OK, NULL);
		return;
	}
	if (e == OK && p->verdict == PULL_COMPARE)
		e = note_set(&why, E_PRECONDITION, "it differs from the server's, which you have not seen");
	if (e != OK) {
		drop_temp(p);
		end(p, e == E_PRECONDITION ? RESULT_CONFLICT : RESULT_FAILED, e, why.text);
		return;
	}
	p->why_err = OK;
	p->mode_if_new = new_mode();
	http_background(p->s->http, put_in_place, is_in_place, p);
}

/* 304, or the head told that nothing needs to come. */
static void keep(struct pullfile *p)
{
	const struct answer *a = &p->req.answer;
	struct digest theirs;

	if (p->here.state != HERE_CHANGED || (answer_digest(a, &theirs) && digest_equal(&theirs, &p->here.digest)))
		remember(p, a->fields[ANSWER_ETAG] ? a->fields[ANSWER_ETAG] : p->here.seen.etag,
			 a->fields[ANSWER_LAST_MODIFIED] ? a->fields[ANSWER_LAST_MODIFIED] : p->here.seen.modified,
			 &p->here.digest);
	drop_temp(p);
	end(p, RESULT_UP_TO_DATE, OK, NULL);
}

/* Nothing is left to fetch, or the part that is here is longer than the file: from the first byte. */
static void start_over(struct pullfile *p)
{
	drop_temp(p);
	free(TAKE(p->etag));
	set_range(p);
	http_start(p->s->http, &p->req);
}

static void fetched(struct http_request *req)
{
	struct pullfile *p = req->arg;
	const struct answer *a = &req->answer;
	struct note why = { "" };
	enum err e;

	assert(p->magic == PULLFILE_MAGIC);
	if (a->err == OK && a->status == 416 && p->is_resumed) {
		start_over(p);
	} else if (p->verdict == PULL_CONFLICT) {
		drop_temp(p);
		end(p, RESULT_CONFLICT, E_PRECONDITION,
		    p->here.state == HERE_CHANGED
			? "changed here and on the server since you last had it"
			: "there is a file here that differs, and that the server never had from you");
	} else if (p->verdict == PULL_KEEP || (a->err == OK && a->status == 304 && p->here.state != HERE_NOTHING)) {
		keep(p);
	} else if (p->verdict == PULL_FAILED) {
		keep_or_drop_temp(p, p->why_err);
		end(p, RESULT_FAILED, p->why_err, p->why.text);
	} else if ((e = http_status_err(a, &why)) != OK) {
		keep_or_drop_temp(p, e);
		end(p, e == E_NOT_FOUND ? RESULT_MISSING : RESULT_FAILED, e, why.text);
	} else if (a->status != 200 && a->status != 206) {
		drop_temp(p);
		end(p, RESULT_FAILED, E_BAD_REQUEST, "no definite answer");
	} else if (p->s->cli->dry_run) {
		end(p, RESULT_FETCHED, OK, NULL);
	} else {
		finish_fetch(p);
	}
}

void pullfile_start(struct session *s, const char *path, const struct pullfile_place *place,
		    const struct digest *listed)
{
	struct pullfile *p = xcalloc(1, sizeof *p);
	char tag[DIGEST_ETAG_SIZE];
	struct note why;
	enum err e;

	*p = (struct pullfile){ .magic = PULLFILE_MAGIC,
				.s = s,
				.root = place->root,
				.folder_fd = -1,
				.is_tree = place->is_tree,
				.has_listed = listed != NULL,
				.expected_bytes = -1 };
	p->path = xstrdup(path);
	p->folder = xstrdup(place->folder);
	p->name = xstrdup(place->name);
	p->shown = xstrdup(place->shown);
	p->listed = listed ? *listed : p->listed;
	partial_init(&p->temp);
	http_request_init(&p->req, s->cli->dry_run ? "HEAD" : "GET", session_target(path, false));
	if ((e = look_here(p, &why)) != OK) {
		end(p, RESULT_FAILED, e, why.text);
		return;
	}
	if (listed && p->here.state != HERE_NOTHING && digest_equal(listed, &p->here.digest)) {
		remember(p, digest_etag(listed, tag), NULL, listed); /* the listing is enough: nothing to ask */
		end(p, RESULT_UP_TO_DATE, OK, NULL);
		return;
	}
	if (!s->cli->dry_run)
		find_partial(p);
	set_conditions(p);
	set_range(p);
	p->req.head = head;
	p->req.body = body;
	p->req.again = again;
	p->req.done = fetched;
	p->req.arg = p;
	http_start(s->http, &p->req);
}
