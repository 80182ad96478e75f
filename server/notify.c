#include "server/notify.h"

#include "common/span.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { FIRST_FD = 3 }; /* SD_LISTEN_FDS_START */

void notify_send(const char *state)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	size_t len = path ? strlen(path) : 0;

	if (!len || len >= sizeof to.sun_path)
		return;
	autoclose int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	memcpy(to.sun_path, path, len);
	if (path[0] == '@')
		to.sun_path[0] = '\0'; /* the abstract namespace */
	/* Best effort: a supervisor that does not listen does not wait for us either. */
	(void)!sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&to,
		      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len));
}

/* A number from the environment, and whether the PID that goes with it is ours.  -1: not for us. */
static int64_t number_for_us(const char *name, const char *pid_name, bool needs_pid)
{
	const char *text = getenv(name), *pid_text = getenv(pid_name);
	int64_t value, pid;

	if (!text || !span_to_int64(span_of(text), &value))
		return -1;
	if (!pid_text)
		return needs_pid ? -1 : value;
	return span_to_int64(span_of(pid_text), &pid) && pid == getpid() ? value : -1;
}

static bool is_listening_stream(int fd)
{
	int type = 0, listening = 0;
	socklen_t len = sizeof type;

	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) != 0 || type != SOCK_STREAM)
		return false;
	len = sizeof listening;
	return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len) == 0 && listening;
}

unsigned notify_inherit(int out[NOTIFY_FDS_LIMIT], enum err *out_error, struct note *why)
{
	int64_t count = number_for_us("LISTEN_FDS", "LISTEN_PID", true);

	*out_error = OK;
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDNAMES");
	if (count <= 0)
		return 0;
	if (count > NOTIFY_FDS_LIMIT) {
		*out_error = note_set(why, E_USAGE, "more than %d inherited sockets", NOTIFY_FDS_LIMIT);
		return 0;
	}
	for (int i = 0; i < count; i++) {
		out[i] = FIRST_FD + i;
		if (!is_listening_stream(out[i])) {
			*out_error =
			    note_set(why, E_USAGE, "inherited descriptor %d is not a listening stream socket", out[i]);
			return 0;
		}
		fcntl(out[i], F_SETFD, FD_CLOEXEC);
	}
	return (unsigned)count;
}

int64_t notify_watchdog_ms(void)
{
	int64_t microseconds = number_for_us("WATCHDOG_USEC", "WATCHDOG_PID", false);

	return microseconds > 0 ? MAX(microseconds / 2000, 1) : 0;
}
