#include "client/sync/possible.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "client/sync/names.h"
#include "common/fsio.h"

static const char folder_name[] = "names";

static const char characters[] = "this file system takes none of \\ : * ? \" < > | in a name: rename it on the server",
		  ending[] = "this file system takes no name that ends in a dot or a blank: rename it on the server",
		  device[] = "this file system keeps that name for a device: rename it on the server",
		  too_long[] = "its name is too long for this file system: rename it on the server",
		  refused[] = "this file system does not take its name: rename it on the server",
		  another[] = "this file system would give it another name: rename it on the server";

/* ---- trying a name ---- */

enum trial { TRIAL_OK, TRIAL_UNKNOWN, TRIAL_REFUSED, TRIAL_TOO_LONG, TRIAL_RESPELLED, TRIAL_ANOTHER };

struct listed {
	const char *name;
	enum trial trial;
};

static enum err see(void *arg, const char *name)
{
	struct listed *l = arg;

	l->trial = strcmp(name, l->name) == 0          ? TRIAL_OK
		   : names_is_respelled(name, l->name) ? TRIAL_RESPELLED
						       : TRIAL_ANOTHER;
	return OK;
}

static enum trial of_error(int number)
{
	switch (number) {
	case ENAMETOOLONG:
		return TRIAL_TOO_LONG;
	case EINVAL: /* of kernel drivers and NTFS-3G; the others of FUSE's */
	case EILSEQ:
	case ENOENT:
	case EPERM:
	case EACCES:
	case EOPNOTSUPP:
	case EBADMSG:
		return TRIAL_REFUSED;
	default:
		return TRIAL_UNKNOWN;
	}
}

/* What becomes of a file of that name, in a folder with nothing in it. */
static enum trial try_name(int folder, const char *name)
{
	struct listed l = { name, TRIAL_UNKNOWN };
	int fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return of_error(errno);
	close(fd);
	if (fsio_list(folder, see, &l) != OK)
		l.trial = TRIAL_UNKNOWN;
	unlinkat(folder, name, 0);
	return l.trial;
}

static enum err remove_one(void *arg, const char *name)
{
	unlinkat(*(int *)arg, name, 0);
	return OK;
}

/* An empty folder to try them in; -1: there is none to be had. */
static int open_folder(int temp)
{
	int fd;

	if (mkdirat(temp, folder_name, 0700) != 0 && errno != EEXIST)
		return -1;
	if ((fd = openat(temp, folder_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)) >= 0)
		(void)!fsio_list(fd, remove_one, &fd); /* what a kill left */
	return fd;
}

static void close_folder(int temp, int fd)
{
	if (fd >= 0)
		close(fd);
	unlinkat(temp, folder_name, AT_REMOVEDIR);
}

bool possible_is_normalising(const struct place *p)
{
	int fd = open_folder(p->temp);
	bool is =
	    fd >= 0 && (try_name(fd, "\xc3\xa9") == TRIAL_RESPELLED || try_name(fd, "e\xcc\x81") == TRIAL_RESPELLED);

	close_folder(p->temp, fd);
	return is;
}

/* ---- asking ---- */

void possible_init(struct possible *k, const struct place *p)
{
	*k = (struct possible){ .folder = -1, .temp = p->temp };
}

void possible_clear(struct possible *k)
{
	if (k->folder >= 0)
		close_folder(k->temp, k->folder);
	k->folder = -1;
}

/* Most do not care for names at all; one that takes not even a plain one is not asked further. */
static void ask(struct possible *k)
{
	static const char *const odd[] = { "a\\:*?\"<>|b", "dot.",      "blank ",   " blank",          "CON",
					   "aux.txt",      "e\xcc\x81", "\xc3\xa9", "\xf0\x9f\x98\x80" };

	k->folder = open_folder(k->temp);
	k->takes_all = true;
	if (k->folder < 0 || try_name(k->folder, "plain") != TRIAL_OK)
		return;
	for (size_t i = 0; i < ARRAY_LEN(odd) && k->takes_all; i++)
		k->takes_all = try_name(k->folder, odd[i]) == TRIAL_OK;
}

static bool is_device(const char *name)
{
	static const char *const words[] = {
		"con", "prn", "aux", "nul", "com#", "lpt#", "conin$", "conout$", "clock$"
	};
	size_t len = strcspn(name, ".");

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		size_t n = strlen(words[i]), stem = n - (words[i][n - 1] == '#');

		if (len == n && strncasecmp(name, words[i], stem) == 0 &&
		    (stem == n || (name[stem] >= '0' && name[stem] <= '9')))
			return true;
	}
	return false;
}

/* What a name has that some file systems do not take; NULL: nothing that anybody knows of. */
static const char *oddity(const char *name)
{
	size_t len = strlen(name);

	if (strpbrk(name, "\\:*?\"<>|"))
		return characters;
	if (len && (name[len - 1] == '.' || name[len - 1] == ' '))
		return ending;
	if (is_device(name))
		return device;
	for (const char *c = name; *c; c++)
		if ((unsigned char)*c >= 0x80)
			return refused;
	return *name == ' ' ? refused : NULL;
}

const char *possible_why_not(struct possible *k, const char *name)
{
	const char *odd = oddity(name);

	if (!odd)
		return NULL;
	if (k->folder < 0 && !k->takes_all)
		ask(k);
	if (k->takes_all)
		return NULL;
	switch (try_name(k->folder, name)) {
	case TRIAL_REFUSED:
		return odd;
	case TRIAL_TOO_LONG:
		return too_long;
	case TRIAL_ANOTHER:
		return odd == ending ? ending : another;
	case TRIAL_RESPELLED: /* the scan knows it by its name all the same, if that is one of the two usual forms */
		return names_is_usual_form(name) ? NULL : another;
	default:
		return NULL;
	}
}
