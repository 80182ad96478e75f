/*
 * cmd_token: `token add`, `token ls`, `token rm`.  The meaning is server/api/tokens.h; here are words in and out.
 */
#include "server/api/fields.h"
#include "server/api/tokens.h"
#include "server/cmd_admin.h"

#include <stdio.h>
#include <string.h>

/* One record of the answer; everything is borrowed from it. */
struct row {
	struct span token, id, user, label, scopes[STORE_RIGHTS_LIMIT];
	unsigned scope_count;
	int64_t created_s, expires_s, used_s;
};

/* ---- answering ---- */

static void row_take(struct row *row, struct span key, struct span value)
{
	if (span_is(key, "token"))
		row->token = value;
	else if (span_is(key, "id"))
		row->id = value;
	else if (span_is(key, "user"))
		row->user = value;
	else if (span_is(key, "label"))
		row->label = value;
	else if (span_is(key, "scope") && row->scope_count < STORE_RIGHTS_LIMIT)
		row->scopes[row->scope_count++] = value;
	else if (span_is(key, "created"))
		(void)!span_to_int64(value, &row->created_s);
	else if (span_is(key, "expires"))
		(void)!span_to_int64(value, &row->expires_s);
	else if (span_is(key, "used"))
		(void)!span_to_int64(value, &row->used_s);
}

/* The next record; false: no more. */
static bool row_next(struct span *rest, struct row *out)
{
	struct span key, value;

	*out = (struct row){ .scope_count = 0 };
	while (fields_next(rest, &key, &value)) {
		if (!key.len)
			return true;
		row_take(out, key, value);
	}
	return false;
}

static void print_json(const struct row *row)
{
	autobuf struct buf line = buf_new_secret(TOKENS_LIST_LIMIT);
	struct jsonw w = jsonw_new(&line);

	jsonw_object(&w);
	jsonw_key_span(&w, "id", row->id);
	if (row->token.ptr)
		jsonw_key_span(&w, "token", row->token);
	jsonw_key_span(&w, "user", row->user);
	jsonw_key_span(&w, "label", row->label);
	jsonw_key(&w, "scope");
	jsonw_array(&w);
	for (unsigned i = 0; i < row->scope_count; i++)
		jsonw_span(&w, row->scopes[i]);
	jsonw_end(&w);
	cmd_json_time(&w, "created", row->created_s);
	cmd_json_time(&w, "expires", row->expires_s);
	cmd_json_time(&w, "used", row->used_s);
	jsonw_end(&w);
	if (jsonw_error(&w) == OK)
		puts(line.data);
}

/* id, user, label, created, expires, last use, scope */
static void print_row(const struct row *row)
{
	char time[CMD_TIME_SIZE];

	cmd_column(row->id, 8);
	cmd_column(row->user, 12);
	cmd_column(row->label, 20);
	cmd_column(span_of(cmd_time(row->created_s, false, time)), 10);
	cmd_column(span_of(row->expires_s ? cmd_time(row->expires_s, false, time) : "never"), 10);
	cmd_column(span_of(row->used_s ? cmd_time(row->used_s, true, time) : "unused"), 20);
	for (unsigned i = 0; i < row->scope_count; i++)
		printf("%s%.*s", i ? " " : "", (int)row->scopes[i].len, row->scopes[i].ptr);
	puts(row->scope_count ? "" : "-");
}

/* ---- commands ---- */

static enum err write_request(const struct cmd_args *args, struct buf *request, struct note *why)
{
	const char *label = cmd_value(args, "label"), *days = cmd_value(args, "days"), *scope;
	enum err e = cmd_add_field(request, "user", args->operands[0], why);

	if (e == OK && label)
		e = cmd_add_field(request, "label", label, why);
	if (e == OK && days)
		e = cmd_add_field(request, "days", days, why);
	for (unsigned at = 0; e == OK && (scope = cmd_next(args, "scope", &at));)
		e = cmd_add_field(request, "scope", scope, why);
	return e;
}

int cmd_token_add(const struct cmd_args *args)
{
	autobuf struct buf request = buf_new_secret(TOKENS_REQUEST_LIMIT),
			   answer = buf_new_secret(TOKENS_REQUEST_LIMIT);
	struct admin_call call = { .method = "POST", .path = "/.sync/admin/tokens", .direct = tokens_add };
	struct note why = { "" };
	struct span rest;
	struct row row;
	enum err e;

	if ((e = write_request(args, &request, &why)) != OK)
		return cmd_fail(e, &why);
	call.text = buf_span(&request);
	if ((e = cmd_ask(args, &call, &answer, &why)) != OK)
		return cmd_fail(e == E_BAD_REQUEST ? E_USAGE : e, &why);
	rest = buf_span(&answer);
	if (!row_next(&rest, &row) || !row.token.len) {
		fputs("syncd: the server's answer holds no token\n", stderr);
		return CMD_FAILED;
	}
	if (cmd_has(args, "json")) {
		print_json(&row);
	} else {
		printf("%.*s\n", (int)row.token.len, row.token.ptr);
		fprintf(stderr, "token %.*s of %.*s; it is shown this once\n", (int)row.id.len, row.id.ptr,
			(int)row.user.len, row.user.ptr);
	}
	return cmd_finish();
}

static enum err list_direct(struct store *s, struct span body not_used, struct buf *out, struct note *why)
{
	return tokens_list(s, out, why);
}

int cmd_token_ls(const struct cmd_args *args)
{
	autobuf struct buf answer = buf_new(TOKENS_LIST_LIMIT);
	struct admin_call call = { .method = "GET", .path = "/.sync/admin/tokens", .direct = list_direct };
	struct note why = { "" };
	struct span rest;
	struct row row;
	enum err e = cmd_ask(args, &call, &answer, &why);

	if (e != OK)
		return cmd_fail(e, &why);
	for (rest = buf_span(&answer); row_next(&rest, &row);) {
		if (cmd_has(args, "json"))
			print_json(&row);
		else
			print_row(&row);
	}
	return cmd_finish();
}

static enum err remove_direct(struct store *s, struct span body, struct buf *out not_used, struct note *why)
{
	return tokens_remove(s, body, why);
}

static bool is_id(const char *text)
{
	size_t len = 0;

	for (; text[len]; len++)
		if (!((text[len] >= '0' && text[len] <= '9') || ((text[len] | 32) >= 'a' && (text[len] | 32) <= 'f')))
			return false;
	return len >= 8 && len < DIGEST_HEX_SIZE;
}

int cmd_token_rm(const struct cmd_args *args)
{
	autobuf struct buf answer = buf_new_secret(TOKENS_REQUEST_LIMIT);
	autofree char *path = xasprintf("/.sync/admin/tokens/%s", args->operands[0]);
	struct admin_call call = { .method = "DELETE", .path = path, .direct = remove_direct };
	struct note why = { "" };
	enum err e;

	if (!is_id(args->operands[0])) /* it becomes part of a path */
		return cmd_refuse("token rm", "token rm: an ID is the 8 hex digits that `syncd token ls` shows");
	call.text = span_of(args->operands[0]);
	if ((e = cmd_ask(args, &call, &answer, &why)) != OK)
		return cmd_fail(e, &why);
	if (cmd_has(args, "json"))
		printf("{\"id\":\"%s\",\"result\":\"removed\"}\n", args->operands[0]);
	else
		fprintf(stderr, "token %s removed\n", args->operands[0]);
	return cmd_finish();
}
