#include "client/cmd/known.h"

#include "client/hint.h"

bool known_remote(void *session, const char *name)
{
	const struct session *s = session;

	return settings_remote(&s->config, name) != NULL;
}

enum err known_error(struct session *s, enum err e, const char *what, const char *why)
{
	if (e == E_INTERRUPTED)
		return e; /* said once, at the end */
	output_error(s->out, e, what, "%s", why);
	hint_error(s, e, NULL);
	return e;
}

enum err known_words(struct session *s, char **words, size_t count, struct operands *out)
{
	struct note why;
	enum err e = session_load_config(s);

	if (e != OK)
		return e;
	e = operands_remote(words, count, known_remote, s, out, &why);
	return e == OK ? OK : known_error(s, e, NULL, why.text);
}

enum err known_operands(struct session *s, struct operands *out)
{
	return known_words(s, s->cli->operands, s->cli->operand_count, out);
}

enum err known_failed(struct session *s, const char *path, enum err e, const char *why)
{
	enum result_word word = e == E_NOT_FOUND || e == E_CONFLICT ? RESULT_MISSING
				: e == E_PRECONDITION               ? RESULT_CONFLICT
								    : RESULT_FAILED;

	if (e == E_INTERRUPTED)
		return e; /* said once, at the end */
	output_result(
	    s->out, &(struct result){ .name = path, .path = path, .word = word, .err = e, .bytes = -1, .error = why });
	hint_error(s, e, path);
	return e;
}

enum err known_features(struct session *s)
{
	struct note why = { "" };
	enum err e = session_learn(s, &why);

	return e == OK ? OK : known_error(s, e, s->remote.name, why.text);
}
