#include "server/cmd_admin.h"

#include "common/log.h"
#include "server/api/fields.h"
#include "server/waken.h"
#include "server/where.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int cmd_fail(enum err e, const struct note *why)
{
	fprintf(stderr, "syncd: %s\n", why->text[0] ? why->text : err_words(e));
	return e == E_USAGE ? CMD_USAGE : CMD_FAILED;
}

enum err cmd_find_store(const struct cmd_args *args, char **out_folder, struct note *why)
{
	enum err e;

	log_set_level(LOG_WARNING); /* what a store says when it opens is the server's talk */
	if ((e = where_to_administer(cmd_value(args, "store"), out_folder, why)) != OK)
		return e;
	return where_become_owner(*out_folder, why);
}

enum err cmd_ask(const struct cmd_args *args, const struct admin_call *call, struct buf *out, struct note *why)
{
	autofree char *folder = NULL;
	enum err e;

	if ((e = cmd_find_store(args, &folder, why)) != OK || (e = waken_service(folder, why)) != OK)
		return e;
	return admin_door_call(folder, call, out, why);
}

int cmd_finish(void)
{
	if (fflush(stdout) != 0) {
		perror("syncd: stdout");
		return CMD_FAILED;
	}
	return CMD_OK;
}

enum err cmd_add_field(struct buf *request, const char *key, const char *value, struct note *why)
{
	enum err e = fields_add(request, key, value);

	if (e == E_BAD_REQUEST)
		return note_set(why, E_USAGE, "the %s holds a control character", key);
	return e == E_TOO_LARGE ? note_set(why, E_USAGE, "the request is too long") : e;
}

void cmd_column(struct span text, int width)
{
	if (isatty(STDOUT_FILENO))
		printf("%-*.*s  ", width, (int)text.len, text.ptr);
	else
		printf("%.*s\t", (int)text.len, text.ptr);
}

const char *cmd_time(int64_t seconds, bool is_full, char out[CMD_TIME_SIZE])
{
	time_t t = (time_t)seconds;
	struct tm tm;

	if (!gmtime_r(&t, &tm) || !strftime(out, CMD_TIME_SIZE, "%Y-%m-%dT%H:%M:%SZ", &tm))
		out[0] = '\0';
	else if (!is_full)
		out[strcspn(out, "T")] = '\0';
	return out;
}

void cmd_json_time(struct jsonw *w, const char *key, int64_t seconds)
{
	char text[CMD_TIME_SIZE];

	jsonw_key(w, key);
	if (seconds)
		jsonw_text(w, cmd_time(seconds, true, text));
	else
		jsonw_null(w);
}

void cmd_json_print(struct jsonw *w)
{
	jsonw_end(w);
	if (jsonw_error(w) == OK)
		puts(w->out->data);
	buf_reset(w->out);
}
