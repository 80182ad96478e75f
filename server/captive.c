/*
 * captive: see captive.h.  The temporary folder and the token go when the command has ended, also after a signal to us; only
 * kill -9 leaves them behind.
 */
#include "server/captive.h"

#include "common/log.h"
#include "server/auth/rights.h"
#include "server/auth/secret.h"
#include "server/osuser.h"

#include <errno.h>
#include <ftw.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ENTRIES_OPEN = 16, NEW_VARIABLES = 4 };

struct captive {
	struct store *store;
	pid_t pid; /* 0: not started, or ended */
	int exit_code;
	char token[SECRET_TOKEN_SIZE];
	struct digest secret;
	bool has_token;
};

enum err captive_make_folder(char **out, struct note *why)
{
	const char *base = getenv("TMPDIR");
	autofree char *folder = xasprintf("%s/syncd-XXXXXX", base && base[0] ? base : "/tmp");

	if (!mkdtemp(folder))
		return note_set(why, err_from_errno(errno), "no temporary folder %.120s: %s", folder, strerror(errno));
	*out = TAKE(folder);
	return OK;
}

static int remove_entry(const char *path, const struct stat *st not_used, int kind not_used, struct FTW *at not_used)
{
	if (remove(path) != 0 && errno != ENOENT)
		log_warning("leave path=%s error=\"%s\"", QUOTED(path), strerror(errno));
	return 0;
}

void captive_remove_folder(const char *folder)
{
	nftw(folder, remove_entry, ENTRIES_OPEN, FTW_DEPTH | FTW_PHYS);
}

/* ---- the token ---- */

static enum err make_token(struct captive *c, struct note *why)
{
	static const struct store_right all = { .write = true, .prefix = "/" };
	struct store_token t = { .label = "captive" }, found;
	struct access *access;
	enum err e;

	osuser_name(t.user);
	e = store_user_add(c->store, t.user, &all, 1);
	if (e != OK && e != E_CONFLICT) /* there already is fine, if its rights are */
		return note_set(why, e, "cannot add the user %s: %s", t.user, err_words(e));
	secret_new_token(c->token, &c->secret);
	t.secret = c->secret;
	if ((e = store_token_add(c->store, &t)) != OK || (e = store_token_find(c->store, &c->secret, &found)) != OK)
		return note_set(why, e, "cannot make a token: %s", err_words(e));
	c->has_token = true;
	access = access_new(&found);
	e = access_may_write(access, span_of("/")) ? OK : E_FORBIDDEN;
	free(access);
	store_token_clear(&found);
	return e == OK ? OK : note_set(why, e, "the user %s of this store may not write /", t.user);
}

/* ---- the command ---- */

static bool is_ours(const char *variable)
{
	static const char *const names[] = { "SYNC_URL=", "SYNC_TOKEN=", "SYNC_PIN=", "SYNC_STORE=" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (strncmp(variable, names[i], strlen(names[i])) == 0)
			return true;
	return false;
}

/* The environment of the command: ours without what belongs to another server, and the new variables. */
static char **make_environment(char *const added[NEW_VARIABLES])
{
	size_t count = 0, n = 0;
	char **out;

	while (environ[count])
		count++;
	out = xcalloc(count + NEW_VARIABLES + 1, sizeof *out);
	for (size_t i = 0; i < count; i++)
		if (!is_ours(environ[i]))
			out[n++] = environ[i];
	for (size_t i = 0; i < NEW_VARIABLES; i++)
		if (added[i])
			out[n++] = added[i];
	return out;
}

static int spawn(struct captive *c, const char *command, char **env, const sigset_t *mask)
{
	char *argv[] = { (char *)"sh", (char *)"-c", (char *)command, NULL };
	posix_spawnattr_t attributes;
	sigset_t defaults;
	int error;

	sigemptyset(&defaults);
	sigaddset(&defaults, SIGPIPE); /* the one that we ignore */
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setsigmask(&attributes, mask);
	posix_spawnattr_setsigdefault(&attributes, &defaults);
	error = posix_spawn(&c->pid, "/bin/sh", NULL, &attributes, argv, env);
	posix_spawnattr_destroy(&attributes);
	if (error)
		c->pid = 0;
	return error;
}

static enum err start_command(struct captive *c, const struct captive_options *options, struct note *why)
{
	autofree char *url = xasprintf("SYNC_URL=%s", options->url);
	autofree char *token = xasprintf("SYNC_TOKEN=%s", c->token);
	autofree char *pin = options->pin ? xasprintf("SYNC_PIN=%s", options->pin) : NULL;
	autofree char *store = xasprintf("SYNC_STORE=%s", store_folder(c->store));
	autofree char **env = make_environment((char *[NEW_VARIABLES]){ url, token, store, pin });
	int error = spawn(c, options->command, env, options->mask);

	return error ? note_set(why, err_from_errno(error), "/bin/sh: %s", strerror(error)) : OK;
}

enum err captive_start(struct store *s, const struct captive_options *options, struct captive **out, struct note *why)
{
	struct captive *c = xcalloc(1, sizeof *c);
	enum err e;

	c->store = s;
	if ((e = make_token(c, why)) == OK)
		e = start_command(c, options, why);
	if (e != OK) {
		captive_free(c);
		return e;
	}
	*out = c;
	return OK;
}

bool captive_has_ended(struct captive *c, int *out_exit_code)
{
	int status;

	if (c->pid && waitpid(c->pid, &status, WNOHANG) == c->pid) {
		c->pid = 0;
		c->exit_code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	}
	*out_exit_code = c->exit_code;
	return !c->pid;
}

void captive_kill(struct captive *c, int signal_number)
{
	if (c->pid)
		kill(c->pid, signal_number);
}

void captive_free(struct captive *c)
{
	char hex[DIGEST_HEX_SIZE];
	enum err e;

	if (!c)
		return;
	if (c->has_token && (e = store_token_remove(c->store, digest_hex(&c->secret, hex))) != OK)
		log_warning("keep captive_token=%.8s error=\"%s\"", hex, err_words(e));
	explicit_bzero(c->token, sizeof c->token);
	free(c);
}
