#include "server/where.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char WHERE_SITE_CONFIG[] = "/etc/syncd/syncd.conf";

static const char *env(const char *name)
{
	const char *value = getenv(name);

	return value && value[0] ? value : NULL;
}

static enum err personal(char **out, struct note *why)
{
	const char *data = env("XDG_DATA_HOME"), *home = env("HOME");

	if (data)
		*out = xasprintf("%s/syncd", data);
	else if (home)
		*out = xasprintf("%s/.local/share/syncd", home);
	else
		return note_set(why, E_USAGE, "no store named, and neither XDG_DATA_HOME nor HOME is set");
	return OK;
}

enum err where_to_serve(const char *named, const struct config *config, char **out, struct note *why)
{
	const char *state = env("STATE_DIRECTORY");

	if (!named)
		named = config->store;
	if (named) {
		*out = xstrdup(named);
		return OK;
	}
	if (state) { /* systemd.exec(5): several are separated by colons; ours names one */
		*out = xstrndup(state, strcspn(state, ":"));
		return OK;
	}
	return personal(out, why);
}

/* The site's store, if it is the caller's to administer; NULL: it is not, or there is none. */
static char *site_store(void)
{
	struct config config;
	struct note why;
	struct stat st;
	char *store = NULL;

	config_init(&config);
	if (config_load(&config, WHERE_SITE_CONFIG, &why) == OK && config.store && stat(config.store, &st) == 0 &&
	    (geteuid() == 0 || geteuid() == st.st_uid))
		store = TAKE(config.store);
	config_clear(&config);
	return store;
}

void where_site_config(const char *folder, struct config *out)
{
	struct stat theirs, ours;
	struct note why;

	config_init(out);
	if (config_load(out, WHERE_SITE_CONFIG, &why) == OK && out->store && stat(out->store, &theirs) == 0 &&
	    stat(folder, &ours) == 0 && theirs.st_dev == ours.st_dev && theirs.st_ino == ours.st_ino)
		return;
	config_clear(out);
	config_init(out);
}

enum err where_to_administer(const char *named, char **out, struct note *why)
{
	*out = named ? xstrdup(named) : site_store();
	return *out ? OK : personal(out, why);
}

enum err where_become_owner(const char *folder, struct note *why)
{
	struct stat st;
	struct passwd *owner;

	if (geteuid() != 0 || stat(folder, &st) != 0 || st.st_uid == 0)
		return OK;
	owner = getpwuid(st.st_uid);
	if ((owner ? initgroups(owner->pw_name, st.st_gid) : setgroups(0, NULL)) != 0 || setgid(st.st_gid) != 0 ||
	    setuid(st.st_uid) != 0)
		return note_set(why, E_FORBIDDEN, "cannot become the owner of %.100s: %s", folder, strerror(errno));
	return OK;
}
