#include "server/store/restore.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/fsio.h"
#include "common/log.h"

enum { NAME_SIZE = 64 };

static bool is_there(int folder, const char *name)
{
	struct stat st;

	return fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

bool restore_is_ready(int data_fd)
{
	return is_there(data_fd, RESTORE_FOLDER "/db");
}

/* ---- what is left ---- */

static enum err remove_entry(void *arg, const char *name);

static enum err remove_tree(int folder, const char *name)
{
	int fd;
	enum err e;

	if (unlinkat(folder, name, 0) == 0 || errno == ENOENT)
		return OK;
	if (errno != EISDIR && errno != EPERM)
		return err_from_errno(errno);
	if ((e = fsio_open_folder(folder, name, &fd)) != OK)
		return e;
	e = fsio_list(fd, remove_entry, &fd);
	close(fd);
	if (e != OK)
		return e;
	return unlinkat(folder, name, AT_REMOVEDIR) == 0 ? OK : err_from_errno(errno);
}

static enum err remove_entry(void *arg, const char *name)
{
	int fault = fsio_fault("restore-clean");

	return fault ? err_from_errno(fault) : remove_tree(*(int *)arg, name);
}

/* ---- into place ---- */

static enum err move(int data_fd, const char *from, const char *to)
{
	int fault = fsio_fault("restore-move");

	if (fault)
		return err_from_errno(fault);
	return renameat(data_fd, from, data_fd, to) == 0 ? OK : err_from_errno(errno);
}

/* Each of the two moves may be the last one before a crash: what is still in restore/ is still to come. */
static enum err take_place(int data_fd, const char *name)
{
	char new_name[NAME_SIZE], old_name[NAME_SIZE];
	enum err e;

	snprintf(new_name, sizeof new_name, RESTORE_FOLDER "/%s", name);
	snprintf(old_name, sizeof old_name, RESTORE_FOLDER "/old-%s", name);
	if (!is_there(data_fd, new_name))
		return OK;
	if (is_there(data_fd, name) && (e = move(data_fd, name, old_name)) != OK)
		return e;
	return move(data_fd, new_name, name);
}

static enum err put_in_place(int data_fd)
{
	static const char *const names[] = { "seg", "obj", "tls.key", "tls.crt" };
	static const char *const made[] = { "tmp", "sig" };
	static const char *const stale[] = { "db-wal", "db-shm" };
	enum err e;

	log_info("restore step=\"put in place\"");
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if ((e = take_place(data_fd, names[i])) != OK)
			return e;
	for (size_t i = 0; i < ARRAY_LEN(made); i++)
		if ((e = fsio_make_folder(data_fd, made[i])) != OK)
			return e;
	/* The old database's: with the new one they would be nonsense. */
	for (size_t i = 0; i < ARRAY_LEN(stale); i++)
		if (unlinkat(data_fd, stale[i], 0) != 0 && errno != ENOENT)
			return err_from_errno(errno);
	if ((e = fsio_sync_folder("restore-sync", data_fd)) != OK ||
	    (e = move(data_fd, RESTORE_FOLDER "/db", "db")) != OK)
		return e;
	return fsio_sync_folder("restore-sync", data_fd);
}

enum err restore_finish(int data_fd)
{
	enum err e;

	if (restore_is_ready(data_fd) && (e = put_in_place(data_fd)) != OK)
		return e;
	return is_there(data_fd, RESTORE_FOLDER) ? remove_tree(data_fd, RESTORE_FOLDER) : OK;
}
