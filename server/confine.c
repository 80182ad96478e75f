#include "server/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/landlock.h>

#include "common/fsio.h"
#include "common/log.h"

/* Counts of what ran are written beside the objects. */
#ifndef HAS_COVERAGE
#define HAS_COVERAGE 0
#endif

/* With the first version no file could be renamed from one folder to another. */
enum { VERSION_NEEDED = 2 };

static const uint64_t writes = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |
			       LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR |
			       LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_REFER;

/* What nobody needs anywhere. */
static const uint64_t never = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_MAKE_CHAR |
			      LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |
			      LANDLOCK_ACCESS_FS_MAKE_SYM;

/* 0, or a negative errno. */
static int allow_below(int rules, const char *folder)
{
	autoclose int fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct landlock_path_beneath_attr rule = { .allowed_access = writes, .parent_fd = fd };

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno; /* who needs it will say so */
	return syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0 ? 0 : -errno;
}

/* The folder of a unix: socket, which the listener makes and removes there. */
static int allow_socket(int rules, const char *listen)
{
	static const char unix_prefix[] = "unix:";
	autofree char *path = NULL;

	if (strncmp(listen, unix_prefix, sizeof unix_prefix - 1) != 0)
		return 0;
	path = xstrdup(listen + sizeof unix_prefix - 1);
	return allow_below(rules, dirname(path));
}

/* 0, or a negative errno. */
static int allow_all(int rules, const struct config *config, const char *folder)
{
	int result = allow_below(rules, folder);

	for (unsigned i = 0; i < config->listen.count && result == 0; i++)
		result = allow_socket(rules, config->listen.items[i]);
	return result;
}

/* 0, or a negative errno. */
static int restrict_self(const struct config *config, const char *folder)
{
	struct landlock_ruleset_attr handled = { .handled_access_fs = writes | never };
	autoclose int rules = -1;
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	int result;

	if (version < 0)
		return -errno;
	if (version < VERSION_NEEDED)
		return -ENOSYS;
	rules = (int)syscall(SYS_landlock_create_ruleset, &handled, sizeof handled, 0);
	if (rules < 0)
		return -errno;
	if ((result = allow_all(rules, config, folder)) < 0)
		return result;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return -errno;
	return syscall(SYS_landlock_restrict_self, rules, 0) == 0 ? 0 : -errno;
}

enum err confine(const struct config *config, const char *folder, struct note *why)
{
	autofree char *temporary = xasprintf("%s/tmp", folder);
	int result;

	if (config->sandbox == SANDBOX_NO || HAS_COVERAGE || fsio_make_path(folder) != OK)
		return OK; /* without a folder the store will say why */
	/* SQLite sorts what is large in a file; the usual places for that are closed. */
	setenv("SQLITE_TMPDIR", temporary, 1);
	if ((result = restrict_self(config, folder)) == 0)
		return OK;
	if (config->sandbox == SANDBOX_YES)
		return note_set(why, E_NOT_IMPLEMENTED, "sandbox = yes, but there is no Landlock here: %s",
				strerror(-result));
	log_info("leave_out sandbox=landlock reason=\"%s\"", strerror(-result));
	return OK;
}
