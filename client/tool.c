#include "client/tool.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FIRST_FD = 3, OUT_OF_THE_WAY_FD = 10 };

static int wait_for(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	errno = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int tool_run(const char *const argv[], const int *files, size_t count, int out)
{
	posix_spawn_file_actions_t actions;
	int copies[TOOL_FILES_MAX + 1], error;
	pid_t pid;

	assert(count <= TOOL_FILES_MAX);
	posix_spawn_file_actions_init(&actions);
	/* First out of each other's way, then to their numbers, where they are not closed. */
	for (size_t i = 0; i <= count; i++) {
		copies[i] = fcntl(i < count ? files[i] : out, F_DUPFD_CLOEXEC, OUT_OF_THE_WAY_FD);
		posix_spawn_file_actions_adddup2(&actions, copies[i], i < count ? FIRST_FD + (int)i : STDOUT_FILENO);
	}
	error = posix_spawnp(&pid, argv[0], &actions, NULL, (char *const *)(uintptr_t)argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	for (size_t i = 0; i <= count; i++)
		close(copies[i]);
	if (error) {
		errno = error;
		return -1;
	}
	return wait_for(pid);
}
