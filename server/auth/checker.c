/* The server's end.  The keeper cannot be started anew once the sandbox is closed: without it passwords of PAM are 503. */
#include "server/auth/checker_priv.h"

#include "common/clock.h"
#include "common/log.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATIENCE_MS = CHECKER_DEADLINE_MS + 5000, COMPLAIN_S = 60 };

/* No system has a user of that name: a colon would end it in passwd(5). */
static const char NOBODY[] = ":nobody", NO_SECRET[] = "incorrect";

struct checker {
	char *service;
	int control;
	pid_t keeper;
	pthread_mutex_t lock;
	int64_t complained_ns; /* under the lock */
};

enum err checker_start(const char *service, struct checker **out, struct note *why)
{
	struct checker *c = xcalloc(1, sizeof *c);
	int ends[2] = { -1, -1 };

	c->control = -1;
	c->service = xstrdup(service);
	pthread_mutex_init(&c->lock, NULL);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0) {
		c->control = ends[0];
		c->keeper = fork();
	}
	if (c->control < 0 || c->keeper < 0) {
		note_set(why, E_IO, "no process to check passwords: %s", strerror(errno));
		if (c->control >= 0)
			close(ends[1]);
		checker_free(c);
		return E_IO;
	}
	if (c->keeper == 0) {
		close(c->control);
		checker_keep(ends[1], service);
	}
	close(ends[1]);
	*out = c;
	return OK;
}

void checker_free(struct checker *c)
{
	if (!c)
		return;
	if (c->control >= 0)
		close(c->control);
	if (c->keeper > 0)
		waitpid(c->keeper, NULL, 0);
	pthread_mutex_destroy(&c->lock);
	free(c->service);
	free(c);
}

static enum err complain(struct checker *c, const char *reason)
{
	int64_t now_ns = clock_monotonic_ns();
	bool is_due;

	pthread_mutex_lock(&c->lock);
	is_due = !c->complained_ns || now_ns - c->complained_ns > COMPLAIN_S * NS_PER_S;
	if (is_due)
		c->complained_ns = now_ns;
	pthread_mutex_unlock(&c->lock);
	if (is_due)
		log_error("check_password pam=%s error=%s", QUOTED(c->service), QUOTED(reason));
	return E_BUSY;
}

/* unix(7), SCM_RIGHTS. */
static bool hand_over(int control, int fd)
{
	union {
		struct cmsghdr head;
		char space[CMSG_SPACE(sizeof fd)];
	} rights = { .head = { .cmsg_len = CMSG_LEN(sizeof fd), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS } };
	char byte = 0;
	struct iovec data = { &byte, 1 };
	struct msghdr message = {
		.msg_iov = &data, .msg_iovlen = 1, .msg_control = rights.space, .msg_controllen = sizeof rights.space
	};

	memcpy(CMSG_DATA(&rights.head), &fd, sizeof fd);
	return sendmsg(control, &message, MSG_NOSIGNAL) == 1;
}

static bool send_question(int fd, const struct checker_question *q)
{
	struct checker_packet packet = { .user = "" };
	bool ok;

	snprintf(packet.user, sizeof packet.user, "%s", q->user ? q->user : NOBODY);
	snprintf(packet.secret, sizeof packet.secret, "%s", q->user ? q->secret : NO_SECRET);
	snprintf(packet.address, sizeof packet.address, "%s", q->address);
	ok = send(fd, &packet, sizeof packet, MSG_NOSIGNAL) == (ssize_t)sizeof packet;
	explicit_bzero(&packet, sizeof packet);
	return ok;
}

static enum err take_verdict(struct checker *c, int fd)
{
	struct pollfd waiting = { .fd = fd, .events = POLLIN };
	struct checker_verdict verdict;

	if (poll(&waiting, 1, PATIENCE_MS) <= 0)
		return complain(c, "no answer in time");
	if (recv(fd, &verdict, sizeof verdict, 0) != (ssize_t)sizeof verdict)
		return complain(c, "the process that asked PAM crashed, or was ended since it took too long");
	return verdict.error == E_BUSY ? complain(c, verdict.why.text) : verdict.error;
}

enum err checker_ask(struct checker *c, const struct checker_question *q)
{
	autoclose int ours = -1;
	int ends[2], error;
	bool is_taken;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
		return complain(c, strerror(errno));
	ours = ends[0];
	is_taken = hand_over(c->control, ends[1]);
	error = errno;
	close(ends[1]);
	if (!is_taken)
		return complain(c, error == EPIPE || error == ECONNRESET || error == ENOTCONN
				       ? "the process that starts the checks is gone: restart syncd"
				       : strerror(error));
	return send_question(ours, q) ? take_verdict(c, ours) : complain(c, strerror(errno));
}
