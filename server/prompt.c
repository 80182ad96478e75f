#include "server/prompt.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static volatile sig_atomic_t caught;

static void on_signal(int number)
{
	caught = number;
}

/* These would leave a terminal without echo behind. */
static const int deadly[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP };

struct signals {
	struct sigaction actions[ARRAY_LEN(deadly)];
	sigset_t mask;
};

/* They are let in by ppoll() alone: one that came just before a read() would not end it. */
static void catch_deadly(struct signals *old)
{
	struct sigaction ours = { .sa_handler = on_signal };
	sigset_t held;

	caught = 0;
	sigemptyset(&held);
	for (size_t i = 0; i < ARRAY_LEN(deadly); i++) {
		sigaddset(&held, deadly[i]);
		sigaction(deadly[i], &ours, &old->actions[i]);
	}
	sigprocmask(SIG_BLOCK, &held, &old->mask);
}

static void release_deadly(const struct signals *old)
{
	for (size_t i = 0; i < ARRAY_LEN(deadly); i++)
		sigaction(deadly[i], &old->actions[i], NULL);
	sigprocmask(SIG_SETMASK, &old->mask, NULL);
}

/* Until there is something to read, letting signals in as `mask` (NULL: as they are).  False: one was caught. */
static bool wait_for_input(const sigset_t *mask)
{
	struct pollfd stdin_fd = { .fd = STDIN_FILENO, .events = POLLIN };

	while (ppoll(&stdin_fd, 1, NULL, mask) < 0 && errno == EINTR && !caught)
		;
	return !caught;
}

/* One line without its end, byte by byte: what follows is not ours to take. */
static enum err read_line(const sigset_t *mask, char *out, size_t size, struct note *why)
{
	size_t len = 0;
	char ch = '\0';

	for (;;) {
		ssize_t n;

		if (!wait_for_input(mask))
			return E_INTERRUPTED;
		n = read(STDIN_FILENO, &ch, 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return note_set(why, E_IO, "stdin: %s", strerror(errno));
		if (n == 0 || ch == '\n')
			break;
		if (len == size - 1)
			return note_set(why, E_USAGE, "that is longer than %zu bytes", size - 1);
		out[len++] = ch;
	}
	if (len && out[len - 1] == '\r')
		len--;
	out[len] = '\0';
	if (!len)
		return note_set(why, E_USAGE, "nothing came from stdin");
	return strlen(out) == len ? OK : note_set(why, E_USAGE, "a NUL is in it");
}

static enum err ask(const sigset_t *mask, const char *question, char *out, size_t size, struct note *why)
{
	enum err e;

	fprintf(stderr, "%s: ", question);
	e = read_line(mask, out, size, why);
	fputc('\n', stderr); /* the one that was typed was not shown */
	return e;
}

static enum err ask_twice(const sigset_t *mask, const char *what, char *out, size_t size, struct note *why)
{
	autofree char *again = xcalloc(1, size);
	autofree char *question = xasprintf("%s, once more", what);
	enum err e;

	if ((e = ask(mask, what, out, size, why)) == OK && (e = ask(mask, question, again, size, why)) == OK &&
	    strcmp(out, again) != 0)
		e = note_set(why, E_USAGE, "the two are not the same");
	explicit_bzero(again, size);
	return e;
}

enum err prompt_new_secret(const char *what, char *out, size_t size, struct note *why)
{
	struct signals old;
	struct termios shown, hidden;
	enum err e;

	if (tcgetattr(STDIN_FILENO, &shown) != 0)
		return read_line(NULL, out, size, why); /* no terminal */
	hidden = shown;
	hidden.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
	catch_deadly(&old);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
	e = ask_twice(&old.mask, what, out, size, why);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
	release_deadly(&old);
	if (e == E_INTERRUPTED)
		raise(caught);
	return e;
}
