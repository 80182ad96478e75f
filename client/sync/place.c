#include "client/sync/place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "client/sync/conflictname.h"
#include "client/sync/names.h"
#include "client/sync/treepath.h"
#include "common/clock.h"
#include "common/fsio.h"
#include "common/rand.h"

enum { TRASH_NAME_SIZE = 256, TRASH_DAYS = 7, TRASH_RANDOM = 4, DATE_SIZE = 32, COPIES_MAX = 1000 };

/* A fault that a test asked for, before an effect or between it and the row that tells of it. */
static enum err fault(const char *point)
{
	int number = fsio_fault(point);

	return number ? err_from_errno(number) : OK;
}

/* The folder that `path` is in, open.  E_PRECONDITION: it is not there, or no folder. */
static enum err open_parent(const struct place *p, const char *path, int *out)
{
	autofree char *parent = treepath_parent(path);
	struct note why;
	enum err e = local_folder_below(p->root, parent, false, out, &why);

	return e == OK ? OK : E_PRECONDITION;
}

/* Errors that mean: not as it was planned. */
static enum err effect_error(int number)
{
	switch (number) {
	case ENOENT:
	case EEXIST:
	case ENOTDIR:
	case EISDIR:
	case ELOOP:
		return E_PRECONDITION;
	default:
		return err_from_errno(number);
	}
}

static bool has_no_flags(int number)
{
	return number == EINVAL || number == ENOSYS || number == ENOTSUP;
}

static bool has_no_links(int number)
{
	return number == EPERM || number == ENOSYS || number == EOPNOTSUPP || number == EMLINK;
}

/* Over nothing.  Where the file system cannot say so in one step, a second name does, for files; for folders we look first. */
static enum err rename_over_nothing(int from, const char *old, int to, const char *new)
{
	struct stat st;

	if (renameat2(from, old, to, new, RENAME_NOREPLACE) == 0)
		return OK;
	if (!has_no_flags(errno))
		return effect_error(errno);
	if (linkat(from, old, to, new, 0) == 0)
		return unlinkat(from, old, 0) == 0 ? OK : err_from_errno(errno);
	if (errno == EEXIST)
		return E_PRECONDITION;
	if (fstatat(to, new, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return E_PRECONDITION;
	return renameat(from, old, to, new) == 0 ? OK : effect_error(errno);
}

static enum err look(int folder, const char *name, struct local_id *out, mode_t *out_mode)
{
	struct stat st;

	if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return err_from_errno(errno);
	*out = local_id_of(&st);
	if (out_mode)
		*out_mode = st.st_mode;
	return OK;
}

bool place_is_content(mode_t mode)
{
	return S_ISREG(mode) || S_ISLNK(mode);
}

/* Is it the file that was planned with?  A rename changes ctime, so that it counts only before. */
static bool is_file(int folder, const char *name, const struct local_id *expected, bool is_renamed)
{
	struct local_id id;
	mode_t mode;

	if (look(folder, name, &id, &mode) != OK || !place_is_content(mode))
		return false;
	if (is_renamed)
		id.ctime_ns = expected->ctime_ns;
	return local_id_equal(&id, expected);
}

static void trash_name(const char *path, char out[TRASH_NAME_SIZE])
{
	char random[2 * TRASH_RANDOM + 1], date[DATE_SIZE] = "";
	time_t now = (time_t)clock_now_s();
	struct tm parts;

	rand_hex(random, TRASH_RANDOM);
	if (localtime_r(&now, &parts))
		strftime(date, sizeof date, "%Y%m%d-%H%M%S", &parts);
	snprintf(out, TRASH_NAME_SIZE, "%s-%s-%.200s", date, random, treepath_name(path));
}

/* ---- files ---- */

/*
 * No second names here either (vfat, exFAT): what is replaced goes to the trash first.  Killed in between nothing is there, while the
 * server has another content than the base: so that is fetched again, and nothing deleted.
 */
static enum err replace_in_two(const struct place *p, const char *temp, int folder, const char *name, const char *trash,
			       const struct local_id *expected)
{
	enum err e = OK;

	if (renameat(folder, name, p->trash, trash) != 0)
		return effect_error(errno);
	if (!is_file(p->trash, trash, expected, true))
		e = E_PRECONDITION;
	if (e == OK && (e = rename_over_nothing(p->temp, temp, folder, name)) == OK)
		return OK;
	/* Back; if the name was taken meanwhile it stays in the trash. */
	return rename_over_nothing(p->trash, trash, folder, name) == OK ? e : E_IO;
}

/* No exchange here: what is replaced gets a second name in the trash, then goes. */
static enum err replace_plainly(const struct place *p, const char *temp, int folder, const char *name,
				const char *trash, const struct local_id *expected)
{
	if (linkat(folder, name, p->trash, trash, 0) != 0)
		return has_no_links(errno) ? replace_in_two(p, temp, folder, name, trash, expected)
					   : effect_error(errno);
	if (!is_file(p->trash, trash, expected, true)) {
		unlinkat(p->trash, trash, 0);
		return E_PRECONDITION;
	}
	return renameat(p->temp, temp, folder, name) == 0 ? OK : err_from_errno(errno);
}

static enum err replace(const struct place *p, const char *temp, int folder, const char *path,
			const struct local_id *expected)
{
	const char *name = treepath_name(path);
	char trash[TRASH_NAME_SIZE];

	if (!is_file(folder, name, expected, false))
		return E_PRECONDITION;
	trash_name(path, trash);
	if (renameat2(p->temp, temp, folder, name, RENAME_EXCHANGE) != 0) {
		if (has_no_flags(errno))
			return replace_plainly(p, temp, folder, name, trash, expected);
		return effect_error(errno);
	}
	if (!is_file(p->temp, temp, expected, true)) {
		/* Somebody changed it between our look and the exchange: back, and nothing of theirs is lost. */
		if (renameat2(p->temp, temp, folder, name, RENAME_EXCHANGE) != 0)
			return err_from_errno(errno);
		return E_PRECONDITION;
	}
	/* What cannot go to the trash stays under its temporary's name: never removed here. */
	return renameat(p->temp, temp, p->trash, trash) == 0 ? OK : err_from_errno(errno);
}

enum err place_file(const struct place *p, const char *temp, const char *path, const struct local_id *expected,
		    struct local_id *out)
{
	autoclose int folder = -1;
	enum err e = fault("sync-effect");

	if (e != OK || (e = open_parent(p, path, &folder)) != OK)
		return e;
	if (expected)
		e = replace(p, temp, folder, path, expected);
	else
		e = rename_over_nothing(p->temp, temp, folder, treepath_name(path));
	if (e == OK)
		e = look(folder, treepath_name(path), out, NULL);
	return e == OK ? fault("sync-effect-done") : e;
}

enum err place_remove_file(const struct place *p, const char *path, const struct local_id *expected)
{
	autoclose int folder = -1;
	char trash[TRASH_NAME_SIZE];
	const char *name = treepath_name(path);
	enum err e = fault("sync-effect");

	if (e != OK || (e = open_parent(p, path, &folder)) != OK)
		return e;
	if (!is_file(folder, name, expected, false))
		return E_PRECONDITION;
	trash_name(path, trash);
	if (renameat(folder, name, p->trash, trash) != 0)
		return effect_error(errno);
	if (!is_file(p->trash, trash, expected, true)) {
		/* Back; if its name was taken meanwhile it stays in the trash, which is said by the error. */
		e = rename_over_nothing(p->trash, trash, folder, name);
		return e == OK ? E_PRECONDITION : E_IO;
	}
	return fault("sync-effect-done");
}

/* ---- names ---- */

/* Where something answers to a name, one that is listed in another normal form is that very one: the file system normalises. */
static bool is_that(const char *listed, const char *name)
{
	return strcmp(listed, name) == 0 || names_is_respelled(listed, name);
}

static enum err stop_at(void *arg, const char *name)
{
	return is_that(name, arg) ? E_CONFLICT : OK;
}

/* By the folder's list: a look would find whatever the file system takes for it. */
static bool is_listed(int folder, const char *name)
{
	return fsio_list(folder, stop_at, (void *)name) == E_CONFLICT;
}

struct twin {
	const char *name, *key;
	bool is_there, is_itself;
};

static enum err see(void *arg, const char *name)
{
	struct twin *t = arg;
	autofree char *key = names_fold(name);

	t->is_itself |= is_that(name, t->name);
	t->is_there |= strcmp(key, t->key) == 0;
	return OK;
}

/* Is there another in the folder that may answer to the name, and not the name?  In doubt there is none. */
static bool has_twin(int folder, const char *name)
{
	autofree char *key = names_fold(name);
	struct twin t = { .name = name, .key = key };

	return fsio_list(folder, see, &t) == OK && t.is_there && !t.is_itself;
}

enum err place_find_name(const struct place *p, const char *path)
{
	autoclose int folder = -1;
	const char *name = treepath_name(path);
	struct stat st;

	if (open_parent(p, path, &folder) != OK)
		return OK;
	if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENAMETOOLONG ? E_TOO_LARGE : OK;
	return is_listed(folder, name) ? OK : E_CONFLICT;
}

/* ---- folders ---- */

enum err place_make_folder(const struct place *p, const char *path)
{
	autoclose int folder = -1;
	struct stat st;
	enum err e = fault("sync-effect");

	if (e != OK || (e = open_parent(p, path, &folder)) != OK)
		return e;
	if (mkdirat(folder, treepath_name(path), 0777) != 0) {
		if (errno != EEXIST)
			return effect_error(errno);
		if (fstatat(folder, treepath_name(path), &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISDIR(st.st_mode) ||
		    !is_listed(folder, treepath_name(path)))
			return E_PRECONDITION;
	}
	return fault("sync-effect-done");
}

enum err place_remove_folder(const struct place *p, const char *path)
{
	autoclose int folder = -1;
	enum err e = fault("sync-effect");

	if (e != OK || (e = open_parent(p, path, &folder)) != OK)
		return e == E_PRECONDITION ? OK : e;
	if (unlinkat(folder, treepath_name(path), AT_REMOVEDIR) != 0 && errno != ENOENT)
		return errno == ENOTEMPTY || errno == EEXIST ? E_CONFLICT : effect_error(errno);
	return fault("sync-effect-done");
}

/* ---- renames ---- */

enum err place_move_aside(const struct place *p, const char *path, const char *host, char **out_copy)
{
	autoclose int folder = -1;
	autofree char *parent = treepath_parent(path);
	const char *name = treepath_name(path);
	char date[DATE_SIZE] = "";
	time_t now = (time_t)clock_now_s();
	struct local_id id;
	struct tm parts;
	mode_t mode;
	enum err e = fault("sync-effect");

	if (localtime_r(&now, &parts))
		strftime(date, sizeof date, "%Y-%m-%d", &parts);
	if (e != OK || (e = open_parent(p, path, &folder)) != OK)
		return e;
	if (look(folder, name, &id, &mode) != OK)
		return E_PRECONDITION;
	for (unsigned number = 1; number < COPIES_MAX; number++) {
		autofree char *copy = conflictname_make(name, S_ISDIR(mode), date, host, number);
		struct stat st;

		if (fstatat(folder, copy, &st, AT_SYMLINK_NOFOLLOW) == 0)
			continue;
		if ((e = rename_over_nothing(folder, name, folder, copy)) == OK) {
			*out_copy = treepath_join(parent, copy);
			return fault("sync-effect-done");
		}
		if (e != E_PRECONDITION || place_is_free(p, path))
			return e;
	}
	return E_IO;
}

static bool is_folder(int folder, const char *name)
{
	struct stat st;

	return fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);
}

enum err place_move(const struct place *p, const char *from, const char *to, const struct local_id *expected,
		    struct local_id *out)
{
	autoclose int old = -1, new = -1;
	const char *old_name = treepath_name(from), *new_name = treepath_name(to);
	enum err e = fault("sync-effect");

	if (e != OK || (e = open_parent(p, from, &old)) != OK || (e = open_parent(p, to, &new)) != OK)
		return e;
	if (expected ? !is_file(old, old_name, expected, false) : !is_folder(old, old_name))
		return E_PRECONDITION;
	if ((e = rename_over_nothing(old, old_name, new, new_name)) != OK)
		return e;
	if (expected && !is_file(new, new_name, expected, true)) {
		e = rename_over_nothing(new, new_name, old, old_name);
		return e == OK ? E_PRECONDITION : e;
	}
	e = look(new, new_name, out, NULL);
	return e == OK ? fault("sync-effect-done") : e;
}

enum err place_exchange(const struct place *p, const char *a, const char *b)
{
	autoclose int folder = -1, other = -1;
	enum err e;

	if ((e = open_parent(p, a, &folder)) != OK || (e = open_parent(p, b, &other)) != OK)
		return e;
	if (renameat2(folder, treepath_name(a), other, treepath_name(b), RENAME_EXCHANGE) == 0)
		return OK;
	return has_no_flags(errno) ? E_NOT_IMPLEMENTED : effect_error(errno);
}

/* Is a folder that `path` would be in a file by now?  Then nothing can be there. */
static bool is_below_a_file(const struct place *p, const char *path)
{
	struct local_id id;
	mode_t mode;

	for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
		autofree char *above = xstrndup(path, (size_t)(slash - path));

		if (place_look(p, above, &id, &mode) != OK)
			return false;
		if (S_ISREG(mode))
			return true;
	}
	return false;
}

bool place_is_free(const struct place *p, const char *path)
{
	autoclose int folder = -1;
	autofree char *parent = treepath_parent(path);
	struct note why;
	struct stat st;
	enum err e = local_folder_below(p->root, parent, false, &folder, &why);

	if (e != OK)
		return e == E_NOT_FOUND || is_below_a_file(p, path);
	if (fstatat(folder, treepath_name(path), &st, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT;
	return has_twin(folder, treepath_name(path)); /* what answers is another */
}

enum err place_look(const struct place *p, const char *path, struct local_id *out, mode_t *out_mode)
{
	autoclose int folder = -1;

	if (open_parent(p, path, &folder) != OK)
		return E_NOT_FOUND;
	return look(folder, treepath_name(path), out, out_mode);
}

/* ---- mode and time ---- */

static bool set_dress(int fd, mode_t mode, const struct place_dress *want)
{
	struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_sec = (time_t)want->mtime_s } };

	mode &= 0777;
	mode = want->is_executable ? mode | (mode & 0444) >> 2 : mode & ~(mode_t)0111;
	return (!want->has_mode || fchmod(fd, mode) == 0) && (!want->mtime_s || futimens(fd, times) == 0);
}

/* A link has no mode. */
static enum err set_link_time(int folder, const char *name, const struct local_id *expected, int64_t mtime_s,
			      struct local_id *out)
{
	struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_sec = (time_t)mtime_s } };

	if (!is_file(folder, name, expected, false))
		return E_PRECONDITION;
	if (mtime_s && utimensat(folder, name, times, AT_SYMLINK_NOFOLLOW) != 0)
		return err_from_errno(errno);
	return look(folder, name, out, NULL);
}

enum err place_set_dress(const struct place *p, const char *path, const struct local_id *expected,
			 const struct place_dress *want, struct local_id *out)
{
	autoclose int folder = -1, fd = -1;
	struct local_id id;
	struct note why;
	struct stat st;
	enum err e = fault("sync-effect");

	if (e != OK || (e = open_parent(p, path, &folder)) != OK)
		return e;
	if (fstatat(folder, treepath_name(path), &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode)) {
		e = set_link_time(folder, treepath_name(path), expected, want->mtime_s, out);
		return e == OK ? fault("sync-effect-done") : e;
	}
	if (local_open(folder, treepath_name(path), false, &fd, &st, &why) != OK)
		return E_PRECONDITION;
	id = local_id_of(&st);
	if (!local_id_equal(&id, expected))
		return E_PRECONDITION;
	if (!set_dress(fd, st.st_mode, want) || fstat(fd, &st) != 0)
		return err_from_errno(errno);
	*out = local_id_of(&st);
	return fault("sync-effect-done");
}

bool place_has_modes(const struct place *p)
{
	static const char name[] = "modes";
	autoclose int fd = openat(p->temp, name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	struct stat without, with;
	bool has;

	has = fd >= 0 && fchmod(fd, 0600) == 0 && fstat(fd, &without) == 0 && fchmod(fd, 0700) == 0 &&
	      fstat(fd, &with) == 0 && !(without.st_mode & S_IXUSR) && (with.st_mode & S_IXUSR);
	unlinkat(p->temp, name, 0);
	return has;
}

bool place_has_links(const struct place *p)
{
	static const char name[] = "link";
	bool has;

	unlinkat(p->temp, name, 0);
	has = symlinkat("none", p->temp, name) == 0;
	unlinkat(p->temp, name, 0);
	return has;
}

/* ---- the trash ---- */

struct purge {
	int folder;
	int64_t before_ns;
};

static enum err purge_one(void *arg, const char *name)
{
	const struct purge *g = arg;
	struct local_id id;

	if (look(g->folder, name, &id, NULL) == OK && id.ctime_ns < g->before_ns)
		unlinkat(g->folder, name, 0);
	return OK;
}

void place_purge(const struct place *p)
{
	int64_t before_ns = clock_now_ns() - TRASH_DAYS * 24 * 3600 * NS_PER_S;

	(void)!fsio_list(p->trash, purge_one, &(struct purge){ p->trash, before_ns });
	(void)!fsio_list(p->temp, purge_one, &(struct purge){ p->temp, before_ns });
}
