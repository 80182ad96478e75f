#include "server/sandbox.h"

#include "common/fsio.h"
#include "tests/unit/test.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

TEST(modes_are_yes_no_and_auto)
{
	enum sandbox_mode mode;

	assert_true(sandbox_mode_from_text("auto", &mode) && mode == SANDBOX_AUTO);
	assert_true(sandbox_mode_from_text("yes", &mode) && mode == SANDBOX_YES);
	assert_true(sandbox_mode_from_text("no", &mode) && mode == SANDBOX_NO);
	assert_false(sandbox_mode_from_text("", &mode));
	assert_false(sandbox_mode_from_text("Yes", &mode));
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

static void *answer(void *arg)
{
	*(int *)arg = 42;
	return NULL;
}

static bool makes_threads(void)
{
	pthread_t thread;
	int answered = 0;

	return pthread_create(&thread, NULL, answer, &answered) == 0 && pthread_join(thread, NULL) == 0 &&
	       answered == 42;
}

static void *forbidden_here(void *arg)
{
	sem_wait(arg);
	return (void *)(intptr_t)(fork() == -1 && errno == EPERM);
}

/* What went wrong, as a number; 0: nothing. */
static int live_in_sandbox(void)
{
	char *const argv[] = { (char *)"true", NULL };
	pthread_t before;
	struct note why;
	void *refused;
	sem_t go;

	sem_init(&go, 0, 0);
	if (pthread_create(&before, NULL, forbidden_here, &go) != 0)
		return 1;
	sandbox_hide_memory(SANDBOX_YES);
	if (prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0)
		return 2;
	if (sandbox_enter(SANDBOX_YES, &why) != OK)
		return 3;
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
		return 4;
	if (execv("/bin/true", argv) != -1 || errno != EPERM)
		return 5;
	if (fork() != -1 || errno != EPERM)
		return 6;
	if (mount("none", "/mnt", "tmpfs", 0, NULL) != -1 || errno != EPERM)
		return 7;
	if (!makes_threads())
		return 8;
	sem_post(&go);
	if (pthread_join(before, &refused) != 0 || !refused)
		return 9; /* a thread from before is in it as well */
	return 0;
}

TEST(a_call_that_is_not_allowed_kills_where_a_test_wants_it)
{
	pid_t child = fork();
	struct note why;
	int status;

	if (child == 0) {
		fsio_fault_set("sandbox:1:EIO");
		if (sandbox_enter(SANDBOX_YES, &why) != OK || !makes_threads() || getppid() <= 0)
			_exit(1);
		fork();
		_exit(2);
	}
	assert_true(child > 0 && waitpid(child, &status, 0) == child);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGSYS);
}

TEST(in_the_sandbox_threads_are_made_but_no_programs_started_and_nothing_mounted)
{
	pid_t child = fork();
	int status;

	if (child == 0)
		_exit(live_in_sandbox());
	assert_true(child > 0 && waitpid(child, &status, 0) == child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

#else

TEST(a_build_with_sanitizers_says_that_it_has_no_sandbox)
{
	struct note why = { "" };

	assert_int_equal(sandbox_enter(SANDBOX_YES, &why), E_NOT_IMPLEMENTED);
	assert_non_null(strstr(why.text, "sanitizers"));
	assert_int_equal(sandbox_enter(SANDBOX_NO, &why), OK);
}

#endif
