#include "client/cmd/difflines.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/ui/human.h"

/* What diff(1) is given has no name that others could guess: open files, by their numbers. */
enum err difflines_show(const struct difflines *d, struct note *why)
{
	autofree char *old = human_quoted(d->old_label), *new = human_quoted(d->new_label);
	static char program[] = "diff", unified[] = "-u", label[] = "--label", first[] = "/dev/fd/3",
		    second[] = "/dev/fd/4";
	char *const args[] = { program, unified, label, old, label, new, first, second, NULL };
	posix_spawn_file_actions_t actions;
	int status = 0, error;
	pid_t pid;

	fflush(stdout);
	/* First out of each other's way, then to their numbers, where they are not closed. */
	int a = fcntl(d->old, F_DUPFD_CLOEXEC, 10), b = fcntl(d->new, F_DUPFD_CLOEXEC, 10);

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, a, 3);
	posix_spawn_file_actions_adddup2(&actions, b, 4);
	error = posix_spawnp(&pid, "diff", &actions, NULL, args, environ);
	posix_spawn_file_actions_destroy(&actions);
	close(a);
	close(b);
	if (error)
		return note_set(why, E_IO, "they differ; diff(1) cannot be run: %s", strerror(error));
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!WIFEXITED(status) || WEXITSTATUS(status) > 1)
		return note_set(why, E_IO, "they differ, and diff(1) could not show how");
	return OK;
}
