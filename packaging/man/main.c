/*
 * manual: a man page from its source on stdin to stdout.  A line "@name@" becomes the table of that name; a name that there
 * is not ends it with 1, so that no page loses a table unseen.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "packaging/man/table.h"

static const struct {
	const char *name;
	void (*write)(void);
} tables[] = {
	{ "@client-commands@", table_client_commands },
	{ "@client-options@", table_client_options },
	{ "@client-keys@", table_client_keys },
	{ "@server-commands@", table_server_commands },
	{ "@server-keys@", table_server_keys },
	{ "@exit-codes@", table_exit_codes },
	{ "@statuses@", table_statuses },
};

static bool write_table(const char *name)
{
	for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
		if (strcmp(tables[i].name, name) == 0) {
			tables[i].write();
			return true;
		}
	fprintf(stderr, "manual: no table %s\n", name);
	return false;
}

int main(void)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t len;
	bool is_fine = true;

	while (is_fine && (len = getline(&line, &size, stdin)) > 0) {
		if (line[len - 1] == '\n')
			line[len - 1] = '\0';
		if (line[0] == '@')
			is_fine = write_table(line);
		else
			puts(line);
	}
	free(line);
	return is_fine && !ferror(stdin) && fflush(stdout) == 0 ? 0 : 1;
}
