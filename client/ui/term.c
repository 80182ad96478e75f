#include "client/ui/term.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "common/buf.h"

enum { SECRET_LINE_LIMIT = 4096 };

static bool is_set(const char *name)
{
	const char *value = getenv(name);

	return value && *value;
}

bool term_wants_color(enum term_color option)
{
	const char *force = getenv("CLICOLOR_FORCE"), *kind = getenv("TERM");

	if (option != TERM_COLOR_AUTO)
		return option == TERM_COLOR_ALWAYS;
	if (is_set("NO_COLOR"))
		return false;
	if (force && *force && strcmp(force, "0") != 0)
		return true;
	return isatty(STDOUT_FILENO) && kind && strcmp(kind, "dumb") != 0;
}

bool term_can_ask(void)
{
	return isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

unsigned term_columns(void)
{
	struct winsize size;

	return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col : 80;
}

static bool set_echo(bool on)
{
	struct termios settings;

	if (tcgetattr(STDIN_FILENO, &settings) != 0)
		return false;
	if (on)
		settings.c_lflag |= ECHO;
	else
		settings.c_lflag &= ~(tcflag_t)ECHO;
	return tcsetattr(STDIN_FILENO, TCSAFLUSH, &settings) == 0;
}

static ssize_t public_line(char **out)
{
	size_t room = 0;

	return getline(out, &room, stdin);
}

/* Past the stream, whose buffer would keep it; a terminal gives a line at a time.  -1: the end, or a line that is no secret. */
static ssize_t secret_line(char **out)
{
	autobuf struct buf line = buf_new_secret(SECRET_LINE_LIMIT);
	ssize_t n;
	char c;

	while ((n = read(STDIN_FILENO, &c, 1)) == 1 && c != '\n')
		if (buf_add(&line, &c, 1) != OK)
			return -1;
	c = 0;
	if (n != 1)
		return -1;
	n = (ssize_t)line.len;
	*out = buf_take(&line);
	return n;
}

enum err term_ask(const char *question, bool is_secret, char **out)
{
	char *line = NULL;
	ssize_t len;

	if (!term_can_ask())
		return E_USAGE;
	fputs(question, stderr);
	fflush(stderr);
	if (is_secret && !set_echo(false))
		return E_IO;
	len = is_secret ? secret_line(&line) : public_line(&line);
	if (is_secret) {
		set_echo(true);
		fputc('\n', stderr);
	}
	if (len < 0) {
		free(line);
		return E_INTERRUPTED;
	}
	line[strcspn(line, "\r\n")] = '\0';
	*out = line;
	return OK;
}

bool term_confirm(const char *question)
{
	char *line = NULL;
	bool yes;

	if (term_ask(question, false, &line) != OK)
		return false;
	yes = strcmp(line, "y") == 0 || strcmp(line, "yes") == 0;
	free(line);
	return yes;
}
