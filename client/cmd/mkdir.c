/*
 * mkdir PATH...: folders on the server, each with those above it that are missing.
 */
#include <stdlib.h>
#include <string.h>

#include "client/cmd/cmd.h"
#include "client/cmd/known.h"
#include "client/cmd/parents.h"

struct mkdir {
	struct session *s;
	struct operands operands;
	size_t at;
	const char *path; /* the one that is being made */
};

static void say(struct mkdir *m, enum result_word word, enum err e, const char *why)
{
	output_result(m->s->out, &(struct result){ .name = m->path + 1,
						   .path = m->path,
						   .word = word,
						   .err = e,
						   .bytes = -1,
						   .error = e == OK ? NULL : why });
}

static void made(void *arg, enum err e, const char *why)
{
	struct mkdir *m = arg;

	if (e == OK)
		say(m, RESULT_MADE, OK, NULL);
	else if (e == E_METHOD)
		say(m, RESULT_EXISTS, E_METHOD, "something of that name is there already");
	else
		(void)known_failed(m->s, m->path, e, why);
}

static enum err check(struct mkdir *m)
{
	for (size_t i = 0; i < m->operands.count; i++)
		if (!m->operands.items[i].remote[1])
			return known_error(m->s, E_USAGE, "/", "it is always there");
	return OK;
}

enum err command_mkdir(struct session *s)
{
	struct mkdir m = { .s = s };
	enum err e = known_operands(s, &m.operands);

	if (e != OK)
		return e;
	if ((e = check(&m)) == OK)
		e = session_connect(s, m.operands.remote_name);
	for (; e == OK && m.at < m.operands.count && !session_interrupted; m.at++) {
		m.path = m.operands.items[m.at].remote;
		if (s->cli->dry_run) {
			say(&m, RESULT_MADE, OK, NULL);
			continue;
		}
		parents_start(s, m.path, true, made, &m);
		http_run(s->http, NULL, NULL);
	}
	operands_clear(&m.operands);
	return e;
}
