#include "server/admin_door.h"

#include "server/admin_http.h"
#include "server/api/fields.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { BACKLOG = 16, CALL_TIMEOUT_S = 60, STREAM_TIMEOUT_S = 600, TRIES = 50, TRY_PAUSE_MS = 100 };

static const char NAME[] = "admin.sock";

/*
 * The address of the socket in `folder`; `out_dir` is an open descriptor that must live as long as the address is used, or
 * -1 where it is not needed.
 */
static enum err address(const char *folder, struct sockaddr_un *out, int *out_dir, struct note *why)
{
	int len = snprintf(out->sun_path, sizeof out->sun_path, "%s/%s", folder, NAME);

	out->sun_family = AF_UNIX;
	*out_dir = -1;
	if (len >= 0 && (size_t)len < sizeof out->sun_path)
		return OK;
	*out_dir = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (*out_dir < 0)
		return note_set(why, err_from_errno(errno), "%.120s: %s", folder, strerror(errno));
	snprintf(out->sun_path, sizeof out->sun_path, "/proc/self/fd/%d/%s", *out_dir, NAME);
	return OK;
}

enum err admin_door_listen(const char *folder, int *out_fd, struct note *why)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	autoclose int dir = -1;
	enum err e;

	autoclose int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if ((e = address(folder, &at, &dir, why)) != OK)
		return e;
	unlink(at.sun_path);
	/* The mode of the socket before bind() is that of the file it makes: no moment with a wider one, no umask. */
	if (fd < 0 || fchmod(fd, 0600) != 0 || bind(fd, (struct sockaddr *)&at, sizeof at) != 0 ||
	    listen(fd, BACKLOG) != 0)
		return note_set(why, err_from_errno(errno), "%.120s/%s: %s", folder, NAME, strerror(errno));
	*out_fd = TAKE_FD(fd);
	return OK;
}

void admin_door_remove(const char *folder)
{
	autofree char *path = xasprintf("%s/%s", folder, NAME);

	unlink(path);
}

/* E_NOT_FOUND: nobody listens there. */
static enum err connect_to(const char *folder, int *out_fd, struct note *why)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	struct timeval timeout = { .tv_sec = CALL_TIMEOUT_S };
	autoclose int dir = -1;
	enum err e;

	autoclose int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return note_set(why, E_IO, "no socket: %s", strerror(errno));
	if ((e = address(folder, &at, &dir, why)) != OK)
		return e;
	if (connect(fd, (struct sockaddr *)&at, sizeof at) != 0)
		return note_set(why, errno == ECONNREFUSED ? E_NOT_FOUND : err_from_errno(errno), "%.120s: %s", folder,
				strerror(errno));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
	*out_fd = TAKE_FD(fd);
	return OK;
}

bool admin_door_answers(const char *folder)
{
	autoclose int fd = -1;
	struct note why;

	return connect_to(folder, &fd, &why) == OK;
}

/* Through the running server.  `out_is_running` false: there is none. */
static enum err call_server(const char *folder, const struct admin_call *call, bool *out_is_running, struct buf *out,
			    struct note *why)
{
	autoclose int fd = -1;
	struct span body = strcmp(call->method, "POST") == 0 ? call->text : span_of("");
	int status;
	enum err e = connect_to(folder, &fd, why);

	*out_is_running = e != E_NOT_FOUND;
	if (e != OK)
		return e;
	if ((e = admin_http_exchange(fd, call->method, call->path, body, &status, out, why)) != OK)
		return e;
	if ((e = err_from_status(status)) != OK) {
		note_set(why, e, "%.*s", (int)MIN(strcspn(out->data, "\r\n"), 180u), out->data);
		buf_reset(out);
	}
	return e;
}

static enum err call_store(const char *folder, const struct admin_call *call, struct buf *out, struct note *why)
{
	struct store *store;
	enum err e = store_open(folder, &STORE_DEFAULTS, &store, why);

	if (e != OK)
		return e;
	e = call->direct(store, call->text, out, why);
	store_close(store);
	return e;
}

/* ---- streams ---- */

/* Cuts what comes into records. */
struct records {
	admin_record_fn *take;
	void *arg;
	struct buf part; /* of the record that is not complete */
	struct note *why;
	bool is_whole; /* the last record came */
};

static enum err take_record(struct records *r, struct span record)
{
	struct span rest = record, key, value;

	while (fields_next(&rest, &key, &value)) {
		if (span_is(key, "failed"))
			return note_set(r->why, E_IO, "%.*s", (int)MIN(value.len, 180u), value.ptr);
		r->is_whole |= span_is(key, "end");
	}
	return r->take(r->arg, record);
}

static enum err take_bytes(void *arg, struct span bytes)
{
	struct records *r = arg;
	const char *end;
	enum err e;

	if (buf_add_span(&r->part, bytes) != OK)
		return note_set(r->why, E_NETWORK, "the server's answer is malformed");
	bytes = buf_span(&r->part);
	while ((end = memmem(bytes.ptr, bytes.len, "\n\n", 2)) != NULL) {
		struct span record = { bytes.ptr, (size_t)(end + 1 - bytes.ptr) };

		if ((e = take_record(r, record)) != OK)
			return e;
		bytes.ptr += record.len + 1;
		bytes.len -= record.len + 1;
	}
	memmove(r->part.data, bytes.ptr, bytes.len);
	r->part.len = bytes.len;
	r->part.data[bytes.len] = '\0';
	return OK;
}

static enum err stream_from_server(const char *folder, const struct stream_kind *kind, struct span request,
				   struct records *r, bool *out_is_running)
{
	struct timeval timeout = { .tv_sec = STREAM_TIMEOUT_S }; /* between two pieces */
	autobuf struct buf words = buf_new(4096);
	autoclose int fd = -1;
	int status;
	enum err e = connect_to(folder, &fd, r->why);

	*out_is_running = e != E_NOT_FOUND;
	if (e != OK)
		return e;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
	e = admin_http_stream(fd, kind->path, request, take_bytes, r, &status, &words, r->why);
	if (e == OK && (e = err_from_status(status)) != OK)
		note_set(r->why, e, "%.*s", (int)MIN(strcspn(words.data, "\r\n"), 180u), words.data);
	return e;
}

static enum err stream_from_store(struct store *store, const struct stream_kind *kind, struct span request,
				  struct records *r)
{
	autobuf struct buf made = buf_new(1 << 20);
	void *arg = NULL;
	bool is_end = false;
	enum err e = kind->begin(store, request, &arg, r->why);

	if (e != OK)
		return e;
	while (e == OK && !is_end && (e = stream_next(kind, arg, &made, &is_end)) == OK) {
		e = take_bytes(r, buf_span(&made));
		buf_reset(&made);
	}
	kind->release(arg);
	return e;
}

/* What both ways to the store have in common: a moment's patience with one that starts or stops. */
struct attempt {
	const char *folder;
	struct note *why;
	int tries;
};

static enum err try_again(struct attempt *a, enum err e, bool *out_again)
{
	static const struct timespec pause = { .tv_nsec = TRY_PAUSE_MS * 1000000L };

	*out_again = e == E_BUSY && ++a->tries < TRIES;
	if (*out_again)
		nanosleep(&pause, NULL);
	return e;
}

static enum err check_folder(const struct attempt *a)
{
	struct stat st;

	if (stat(a->folder, &st) != 0)
		return note_set(a->why, err_from_errno(errno), "%.140s: %s; `syncd serve` makes a store", a->folder,
				strerror(errno));
	a->why->text[0] = '\0';
	return OK;
}

enum err admin_door_take(const char *folder, struct admin_hand *out, struct note *why)
{
	struct attempt a = { folder, why, 0 };
	bool again = false;
	enum err e;

	*out = (struct admin_hand){ .folder = folder };
	do {
		if (admin_door_answers(folder))
			return OK;
		if ((e = check_folder(&a)) != OK)
			return e;
		e = try_again(&a, store_open(folder, &STORE_DEFAULTS, &out->store, why), &again);
	} while (again);
	return e;
}

void admin_door_let_go(struct admin_hand *h)
{
	store_close(TAKE(h->store));
}

enum err admin_door_ask(const struct admin_hand *h, const struct stream_kind *kind, struct span request,
			admin_record_fn *take, void *arg, struct note *why)
{
	struct records r = { .take = take, .arg = arg, .part = buf_new(2 << 20), .why = why };
	bool is_running;
	enum err e = h->store ? stream_from_store(h->store, kind, request, &r)
			      : stream_from_server(h->folder, kind, request, &r, &is_running);

	buf_clear(&r.part);
	if (e == OK && !r.is_whole)
		return note_set(why, E_NETWORK, "the server's answer was cut");
	return e;
}

enum err admin_door_stream(const char *folder, const struct stream_kind *kind, struct span request,
			   admin_record_fn *take, void *arg, struct note *why)
{
	struct admin_hand hand;
	enum err e = admin_door_take(folder, &hand, why);

	if (e != OK)
		return e;
	e = admin_door_ask(&hand, kind, request, take, arg, why);
	admin_door_let_go(&hand);
	return e;
}

/* ---- calls ---- */

enum err admin_door_call(const char *folder, const struct admin_call *call, struct buf *out, struct note *why)
{
	struct attempt a = { folder, why, 0 };
	bool is_running, again;
	enum err e;

	/* A server that starts or stops holds the store without answering for a moment. */
	do {
		e = call_server(folder, call, &is_running, out, why);
		if (is_running)
			return e;
		if ((e = check_folder(&a)) != OK)
			return e;
		e = try_again(&a, call_store(folder, call, out, why), &again);
	} while (again);
	return e;
}
