#include "server/confine.h"
#include "tests/unit/test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NO_LANDLOCK = 77 };

static bool makes(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT, 0600);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static bool binds(const char *path)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0), result;

	snprintf(at.sun_path, sizeof at.sun_path, "%s", path);
	result = bind(fd, (struct sockaddr *)&at, sizeof at);
	close(fd);
	return result == 0;
}

static bool is_refused(bool done)
{
	return !done && (errno == EACCES || errno == EPERM);
}

/* What went wrong, as a number; 0: nothing. */
static int live_confined(void)
{
	char byte;
	struct config config;
	struct note why;
	enum err e;

	config_init(&config);
	if (config_set(&config, "sandbox", "yes", CONFIG_FLAG, &why) != OK ||
	    config_set(&config, "listen", "unix:confined/sockets/s", CONFIG_FLAG, &why) != OK)
		return 1;
	if ((e = confine(&config, "confined/store", &why)) != OK)
		return e == E_NOT_IMPLEMENTED ? NO_LANDLOCK : 2;
	config_clear(&config);
	/* In the store all that a store does. */
	if (!makes("confined/store/new") || mkdir("confined/store/sub", 0700) != 0 ||
	    rename("confined/store/new", "confined/store/sub/new") != 0 || unlink("confined/store/sub/new") != 0 ||
	    rmdir("confined/store/sub") != 0)
		return 3;
	/* A socket where it is said to be. */
	if (!binds("confined/sockets/s") || unlink("confined/sockets/s") != 0)
		return 4;
	/* Elsewhere nothing is made, changed, moved, removed or run; what is there is read. */
	if (!is_refused(makes("confined/other/new")) || !is_refused(makes("confined/other/file")) ||
	    !is_refused(unlink("confined/other/file") == 0) ||
	    !is_refused(rename("confined/other/file", "confined/other/moved") == 0) ||
	    !is_refused(mkdir("confined/other/sub", 0700) == 0) || !is_refused(binds("confined/other/s")))
		return 5;
	int fd = open("confined/other/file", O_RDONLY);
	if (fd < 0 || read(fd, &byte, 1) != 0)
		return 6;
	execl("/bin/true", "true", (char *)NULL);
	return errno == EACCES ? 0 : 7;
}

static void remove_all(void)
{
	static const char *const files[] = { "confined/other/file", "confined/other", "confined/sockets",
					     "confined/store", "confined" };

	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		if (unlink(files[i]) != 0)
			rmdir(files[i]);
}

TEST(confined_it_writes_in_the_store_alone)
{
	int status = -1;
	pid_t child;

	remove_all();
	assert_int_equal(mkdir("confined", 0700), 0);
	assert_int_equal(mkdir("confined/other", 0700), 0);
	assert_int_equal(mkdir("confined/sockets", 0700), 0);
	assert_true(makes("confined/other/file"));
	if ((child = fork()) == 0)
		_exit(live_confined());
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	remove_all();
	if (WEXITSTATUS(status) == NO_LANDLOCK)
		skip();
	assert_int_equal(WEXITSTATUS(status), 0);
}
