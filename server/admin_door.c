#include "server/admin_door.h"

#include "server/admin_http.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { BACKLOG = 16, CALL_TIMEOUT_S = 60, TRIES = 50, TRY_PAUSE_MS = 100 };

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

enum err admin_door_call(const char *folder, const struct admin_call *call, struct buf *out, struct note *why)
{
	static const struct timespec pause = { .tv_nsec = TRY_PAUSE_MS * 1000000L };
	bool is_running;
	struct stat st;
	enum err e;

	/* A server that starts or stops holds the store without answering for a moment. */
	for (int tries = 0; tries < TRIES; tries++) {
		e = call_server(folder, call, &is_running, out, why);
		if (is_running)
			return e;
		if (stat(folder, &st) != 0)
			return note_set(why, err_from_errno(errno), "%.140s: %s; `syncd serve` makes a store", folder,
					strerror(errno));
		why->text[0] = '\0';
		e = call_store(folder, call, out, why);
		if (e != E_BUSY)
			return e;
		nanosleep(&pause, NULL);
	}
	return e;
}
