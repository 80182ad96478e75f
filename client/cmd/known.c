#include "client/cmd/known.h"

#include <stdlib.h>
#include <string.h>

#include "client/hint.h"
#include "client/sync/linked.h"

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

/* ---- in a linked folder ---- */

/* Is it neither absolute nor on a remote that is named? */
static bool is_plain(struct session *s, const char *word)
{
	size_t len = strcspn(word, ":/");
	autofree char *name = xstrndup(word, len);

	return *word != '/' && (word[len] != ':' || !known_remote(s, name));
}

/* The place on the server of the current folder, if that is a linked one or in it, and no other server is meant; else NULL. */
static char *place_here(const struct session *s, struct linked *l)
{
	const char *asked = s->cli->remote;
	autofree char *here = realpath(".", NULL);
	struct note why;

	if (!here || linked_read(here, l, &why) != OK)
		return NULL;
	if (l->remote ? asked && strcmp(asked, l->remote) != 0 : asked || !getenv("SYNC_URL"))
		return NULL;
	return xasprintf("%s%s", l->collection[1] ? l->collection : "", here + strlen(l->root_path));
}

enum err known_paths(struct session *s, char **words, size_t count, struct operands *out)
{
	struct linked l = { .place = { -1, -1, -1 }, .dot = -1 };
	autofree char *place = place_here(s, &l);
	char **whole = xcalloc(count + 1, sizeof *whole);
	bool has_plain = false;
	enum err e = session_load_config(s);

	for (size_t i = 0; i < count && e == OK; i++) {
		bool is_moved = place && is_plain(s, words[i]);

		has_plain |= is_moved;
		whole[i] = is_moved ? xasprintf("%s/%s", place, words[i]) : xstrdup(words[i]);
	}
	if (e == OK)
		e = known_words(s, whole, count, out);
	for (size_t i = 0; i < count; i++) {
		if (e == OK && place && is_plain(s, words[i]))
			out->items[i].local = xstrdup(words[i]);
		free(whole[i]);
	}
	if (e == OK && has_plain && l.remote && !out->remote_name)
		out->remote_name = xstrdup(l.remote);
	free(whole);
	linked_clear(&l);
	return e;
}

void known_place_items(struct session *s, bool is_push, struct operands *operands)
{
	struct linked l = { .place = { -1, -1, -1 }, .dot = -1 };
	autofree char *place = operands->remote_name ? NULL : place_here(s, &l);
	size_t last = s->cli->operand_count - 1;
	bool has_plain = false;

	for (size_t i = 0; place && i < operands->count; i++) {
		struct operand *item = &operands->items[i];
		char *own = item->remote;

		if (is_push ? last > 0 && *s->cli->operands[last] == '/' : *s->cli->operands[i] == '/')
			continue;
		item->remote = xasprintf("%s%s", place, own[1] || !*place ? own : "");
		free(own);
		has_plain = true;
	}
	if (has_plain && l.remote)
		operands->remote_name = xstrdup(l.remote);
	linked_clear(&l);
}

enum err known_operands(struct session *s, struct operands *out)
{
	return known_paths(s, s->cli->operands, s->cli->operand_count, out);
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
