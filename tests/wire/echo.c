/*
 * echo: the wire layer with a handler that keeps bodies in memory, so that tests/wire sees it without store and rights.
 *
 *   echo [-q] [-t CERT KEY] [-l LOOPS] [-m MAX] ADDRESS...	an address after "tls=" speaks TLS, after "admin=" asks who it is
 *
 * Prints the bound addresses, one a line.  SIGTERM stops gracefully (exit 0, or 1 if a request was cut), a second one at once.
 *
 * PUT keeps a body (X-Deny: 412 without reading it; X-Slow: pauses at each run; X-Work: by way of a worker), GET and HEAD
 * give it back, /file/NAME streams a file of the working folder (X-Pieces: "offset+len,..." instead of the whole; X-Claim: says
 * it is longer than it is), /hash answers a body's digest, /late answers after a second, /head shows what was understood.
 * /stream makes X-Count pieces of X-Size bytes while they are sent (X-Fail: fails at that one; X-Short: the first on the loop; X-Gap:
 * only every second is not empty), /streams says how many of them were released.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/log.h"
#include "server/http/server.h"

enum { BODY_MAX = 8 << 20, NAMES_MAX = 1000, PIECES_MAX = 32 };

static struct {
	pthread_mutex_t lock;
	struct {
		char name[64];
		char *data;
		size_t len;
	} files[NAMES_MAX];
	size_t count;
} kept = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void keep(const char *name, struct buf *body)
{
	size_t i = 0;

	pthread_mutex_lock(&kept.lock);
	while (i < kept.count && strcmp(kept.files[i].name, name) != 0)
		i++;
	if (i == NAMES_MAX)
		abort();
	kept.count = MAX(kept.count, i + 1);
	snprintf(kept.files[i].name, sizeof kept.files[i].name, "%s", name);
	free(kept.files[i].data);
	kept.files[i].len = body->len;
	kept.files[i].data = buf_take(body);
	pthread_mutex_unlock(&kept.lock);
}

static bool find(struct req *r, struct span *out)
{
	bool found = false;

	pthread_mutex_lock(&kept.lock);
	for (size_t i = 0; i < kept.count && !found; i++)
		if (strcmp(kept.files[i].name, req_target(r)->path) == 0) {
			out->len = kept.files[i].len;
			out->ptr = arena_span(req_arena(r), (struct span){ kept.files[i].data, out->len });
			found = true;
		}
	pthread_mutex_unlock(&kept.lock);
	return found;
}

/* ---- PUT ---- */

struct put {
	struct req *req;
	struct buf body;
	struct hasher *hasher; /* /hash: nothing is kept */
	bool is_slow, is_paused, is_over;
};

static void resume(void *arg)
{
	struct put *p = arg;

	p->is_paused = false;
	if (!p->is_over)
		req_resume_body(p->req);
}

static void put_data(void *arg, const void *bytes, size_t len)
{
	struct put *p = arg;

	if (p->is_paused)
		abort();
	hasher_add(p->hasher, bytes, len);
	if (strcmp(req_target(p->req)->path, "/hash") != 0 && buf_add(&p->body, bytes, len) != OK)
		abort();
	if (p->is_slow) {
		p->is_paused = true;
		req_pause_body(p->req);
		req_after(p->req, 1, resume, p);
	}
}

static void put_reply(void *arg)
{
	struct put *p = arg;
	struct digest d = hasher_finish(p->hasher);

	hasher_free(p->hasher);
	keep(req_target(p->req)->path, &p->body);
	req_set_etag(p->req, &d);
	req_reply(p->req, 204);
}

static void nothing(void *arg)
{
	(void)arg;
}

static void put_end(void *arg, enum body_end how)
{
	struct put *p = arg;

	p->is_over = true;
	if (how == BODY_COMPLETE && req_has_header(p->req, "X-Work")) {
		req_work(p->req, nothing, put_reply, p);
	} else if (how == BODY_COMPLETE) {
		put_reply(p);
	} else {
		hasher_free(p->hasher);
		buf_clear(&p->body);
		req_reply_error(p->req, E_BAD_REQUEST, "bad body");
	}
}

static void put(struct req *r)
{
	static const struct body_sink sink = { put_data, put_end };
	struct put *p = arena_zalloc(req_arena(r), sizeof *p);

	if (req_has_header(r, "X-Deny")) {
		req_reply_error(r, E_PRECONDITION, NULL);
		return;
	}
	*p = (struct put){ r, buf_new(BODY_MAX), hasher_new(), req_has_header(r, "X-Slow"), false, false };
	req_read_body(r, &sink, p);
}

/* ---- GET ---- */

static void close_fd(void *arg)
{
	close((int)(intptr_t)arg);
}

static void get_file(struct req *r)
{
	struct req_piece pieces[PIECES_MAX] = { 0 };
	const char *text = req_header_text(r, "X-Pieces");
	int fd = open(req_target(r)->path + strlen("/file/"), O_RDONLY | O_CLOEXEC);
	struct stat st;
	size_t count = 0;

	if (fd < 0 || fstat(fd, &st) < 0) {
		req_reply_error(r, E_NOT_FOUND, NULL);
		return;
	}
	if (!text)
		pieces[count++] = (struct req_piece){ .fd = fd, .len = st.st_size + req_has_header(r, "X-Claim") };
	for (; text && count + 1 < PIECES_MAX; text = strchr(text, ',') ? strchr(text, ',') + 1 : NULL) {
		int64_t offset, len;

		if (sscanf(text, "%" SCNd64 "+%" SCNd64, &offset, &len) != 2)
			break;
		pieces[count++] = (struct req_piece){ .bytes = "<>", .len = 2 };
		pieces[count++] = (struct req_piece){ .fd = fd, .offset = offset, .len = len };
	}
	req_set_header(r, "Content-Type", "application/octet-stream");
	req_reply_pieces(r, 200, pieces, count, close_fd, (void *)(intptr_t)fd);
}

/* ---- /stream ---- */

static atomic_int released;

struct stream {
	long count, size, fail, at;
	bool has_gaps;
};

static enum err produce(void *arg, struct buf *out, bool *out_end)
{
	struct stream *s = arg;

	if (++s->at == s->fail)
		return E_IO;
	*out_end = s->at >= s->count;
	if (s->has_gaps && s->at % 2)
		return OK;
	for (long i = 0; i < s->size; i++)
		if (buf_add(out, &"0123456789"[s->at % 10], 1) != OK)
			return E_TOO_LARGE;
	return OK;
}

static void release(void *arg)
{
	free(arg);
	atomic_fetch_add(&released, 1);
}

static long number(struct req *r, const char *name)
{
	return req_has_header(r, name) ? strtol(req_header_text(r, name), NULL, 10) : 0;
}

static void stream(struct req *r)
{
	struct stream *s = xcalloc(1, sizeof *s);

	s->count = number(r, "X-Count");
	s->size = number(r, "X-Size");
	s->fail = number(r, "X-Fail");
	s->has_gaps = req_has_header(r, "X-Gap");
	req_reply_stream(r, 200, "text/plain", req_has_header(r, "X-Short"), produce, release, s);
}

static void streams(struct req *r)
{
	struct buf b = buf_new(100);

	if (buf_addf(&b, "%d", atomic_load(&released)) != OK)
		abort();
	req_reply_buf(r, 200, "text/plain", &b);
}

static void show_head(struct req *r)
{
	struct buf b = buf_new(65536);
	const struct target *t = req_target(r);

	if (buf_addf(&b, "%.*s %s%s%.*s length=%" PRId64 " host=%s x=%s peer=%s tls=%d admin=%d\n",
		     (int)req_method_name(r).len, req_method_name(r).ptr, t->path, t->has_query ? "?" : "",
		     (int)t->query.len, t->has_query ? t->query.ptr : "", req_body_length(r),
		     req_has_header(r, "Host") ? req_header_text(r, "host") : "-",
		     req_has_header(r, "X") ? req_header_text(r, "x") : "-", req_peer(r), req_is_tls(r),
		     req_is_admin(r)) != OK)
		abort();
	req_reply_buf(r, 200, "text/plain", &b);
}

static void late(void *arg)
{
	req_reply(arg, 200);
}

static void text_read(struct req *r, void *arg, struct span body)
{
	struct buf b = buf_new(65536);

	(void)arg;
	if (buf_add_span(&b, body) != OK)
		abort();
	req_reply_buf(r, 200, "text/plain", &b);
}

static void get(struct req *r)
{
	const char *path = req_target(r)->path;
	struct req_piece piece = { .fd = -1 };
	struct span body;

	if (strncmp(path, "/file/", 6) == 0) {
		get_file(r);
	} else if (strcmp(path, "/late") == 0) {
		req_after(r, 1000, late, r);
	} else if (strcmp(path, "/stream") == 0) {
		stream(r);
	} else if (strcmp(path, "/streams") == 0) {
		streams(r);
	} else if (strcmp(path, "/none") == 0) {
		req_set_header(r, "Content-Type", "text/plain");
		req_reply(r, 304);
	} else if (!find(r, &body)) {
		req_reply_error(r, E_NOT_FOUND, NULL);
	} else {
		piece.bytes = body.ptr;
		piece.len = (int64_t)body.len;
		req_reply_pieces(r, 200, &piece, 1, NULL, NULL);
	}
}

static void handle(struct req *r, void *arg)
{
	(void)arg;
	if (strncmp(req_target(r)->path, "/head", 5) == 0) {
		show_head(r);
		return;
	}
	switch (req_method(r)) {
	case METHOD_GET:
	case METHOD_HEAD:
		get(r);
		break;
	case METHOD_PUT:
		put(r);
		break;
	case METHOD_POST:
		req_read_text(r, 1000, text_read, NULL);
		break;
	case METHOD_OPTIONS:
		req_reply(r, 204);
		break;
	case METHOD_UNKNOWN:
		req_reply_error(r, E_NOT_IMPLEMENTED, NULL);
		break;
	default:
		req_set_header(r, "Allow", "GET, HEAD, PUT, POST, OPTIONS");
		req_reply_error(r, E_METHOD, NULL);
	}
}

/* ---- running ---- */

static const struct server_limits quick = { .handshake_head_s = 2,
					    .idle_s = 3,
					    .stall_s = 2,
					    .linger_s = 1,
					    .drain_s = 3,
					    .max_connections = 5000,
					    .loops = 2,
					    .workers = 2 };

static void die(const char *what, const struct note *why)
{
	fprintf(stderr, "echo: %s: %s\n", what, why->text);
	exit(2);
}

static void listen_at(struct server *s, const char *text)
{
	struct server_listen where = { .address = text, .fd = -1, .admin_uid = getuid() };
	struct note why = { "" };
	char *bound = NULL;

	if (strncmp(text, "tls=", 4) == 0)
		where = (struct server_listen){ .address = text + 4, .fd = -1, .is_tls = true };
	else if (strncmp(text, "admin=", 6) == 0)
		where = (struct server_listen){ .address = text + 6, .fd = -1, .is_admin = true, .admin_uid = 12345 };
	if (server_listen(s, &where, &bound, &why) != OK)
		die(text, &why);
	printf("%s\n", bound);
	free(bound);
}

static void *stop_by_signal(void *arg)
{
	sigset_t set;
	int number;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	for (;;) {
		sigwait(&set, &number);
		server_stop(arg);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	struct server_limits limits = SERVER_LIMITS_DEFAULT;
	struct tls *tls = NULL;
	struct note why = { "" };
	struct server *s;
	pthread_t stopper;
	sigset_t set;
	bool all_ended;
	int i = 1;

	log_set_level(LOG_WARNING);
	for (; i < argc && argv[i][0] == '-'; i++) {
		if (strcmp(argv[i], "-q") == 0)
			limits = quick;
		else if (strcmp(argv[i], "-v") == 0)
			log_set_level(LOG_INFO);
		else if (strcmp(argv[i], "-l") == 0)
			limits.loops = (unsigned)strtoul(argv[++i], NULL, 10);
		else if (strcmp(argv[i], "-m") == 0)
			limits.max_connections = (unsigned)strtoul(argv[++i], NULL, 10);
		else if (strcmp(argv[i], "-t") == 0 && (i += 2) < argc &&
			 tls_new(argv[i - 1], argv[i], &tls, &why) != OK)
			die("tls", &why);
	}
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	log_start_writer();
	s = server_new(&limits, tls, handle, NULL);
	for (; i < argc; i++)
		listen_at(s, argv[i]);
	fflush(stdout);
	if (server_start(s) != OK || pthread_create(&stopper, NULL, stop_by_signal, s) != 0)
		return 2;
	all_ended = server_wait(s);
	pthread_cancel(stopper);
	pthread_join(stopper, NULL);
	server_free(s);
	tls_free(tls);
	for (size_t n = 0; n < kept.count; n++)
		free(kept.files[n].data);
	log_stop_writer();
	return all_ended ? 0 : 1;
}
