/* The keeper: one loop, no memory to speak of, no secrets. */
#include "server/auth/checker_priv.h"

#include "common/clock.h"
#include "common/span.h"
#include "server/auth/pam.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct child {
	pid_t pid; /* 0: free */
	int64_t until_ns;
};

struct keeper {
	int control, signals;
	const char *service;
	struct child children[CHECKER_AT_ONCE];
};

/* ---- the process of one question ---- */

_Noreturn static void answer(const char *service, int fd)
{
	struct checker_packet q = { .user = "" };
	struct checker_verdict verdict = { .error = E_BUSY };
	sigset_t none;

	setsid();                         /* what modules start goes with us */
	prctl(PR_SET_PDEATHSIG, SIGKILL); /* and nobody is left who would time us */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	if (recv(fd, &q, sizeof q, 0) == (ssize_t)sizeof q && memchr(q.user, 0, sizeof q.user) &&
	    memchr(q.secret, 0, sizeof q.secret) && memchr(q.address, 0, sizeof q.address))
		verdict.error = pam_check(service, q.user, q.secret, q.address, &verdict.why);
	explicit_bzero(&q, sizeof q);
	(void)!send(fd, &verdict, sizeof verdict, MSG_NOSIGNAL);
	_exit(0);
}

/* ---- the keeper ---- */

static struct child *free_child(struct keeper *k)
{
	for (size_t i = 0; i < CHECKER_AT_ONCE; i++)
		if (!k->children[i].pid)
			return &k->children[i];
	return NULL;
}

/* With all that it started; also when it has ended and is not yet buried, so that the number is still its own. */
static void end_child(const struct child *c)
{
	kill(-c->pid, SIGKILL);
	kill(c->pid, SIGKILL);
}

/* -1: the server has gone. */
static int take_question(int control)
{
	union {
		struct cmsghdr head;
		char space[CMSG_SPACE(sizeof(int))];
	} rights;
	char byte;
	struct iovec data = { &byte, 1 };
	struct msghdr message = {
		.msg_iov = &data, .msg_iovlen = 1, .msg_control = rights.space, .msg_controllen = sizeof rights.space
	};
	const struct cmsghdr *head;
	int fd = -1;

	if (recvmsg(control, &message, MSG_CMSG_CLOEXEC) <= 0)
		return -1;
	head = CMSG_FIRSTHDR(&message);
	if (head && head->cmsg_type == SCM_RIGHTS && head->cmsg_len == CMSG_LEN(sizeof fd))
		memcpy(&fd, CMSG_DATA(head), sizeof fd);
	return fd;
}

/* Who asks sees its socket closed when there is no process to be had. */
static void start_child(struct keeper *k, struct child *c, int fd)
{
	pid_t pid = fork();

	if (pid == 0) {
		close(k->control);
		close(k->signals);
		answer(k->service, fd);
	}
	close(fd);
	if (pid > 0)
		*c = (struct child){ pid, clock_monotonic_ns() + CHECKER_DEADLINE_MS * NS_PER_MS };
}

static struct child *child_of(struct keeper *k, pid_t pid)
{
	for (size_t i = 0; i < CHECKER_AT_ONCE; i++)
		if (k->children[i].pid == pid)
			return &k->children[i];
	return NULL;
}

/* What a question's process has started and left behind comes to us (PR_SET_CHILD_SUBREAPER), also from a session of its own. */
static void end_orphans(struct keeper *k)
{
	autoclose int fd = open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
	char text[1024];
	ssize_t len = fd < 0 ? 0 : read(fd, text, sizeof text);
	struct span rest = { text, (size_t)MAX(len, 0) }, word;
	int64_t pid;

	while (span_cut(&rest, ' ', &word))
		if (span_to_int64(word, &pid) && pid > 1 && !child_of(k, (pid_t)pid))
			kill((pid_t)pid, SIGKILL);
}

static void bury(struct keeper *k)
{
	for (;;) {
		siginfo_t info = { .si_pid = 0 };
		struct child *c;

		if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || !info.si_pid)
			break;
		c = child_of(k, info.si_pid);
		if (c)
			end_child(c);
		waitpid(info.si_pid, NULL, 0);
		if (c)
			c->pid = 0;
		end_orphans(k);
	}
}

/* Ends who took too long; in how many milliseconds the next one does, -1: nobody. */
static int end_late(struct keeper *k)
{
	int64_t now_ns = clock_monotonic_ns(), next_ns = INT64_MAX;

	for (size_t i = 0; i < CHECKER_AT_ONCE; i++) {
		struct child *c = &k->children[i];

		if (!c->pid)
			continue;
		if (c->until_ns <= now_ns)
			end_child(c);
		else
			next_ns = MIN(next_ns, c->until_ns);
	}
	return next_ns == INT64_MAX ? -1 : (int)((next_ns - now_ns) / NS_PER_MS + 1);
}

/* Signals of the terminal and of a service manager are for the server; when it has ended, so do we. */
static int open_signals(void)
{
	sigset_t all, child;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	return signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void settle(int control)
{
	struct rlimit cores = { 0, 0 };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	prctl(PR_SET_NAME, "syncd-pam");
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	setrlimit(RLIMIT_CORE, &cores); /* the processes of the questions hold passwords */
	if (null >= 0) {
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
		close(null);
	}
	/* A socket of the service manager's, say: not ours to hold open. */
	if (control > STDERR_FILENO + 1)
		close_range(STDERR_FILENO + 1, (unsigned)control - 1, 0);
	close_range((unsigned)control + 1, ~0u, 0);
}

void checker_keep(int control, const char *service)
{
	struct keeper k = { .control = control, .service = service };
	struct pollfd fds[2];

	settle(control);
	k.signals = open_signals();
	for (;;) {
		struct signalfd_siginfo info;
		int fd, wait_ms = end_late(&k);

		fds[0] = (struct pollfd){ .fd = k.signals, .events = POLLIN };
		fds[1] = (struct pollfd){ .fd = free_child(&k) ? control : -1, .events = POLLIN };
		if (poll(fds, ARRAY_LEN(fds), wait_ms) < 0 && errno != EINTR)
			break;
		while (read(k.signals, &info, sizeof info) > 0)
			;
		bury(&k);
		if (!fds[1].revents)
			continue;
		if ((fd = take_question(control)) < 0)
			break;
		start_child(&k, free_child(&k), fd);
	}
	for (size_t i = 0; i < CHECKER_AT_ONCE; i++)
		if (k.children[i].pid)
			end_child(&k.children[i]);
	_exit(0);
}
