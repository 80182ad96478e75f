/*
 * push of one file: begin (unchanged?) -> [look -> [compare]] -> send -> [parents -> send] -> end.
 *
 * What is sent is hashed as it is read; the server's ETag is held against that, so a file that changes on the way is
 * noticed whatever happens.
 */
#include "client/cmd/pushfile.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "client/cmd/parents.h"
#include "client/decide.h"
#include "client/hint.h"
#include "client/spool.h"
#include "common/clock.h"
#include "common/etag.h"

enum step { STEP_MORE, STEP_WAIT, STEP_DONE };

struct pushfile;
typedef enum step step_fn(struct pushfile *p);

struct pushfile {
	unsigned magic;
	struct session *s;
	char *local, *path; /* local: "-" for standard input */
	char *name, *more;  /* of the result; NULL: none of their own */
	enum err *end;      /* NULL: nobody asked */
	char *key;          /* of the local file in the state: its absolute path; "" for standard input */
	bool follow, is_stdin;
	int fd;
	struct local_id id;
	int64_t taken_ns, mtime_s;
	bool has_seen, has_digest, is_torn;
	struct seen seen;
	struct digest digest; /* of the whole file, when has_digest */
	enum send_plan plan;
	char *match, *unmodified_since; /* conditions of SEND_REPLACE */
	struct hasher *hasher;
	int64_t sent_bytes;
	bool tried_parents;
	enum err parents_err;
	struct note parents_why;
	struct http_request req;
	step_fn *next;
};

enum { PUSHFILE_MAGIC = 0x70757368, HASH_FIRST_BYTES = 1 << 20 };

static step_fn begin, look, looked, compared, send_file, sent;

static void pushfile_free(struct pushfile *p)
{
	http_request_clear(&p->req);
	hasher_free(p->hasher);
	seen_clear(&p->seen);
	if (p->fd >= 0)
		close(p->fd);
	free(p->local);
	free(p->name);
	free(p->more);
	free(p->path);
	free(p->key);
	free(p->match);
	free(p->unmodified_since);
	free(p);
}

static void drive(struct pushfile *p)
{
	enum step step;

	do
		step = p->next(p);
	while (step == STEP_MORE);
	if (step == STEP_DONE)
		pushfile_free(p);
}

static void answered(struct http_request *req)
{
	struct pushfile *p = req->arg;

	assert(p->magic == PUSHFILE_MAGIC);
	drive(p);
}

static enum step wait_for(struct pushfile *p, step_fn *next)
{
	p->next = next;
	p->req.arg = p;
	p->req.done = answered;
	http_start(p->s->http, &p->req);
	return STEP_WAIT;
}

/* ---- ends ---- */

static enum step end(struct pushfile *p, enum result_word word, enum err e, const char *why)
{
	const char *etag = p->req.answer.fields[ANSWER_ETAG];
	char room[300], hex[DIGEST_HEX_SIZE];
	struct result r = {
		.name = p->name       ? p->name
			: p->is_stdin ? p->path
				      : p->local,
		.more = word == RESULT_SAVED ? p->more : NULL,
		.path = p->path,
		.local = p->is_stdin ? NULL : p->local,
		.word = word,
		.err = e,
		.status = p->req.answer.status,
		.bytes = word == RESULT_SAVED || word == RESULT_CREATED ? p->id.size_bytes : -1,
		.error = e == OK ? NULL : why,
	};

	if (p->end)
		*p->end = e;
	if (e == E_INTERRUPTED)
		return STEP_DONE; /* said once, at the end of the command */
	if (word == RESULT_SAVED || word == RESULT_CREATED || word == RESULT_CONFLICT)
		r.etag = decide_bare_tag(etag, room, sizeof room);
	if (word == RESULT_UNCHANGED && p->has_seen && output_is_json(p->s->out))
		r.etag = decide_bare_tag(p->seen.etag, room, sizeof room);
	if (p->s->cli->dry_run && e == OK && word != RESULT_UNCHANGED && p->has_digest)
		r.etag = span_of(digest_hex(&p->digest, hex));
	output_result(p->s->out, &r);
	if (e == E_PRECONDITION && p->end)
		return STEP_DONE;
	if (e == E_PRECONDITION && !p->is_stdin)
		hint_push_conflict(p->s, p->local, p->path, etag);
	else if (e != OK)
		hint_error(p->s, e, p->path);
	return STEP_DONE;
}

/* The server has this content under this tag. */
static void remember(struct pushfile *p, const struct answer *a, const struct digest *digest, bool is_whole)
{
	struct seen seen = {
		.etag = (char *)(a->fields[ANSWER_ETAG] ? a->fields[ANSWER_ETAG] : ""),
		.modified = (char *)(a->fields[ANSWER_LAST_MODIFIED] ? a->fields[ANSWER_LAST_MODIFIED] : ""),
		.has_digest = true,
		.digest = *digest,
		.size_bytes = p->id.size_bytes,
		.has_id = is_whole && !p->is_stdin,
		.id = p->id,
		.taken_ns = p->taken_ns,
		.written_s = answer_date_s(a),
	};

	session_remember(p->s, p->path, p->key, &seen);
}

/* ---- begin: the file, what is remembered of it, whether it changed ---- */

static enum err know_digest(struct pushfile *p)
{
	enum err e = p->has_digest ? OK : local_digest(p->fd, p->id.size_bytes, &p->digest);

	p->has_digest = e == OK;
	return e;
}

/* Is the file as it was when the server had it?  By its id if that is safe, else by its content. */
static bool is_unchanged(struct pushfile *p)
{
	const struct seen *seen = &p->seen;
	struct seen now;

	if (!p->has_seen || !seen->has_digest || p->s->cli->force)
		return false;
	if (!p->is_stdin && seen->has_id && local_id_equal(&seen->id, &p->id) &&
	    local_id_is_settled(&seen->id, seen->taken_ns))
		return true;
	if (seen->size_bytes != p->id.size_bytes || know_digest(p) != OK || !digest_equal(&seen->digest, &p->digest))
		return false;
	now = *seen;
	now.has_id = !p->is_stdin;
	now.id = p->id;
	now.taken_ns = p->taken_ns;
	session_remember(p->s, p->path, p->key, &now);
	return true;
}

static enum err open_file(struct pushfile *p, struct note *why)
{
	struct stat st;
	enum err e;

	if (p->is_stdin)
		e = spool_stdin(&p->fd, &st, why);
	else
		e = local_open(AT_FDCWD, p->local, p->follow, &p->fd, &st, why);
	if (e != OK)
		return e;
	p->taken_ns = clock_now_ns();
	p->id = local_id_of(&st);
	p->mtime_s = st.st_mtim.tv_sec;
	if (!p->is_stdin) {
		free(p->key);
		p->key = realpath(p->local, NULL);
	}
	if (!p->key)
		p->key = xstrdup("");
	return OK;
}

static enum step begin(struct pushfile *p)
{
	struct note why;
	bool is_own;
	enum err e = open_file(p, &why);

	if (e != OK)
		return end(p, e == E_NOT_FOUND ? RESULT_MISSING : RESULT_FAILED, e == E_USAGE ? E_IO : e, why.text);
	p->has_seen = session_seen(p->s, p->path, p->key, &p->seen, &is_own);
	if (is_unchanged(p))
		return end(p, RESULT_UNCHANGED, OK, NULL);
	if (!p->has_digest && p->id.size_bytes <= HASH_FIRST_BYTES && know_digest(p) != OK)
		return end(p, RESULT_FAILED, E_IO, "it cannot be read to its end");
	p->plan = decide_send(p->has_seen ? &p->seen : NULL, session_is_ours(p->s), p->s->cli->force);
	if (p->plan == SEND_REPLACE)
		p->match = xstrdup(p->seen.etag);
	p->next = p->plan == SEND_LOOK || p->s->cli->dry_run ? look : send_file;
	return STEP_MORE;
}

/* ---- look: what is there now, where conditions alone would not protect it ---- */

static enum step look(struct pushfile *p)
{
	http_request_clear(&p->req);
	http_request_init(&p->req, "HEAD", session_target(p->path, false));
	return wait_for(p, looked);
}

/* Content with a foreign tag but our size may still be ours: read it. */
static enum err hash_body(struct http_request *req, const void *bytes, size_t len)
{
	struct pushfile *p = req->arg;

	hasher_add(p->hasher, bytes, len);
	p->sent_bytes += (int64_t)len;
	return p->sent_bytes > p->id.size_bytes ? E_TOO_LARGE : OK;
}

static bool restart_hash(struct http_request *req)
{
	struct pushfile *p = req->arg;

	hasher_free(p->hasher);
	p->hasher = hasher_new();
	p->sent_bytes = 0;
	return true;
}

static enum step compare(struct pushfile *p)
{
	http_request_clear(&p->req);
	http_request_init(&p->req, "GET", session_target(p->path, false));
	p->req.body = hash_body;
	p->req.again = restart_hash;
	p->req.arg = p;
	restart_hash(&p->req);
	return wait_for(p, compared);
}

static enum step adopt(struct pushfile *p)
{
	remember(p, &p->req.answer, &p->digest, true);
	return end(p, RESULT_UNCHANGED, OK, NULL);
}

static enum step conflict(struct pushfile *p)
{
	return end(p, RESULT_CONFLICT, E_PRECONDITION,
		   p->has_seen ? "changed on the server since you last had it"
			       : "there is another file of that name on the server, which you have not seen");
}

static enum step compared(struct pushfile *p)
{
	const struct answer *a = &p->req.answer;
	struct digest theirs = hasher_finish(p->hasher);
	struct note why;
	enum err e = a->err == E_TOO_LARGE ? OK : http_status_err(a, &why);

	if (e != OK)
		return end(p, RESULT_FAILED, e, why.text);
	return a->err == OK && know_digest(p) == OK && digest_equal(&theirs, &p->digest) ? adopt(p) : conflict(p);
}

/* The words of a dry run stand where the real one would send. */
static enum step proceed(struct pushfile *p)
{
	if (p->s->cli->dry_run)
		return end(p, p->plan == SEND_CREATE ? RESULT_CREATED : RESULT_SAVED, OK, NULL);
	p->next = send_file;
	return STEP_MORE;
}

static enum step looked_at_nothing(struct pushfile *p)
{
	if (p->has_seen && p->plan != SEND_FORCED)
		return end(p, RESULT_CONFLICT, E_PRECONDITION, "removed on the server since you last had it");
	p->plan = SEND_CREATE;
	return proceed(p);
}

static enum step looked_at_file(struct pushfile *p)
{
	const struct answer *a = &p->req.answer;
	struct digest theirs;
	struct etag tag;

	if (p->plan == SEND_FORCED)
		return proceed(p);
	if (p->has_seen && decide_is_seen(&p->seen, a)) {
		p->plan = SEND_REPLACE;
		free(TAKE(p->match));
		if (etag_parse(answer_field(a, ANSWER_ETAG), &tag) && !tag.is_weak)
			p->match = xstrdup(a->fields[ANSWER_ETAG]);
		else if (a->fields[ANSWER_LAST_MODIFIED])
			p->unmodified_since = xstrdup(a->fields[ANSWER_LAST_MODIFIED]);
		return proceed(p);
	}
	if (answer_digest(a, &theirs))
		return know_digest(p) == OK && digest_equal(&theirs, &p->digest) ? adopt(p) : conflict(p);
	return answer_length(a) == p->id.size_bytes ? compare(p) : conflict(p);
}

static enum step looked(struct pushfile *p)
{
	const struct answer *a = &p->req.answer;
	struct note why;
	enum err e;

	if (a->err == OK && (a->status == 404 || a->status == 410))
		return looked_at_nothing(p);
	if (a->err == OK && a->status == 200)
		return looked_at_file(p);
	if (a->err == OK && (a->status == 405 || a->status == 501)) { /* no HEAD here: the conditions have to do */
		p->plan = p->has_seen && p->seen.etag[0] ? SEND_REPLACE : SEND_CREATE;
		p->match = p->plan == SEND_REPLACE && !p->match ? xstrdup(p->seen.etag) : p->match;
		return proceed(p);
	}
	e = http_status_err(a, &why);
	return end(p, RESULT_FAILED, e == OK ? E_BAD_REQUEST : e, e == OK ? "no definite answer" : why.text);
}

/* ---- send ---- */

static ssize_t read_file(struct http_request *req, char *out, size_t len)
{
	struct pushfile *p = req->arg;
	size_t want = (size_t)MIN((int64_t)len, p->id.size_bytes - p->sent_bytes);
	ssize_t n;

	do
		n = pread(p->fd, out, want, p->sent_bytes);
	while (n < 0 && errno == EINTR);
	if (n < 0 || (n == 0 && want > 0)) {
		p->is_torn = true;
		return -1;
	}
	hasher_add(p->hasher, out, (size_t)n);
	p->sent_bytes += n;
	return n;
}

static void set_conditions(struct pushfile *p)
{
	char code[48];

	if (p->plan == SEND_CREATE)
		http_request_set(&p->req, "If-None-Match", "*");
	if (p->plan == SEND_REPLACE && p->match)
		http_request_set(&p->req, "If-Match", "%s", p->match);
	if (p->plan == SEND_REPLACE && p->unmodified_since)
		http_request_set(&p->req, "If-Unmodified-Since", "%s", p->unmodified_since);
	if (!p->is_stdin)
		http_request_set(&p->req, "X-OC-Mtime", "%lld", (long long)p->mtime_s);
	if (p->has_digest) {
		EVP_EncodeBlock((unsigned char *)code, p->digest.bytes, DIGEST_SIZE);
		http_request_set(&p->req, "Repr-Digest", "sha-256=:%s:", code); /* RFC 9530 §3 */
	}
}

static enum step send_file(struct pushfile *p)
{
	http_request_clear(&p->req);
	http_request_init(&p->req, "PUT", session_target(p->path, false));
	p->req.body_bytes = p->id.size_bytes;
	p->req.read = read_file;
	p->req.again = restart_hash;
	p->req.arg = p;
	restart_hash(&p->req);
	set_conditions(p);
	session_submit_locks(p->s, &p->req, p->path, NULL);
	progress_expect(output_progress(p->s->out), p->id.size_bytes);
	return wait_for(p, sent);
}

/* The folders above were made, or not: once more.  Why they could not be made is the better reason for a second 409. */
static void parents_done(void *arg, enum err e, const char *why)
{
	struct pushfile *p = arg;

	assert(p->magic == PUSHFILE_MAGIC);
	p->parents_err = e == E_METHOD ? OK : e;
	note_set(&p->parents_why, e, "%s", why);
	p->next = send_file;
	drive(p);
}

/* The bytes that went out, or the whole file if the server did not want them all. */
static struct digest digest_sent(struct pushfile *p)
{
	struct digest sent_digest = hasher_finish(p->hasher);

	if (p->sent_bytes < p->id.size_bytes && know_digest(p) == OK)
		return p->digest;
	return sent_digest;
}

static bool is_still_same(const struct pushfile *p)
{
	struct local_id now;
	struct stat st;

	if (fstat(p->fd, &st) != 0)
		return false;
	now = local_id_of(&st);
	return local_id_equal(&now, &p->id);
}

/* RFC 9110 and 4918 say 409; nginx says 500, others 404. */
static bool may_lack_parent(const struct pushfile *p, const struct put_end *put)
{
	int status = p->req.answer.status;

	return put->is_parent_missing || (!session_is_ours(p->s) && p->plan == SEND_CREATE && p->req.answer.err == OK &&
					  (status == 404 || status == 500));
}

static enum step sent(struct pushfile *p)
{
	const struct answer *a = &p->req.answer;
	struct digest digest = digest_sent(p);
	struct put_end put;
	bool is_same;

	decide_put(a, &digest, p->plan == SEND_CREATE, session_has(p->s, "digest-etag"), &put);
	if (p->is_torn)
		return end(p, RESULT_FAILED, E_IO, "it became shorter while it was being sent");
	if (may_lack_parent(p, &put) && !p->tried_parents) {
		p->tried_parents = true;
		parents_start(p->s, p->path, false, parents_done, p);
		return STEP_WAIT;
	}
	if (put.is_parent_missing && p->parents_err != OK)
		return end(p, RESULT_FAILED, p->parents_err, p->parents_why.text);
	if (put.is_breach)
		session_forget_features(p->s);
	is_same = p->is_stdin || is_still_same(p);
	if (put.remember)
		remember(p, a, &digest, is_same);
	if (put.note[0])
		output_note(p->s->out, p->is_stdin ? p->path : p->local, "%s", put.note);
	if (put.err == OK && !is_same)
		return end(p, RESULT_FAILED, E_IO, "it changed while it was being sent; push it again");
	return end(p, put.word, put.err, put.why);
}

static struct pushfile *pushfile_new(struct session *s, const char *local, const char *path)
{
	struct pushfile *p = xcalloc(1, sizeof *p);

	*p = (struct pushfile){ .magic = PUSHFILE_MAGIC, .s = s, .fd = -1, .is_stdin = !local };
	p->local = xstrdup(local ? local : "-");
	p->path = xstrdup(path);
	http_request_init(&p->req, "PUT", NULL);
	return p;
}

void pushfile_start(struct session *s, const struct push_job *job)
{
	struct pushfile *p = pushfile_new(s, job->local, job->path);

	p->name = job->name ? xstrdup(job->name) : NULL;
	p->more = job->more ? xstrdup(job->more) : NULL;
	p->end = job->end;
	p->follow = job->follow;
	p->next = begin;
	drive(p);
}

static void folder_done(void *arg, enum err e, const char *why)
{
	struct pushfile *p = arg;
	enum result_word word = e == OK ? RESULT_MADE : e == E_METHOD ? RESULT_EXISTS : RESULT_FAILED;

	end(p, word, e == E_METHOD ? OK : e, why);
	pushfile_free(p);
}

void pushfile_start_folder(struct session *s, const char *local, const char *path)
{
	struct pushfile *p = pushfile_new(s, local, path);

	if (s->cli->dry_run)
		folder_done(p, OK, "");
	else
		parents_start(s, path, true, folder_done, p);
}
