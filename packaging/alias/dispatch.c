/*
 * The program named `sync`: one rule.  If argv[1] is a command of the client (client/words.h), the client runs: the
 * `syncc` in this program's own folder, else the one compiled in.  Anything else is for the system's sync; and if that
 * cannot be executed, its work is done here with the system calls, so that `sync` always flushes.  libc only.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/words.h"

#ifndef CLIENT
#define CLIENT "/usr/bin/syncc"
#endif

/* Set for what we execute: two copies of this program must not hand a call to each other for ever. */
#define MARK "SYNC_DISPATCHED"

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

/* Where the package keeps the system's own (shipped as /usr/bin/sync or /bin/sync), then where it is without a package. */
static const char *const originals[] = { "/usr/bin/sync.coreutils", "/bin/sync.coreutils-bin", "/usr/bin/sync",
					 "/bin/sync" };

static const char *const words[] = {
#define DISPATCH_WORD(word, fewest, most, options, synopsis, help, examples) #word,
	CLIENT_COMMANDS(DISPATCH_WORD)
#undef DISPATCH_WORD
};

static bool is_word(const char *text)
{
	for (size_t i = 0; i < LENGTH(words); i++)
		if (strcmp(text, words[i]) == 0)
			return true;
	return false;
}

/* A sudoers line that allows `sync` must not come to allow uploading as root. */
static bool is_privileged(void)
{
	return getauxval(AT_SECURE) || (geteuid() == 0 && getenv("SUDO_COMMAND"));
}

/* The client beside this program; false: the path does not fit. */
static bool path_beside(char *out, size_t size)
{
	ssize_t len = readlink("/proc/self/exe", out, size - 1);
	char *slash;

	if (len <= 0)
		return false;
	out[len] = '\0';
	slash = strrchr(out, '/');
	return slash && (size_t)snprintf(slash + 1, size - (size_t)(slash + 1 - out), "syncc") <
			    size - (size_t)(slash + 1 - out);
}

static int run_client(char **argv)
{
	char path[PATH_MAX];

	if (path_beside(path, sizeof path))
		execv(path, argv);
	execv(CLIENT, argv);
	fprintf(stderr, "sync: %s: %s (for the system command write: sync ./%s)\n", CLIENT, strerror(errno), argv[1]);
	return 127;
}

static bool is_self(const char *path)
{
	struct stat here, there;

	return stat("/proc/self/exe", &here) == 0 && stat(path, &there) == 0 && here.st_dev == there.st_dev &&
	       here.st_ino == there.st_ino;
}

static void run_original(char **argv)
{
	if (getenv(MARK))
		return;
	setenv(MARK, "1", 1);
	for (size_t i = 0; i < LENGTH(originals); i++)
		if (!is_self(originals[i]))
			execv(originals[i], argv);
}

static bool flush_file(const char *path, int (*how)(int))
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	bool done;

	if (fd < 0)
		fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	done = fd >= 0 && how(fd) == 0;
	if (!done)
		fprintf(stderr, "sync: %s: %s\n", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return done;
}

/* The system's sync in system calls: the last resort. */
static int flush(int argc, char **argv)
{
	static const struct {
		const char *letter, *word;
		int (*how)(int);
	} options[] = { { "-f", "--file-system", syncfs }, { "-d", "--data", fdatasync } };
	int (*how)(int) = fsync, files = 0, failed = 0;
	bool options_end = false;

	for (int i = 1; i < argc; i++) {
		size_t n = 0;

		for (; !options_end && n < LENGTH(options); n++)
			if (strcmp(argv[i], options[n].letter) == 0 || strcmp(argv[i], options[n].word) == 0)
				break;
		if (!options_end && n < LENGTH(options)) {
			how = options[n].how;
		} else if (!options_end && strcmp(argv[i], "--") == 0) {
			options_end = true;
		} else {
			files++;
			failed |= !flush_file(argv[i], how);
		}
	}
	if (files == 0)
		sync();
	return failed;
}

int main(int argc, char **argv)
{
	struct stat st;

	if (argc > 1 && is_word(argv[1])) {
		if (!is_privileged())
			return run_client(argv);
		if (lstat(argv[1], &st) != 0)
			fprintf(stderr, "sync: under sudo this is the system's sync; the client is:  syncc %s\n",
				argv[1]);
	}
	run_original(argv);
	return flush(argc, argv);
}
