/*
 * cmd_lock: `locks` and `unlock`.  The meaning is server/api/locks.h; here are words in and out.
 */
#include "server/api/fields.h"
#include "server/api/locks.h"
#include "server/cmd_admin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TOKEN_LIMIT = 64 };

/* One record of the answer, in the order in which it is shown. */
enum { TOKEN, PATH, USER, OWNER, SCOPE, DEPTH, EXPIRES, FIELDS };

static const char *const names[FIELDS] = { "token", "path", "user", "owner", "scope", "depth", "expires" };

/* False: no more. */
static bool row_next(struct span *rest, struct span row[FIELDS])
{
	struct span key, value;

	memset(row, 0, FIELDS * sizeof *row);
	while (fields_next(rest, &key, &value)) {
		if (!key.len)
			return true;
		for (size_t i = 0; i < FIELDS; i++)
			if (span_is(key, names[i]))
				row[i] = value;
	}
	return false;
}

static int64_t expires_s(const struct span row[FIELDS])
{
	int64_t seconds;

	return span_to_int64(row[EXPIRES], &seconds) ? seconds : 0;
}

static void print_json(const struct span row[FIELDS])
{
	autobuf struct buf line = buf_new(LOCKS_LIST_LIMIT);
	struct jsonw w = jsonw_new(&line);

	jsonw_object(&w);
	for (size_t i = 0; i < EXPIRES; i++)
		jsonw_key_span(&w, names[i], row[i]);
	cmd_json_time(&w, names[EXPIRES], expires_s(row));
	cmd_json_print(&w);
}

/* token, user, owner, scope, depth, expires, path */
static void print_row(const struct span row[FIELDS])
{
	char when[CMD_TIME_SIZE];

	cmd_column(row[TOKEN], 45);
	cmd_column(row[USER], 8);
	cmd_column(row[OWNER].len ? row[OWNER] : span_of("-"), 12);
	cmd_column(row[SCOPE], 9);
	cmd_column(row[DEPTH], 8);
	cmd_column(span_of(cmd_time(expires_s(row), true, when)), 20);
	printf("%.*s\n", (int)row[PATH].len, row[PATH].ptr);
}

static enum err list_direct(struct store *s, struct span body not_used, struct buf *out, struct note *why)
{
	return locks_list(s, out, why);
}

int cmd_locks(const struct cmd_args *args)
{
	autobuf struct buf answer = buf_new(LOCKS_LIST_LIMIT);
	struct admin_call call = { .method = "GET", .path = "/.sync/admin/locks", .direct = list_direct };
	struct note why = { "" };
	struct span rest, row[FIELDS];
	enum err e = cmd_ask(args, &call, &answer, &why);

	if (e != OK)
		return cmd_fail(e, &why);
	for (rest = buf_span(&answer); row_next(&rest, row);) {
		if (cmd_has(args, "json"))
			print_json(row);
		else
			print_row(row);
	}
	return cmd_finish();
}

static enum err remove_direct(struct store *s, struct span body, struct buf *out not_used, struct note *why)
{
	return locks_remove(s, body, why);
}

/* It becomes part of a path. */
static bool is_token(const char *text)
{
	return strlen(text) <= TOKEN_LIMIT && strspn(text, "urn:id-0123456789abcdefABCDEF") == strlen(text);
}

int cmd_unlock(const struct cmd_args *args)
{
	autobuf struct buf answer = buf_new(LOCKS_LIST_LIMIT);
	const char *token = args->operands[0];
	autofree char *path = xasprintf("/.sync/admin/locks/%s", token);
	struct admin_call call = { .method = "DELETE", .path = path, .text = span_of(token), .direct = remove_direct };
	struct note why = { "" };
	enum err e;

	if (!is_token(token))
		return cmd_refuse("unlock", "unlock: a TOKEN is the urn:uuid:... that `syncd locks` shows");
	if ((e = cmd_ask(args, &call, &answer, &why)) != OK)
		return cmd_fail(e == E_BAD_REQUEST ? E_USAGE : e, &why);
	if (cmd_has(args, "json"))
		printf("{\"token\":\"%s\",\"result\":\"removed\"}\n", token);
	else
		fprintf(stderr, "lock removed\n");
	return cmd_finish();
}
