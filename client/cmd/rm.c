/*
 * rm PATH...: what is removed, and asking before folders; what happens to one is rmpath.c.
 */
#include <assert.h>
#include <string.h>

#include "client/cmd/cmd.h"
#include "client/cmd/known.h"
#include "client/cmd/rmpath.h"
#include "client/ui/human.h"

struct rm {
	unsigned magic;
	struct session *s;
	struct operands operands;
	size_t at;
};

enum { RM_MAGIC = 0x726d726d };

static bool more(void *arg)
{
	struct rm *rm = arg;
	const struct operand *item;

	assert(rm->magic == RM_MAGIC);
	if (session_interrupted || rm->at == rm->operands.count)
		return false;
	item = &rm->operands.items[rm->at++];
	rmpath_start(rm->s, item->remote, item->is_folder_named);
	return true;
}

static enum err check_operands(const struct rm *rm)
{
	struct session *s = rm->s;

	for (size_t i = 0; i < rm->operands.count; i++) {
		const struct operand *item = &rm->operands.items[i];

		if (strcmp(item->remote, "/") == 0)
			return known_error(s, E_USAGE, "/", "everything at once is never removed");
		if (item->is_folder_named && !s->cli->recursive)
			return known_error(s, E_USAGE, item->remote,
					   "a folder; to remove it with everything below, use -R");
	}
	return OK;
}

/* With -R: one question for all operands, before anything is done. */
static enum err ask(const struct rm *rm)
{
	struct session *s = rm->s;
	autofree char *first = human_quoted(rm->operands.items[0].remote);
	autofree char *question = NULL;

	if (!s->cli->recursive || s->cli->yes || s->cli->dry_run)
		return OK;
	if (!term_can_ask())
		return known_error(s, E_USAGE, NULL, "rm -R asks first, and there is no terminal; -y says yes");
	if (rm->operands.count == 1)
		question = xasprintf("remove %s and everything below it on %s? [y/N] ", first, s->remote.name);
	else
		question = xasprintf("remove %s and %zu more, with everything below them, on %s? [y/N] ", first,
				     rm->operands.count - 1, s->remote.name);
	return term_confirm(question) ? OK : known_error(s, E_BAD_REQUEST, NULL, "nothing was removed");
}

enum err command_rm(struct session *s)
{
	struct rm rm = { .magic = RM_MAGIC, .s = s };
	enum err e = known_operands(s, &rm.operands);

	if (e != OK)
		return e;
	if ((e = check_operands(&rm)) == OK && (e = session_connect(s, rm.operands.remote_name)) == OK &&
	    (e = ask(&rm)) == OK && (e = known_features(s)) == OK)
		http_run(s->http, more, &rm);
	operands_clear(&rm.operands);
	return e;
}
