#include "client/editor.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/ui/term.h"

static const char *named(void)
{
	const char *visual = getenv("VISUAL"), *editor = getenv("EDITOR");

	return visual && *visual ? visual : editor && *editor ? editor : NULL;
}

bool editor_is_there(void)
{
	return named() || term_can_ask();
}

/* What is typed in it is the editor's: ctrl-C ends a search there, not us.  A program of its own begins with signals as they come. */
static int spawn(char *const args[], pid_t *out)
{
	posix_spawnattr_t attributes;
	sigset_t keys;
	int error;

	sigemptyset(&keys);
	sigaddset(&keys, SIGINT);
	sigaddset(&keys, SIGQUIT);
	sigaddset(&keys, SIGPIPE);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setsigdefault(&attributes, &keys);
	error = posix_spawnp(out, "sh", NULL, &attributes, args, environ);
	posix_spawnattr_destroy(&attributes);
	return error;
}

enum err editor_open(const char *path, struct note *why)
{
	static const struct sigaction ignore = { .sa_handler = SIG_IGN };
	const char *editor = named() ? named() : "vi";
	/* A variable may hold options, too: the shell takes them apart, as for everybody else who opens editors. */
	autofree char *script = xasprintf("%s \"$@\"", editor), *name = xstrdup(editor), *file = xstrdup(path);
	char *const args[] = { (char[]){ "sh" }, (char[]){ "-c" }, script, name, file, NULL };
	struct sigaction interrupt, quit;
	int status = 0, error;
	pid_t pid;

	sigaction(SIGINT, &ignore, &interrupt);
	sigaction(SIGQUIT, &ignore, &quit);
	error = spawn(args, &pid);
	while (!error && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	sigaction(SIGINT, &interrupt, NULL);
	sigaction(SIGQUIT, &quit, NULL);
	if (error)
		return note_set(why, E_IO, "the editor (%.80s) cannot be run: %s", editor, strerror(error));
	if (WIFSIGNALED(status))
		return note_set(why, E_IO, "the editor (%.80s) was ended by signal %d", editor, WTERMSIG(status));
	if (WEXITSTATUS(status))
		return note_set(why, E_IO, "the editor (%.80s) says that it failed (%d)", editor, WEXITSTATUS(status));
	return OK;
}
