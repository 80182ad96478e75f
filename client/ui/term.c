#include "client/ui/term.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

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

enum err term_ask(const char *question, bool is_secret, char **out)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t len;

	if (!term_can_ask())
		return E_USAGE;
	fputs(question, stderr);
	fflush(stderr);
	if (is_secret && !set_echo(false))
		return E_IO;
	len = getline(&line, &room, stdin);
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
