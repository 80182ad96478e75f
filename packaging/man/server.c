/*
 * The server's tables of commands and keys.
 */
#include <stdio.h>

#include "packaging/man/mdoc.h"
#include "packaging/man/table.h"
#include "server/cmd.h"
#include "server/config.h"

void table_server_commands(void)
{
	for (const struct command *c = commands; c->name; c++) {
		printf(".It Cm %s", c->name);
		mdoc_synopsis(c->synopsis);
		putchar('\n');
		mdoc_text(c->help);
		if (!c->options->name)
			continue;
		puts(".Bl -tag -width Ds -compact");
		for (const struct cmd_option *o = c->options; o->name; o++) {
			printf(".It Fl \\-%s", o->name);
			if (o->value) {
				fputs(" Ar", stdout);
				mdoc_argument(o->value);
			}
			putchar('\n');
			mdoc_text(o->help);
		}
		puts(".El");
	}
}

static void put_key(void *arg not_used, const char *name, const char *value, const char *doc)
{
	printf(".It Ic %s", name);
	if (value) {
		fputs(" No =", stdout);
		mdoc_argument(value);
	}
	putchar('\n');
	mdoc_text(doc);
}

void table_server_keys(void)
{
	config_each_key(put_key, NULL);
}
