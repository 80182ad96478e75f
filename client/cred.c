#include "client/cred.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "common/ini.h"

struct lookup {
	const char *remote;
	char *secret;
};

void cred_free(char *secret)
{
	if (secret)
		OPENSSL_cleanse(secret, strlen(secret));
	free(secret);
}

bool cred_is_secret(const char *text)
{
	size_t len = strlen(text);

	for (size_t i = 0; i < len; i++)
		if (iscntrl((unsigned char)text[i]))
			return false;
	return len > 0 && len <= CRED_SECRET_LIMIT;
}

static enum err take_entry(void *arg, const struct ini_entry *entry, struct note *why)
{
	struct lookup *l = arg;

	if (strcmp(entry->section, "remote") != 0 || strcmp(entry->key, "token") != 0)
		return note_set(why, E_USAGE, "only [remote NAME] with token = ... stands here");
	if (strcmp(entry->label, l->remote) != 0)
		return OK;
	if (!cred_is_secret(entry->value))
		return note_set(why, E_USAGE, "not a token");
	cred_free(l->secret);
	l->secret = xstrdup(entry->value);
	return OK;
}

/* Is the file there, and for our eyes only? */
static enum err check_file(const char *path, struct note *why)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return errno == ENOENT || errno == ENOTDIR ? E_NOT_FOUND
							   : note_set(why, E_USAGE, "%s: %s", path, strerror(errno));
	if (st.st_uid != geteuid() && st.st_uid != 0)
		return note_set(why, E_USAGE, "%s: it belongs to somebody else", path);
	if (st.st_mode & 077)
		return note_set(why, E_USAGE, "%s: others may read it (mode %04o); chmod 600 it", path,
				st.st_mode & 07777);
	return OK;
}

enum err cred_check_key(const char *path, struct note *why)
{
	enum err e = check_file(path, why);

	return e == E_NOT_FOUND ? note_set(why, E_USAGE, "%s: no such file (client-cert, client-key)", path) : e;
}

enum err cred_get(const struct settings *c, const char *remote, char **out, struct note *why)
{
	autofree char *path = settings_file_beside(c, "credentials");
	struct lookup l = { .remote = remote };
	enum err e = check_file(path, why);

	if (e == OK && (e = ini_read_file(path, take_entry, &l, why)) != OK) {
		cred_free(l.secret);
		return E_USAGE;
	}
	*out = l.secret;
	return e == OK && !l.secret ? E_NOT_FOUND : e;
}

enum err cred_set(const struct settings *c, const char *remote, const char *secret, struct note *why)
{
	autofree char *path = settings_file_beside(c, "credentials");
	enum err e = check_file(path, why);

	if (e != OK && e != E_NOT_FOUND)
		return e;
	if (secret)
		return settings_edit_set(path, remote, "token", secret, why);
	e = settings_edit_drop(path, remote, why);
	return e == E_NOT_FOUND ? OK : e;
}

static enum err first_line(FILE *from, char **out)
{
	char line[CRED_SECRET_LIMIT + 3];
	bool has_line;

	setvbuf(from, NULL, _IONBF, 0); /* or it stays in the stream's buffer */
	has_line = fgets(line, sizeof line, from) != NULL;
	line[has_line ? strcspn(line, "\r\n") : 0] = '\0';
	has_line = has_line && cred_is_secret(line);
	*out = has_line ? xstrdup(line) : NULL;
	OPENSSL_cleanse(line, sizeof line);
	return has_line ? OK : E_USAGE;
}

enum err cred_from_file(const char *path, char **out, struct note *why)
{
	bool is_stdin = strcmp(path, "-") == 0;
	FILE *file = is_stdin ? stdin : fopen(path, "re");
	enum err e;

	if (!file)
		return note_set(why, E_USAGE, "%s: %s", path, strerror(errno));
	e = first_line(file, out);
	if (!is_stdin)
		fclose(file);
	return e == OK ? OK : note_set(why, e, "%s: its first line is no token", path);
}

enum err cred_from_command(const char *command, char **out, struct note *why)
{
	FILE *pipe = popen(command, "re");
	enum err e;
	int status;

	if (!pipe)
		return note_set(why, E_USAGE, "token-command: %s", strerror(errno));
	e = first_line(pipe, out);
	while (fgetc(pipe) != EOF) /* what follows is not ours, but must not end the command with SIGPIPE */
		;
	status = pclose(pipe);
	if (e == OK && status == 0)
		return OK;
	if (e == OK)
		cred_free(TAKE(*out));
	return note_set(why, E_USAGE, "token-command failed or printed no token: %.100s", command);
}
