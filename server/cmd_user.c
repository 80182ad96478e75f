/*
 * cmd_user: `user add`, `ls`, `rights`, `passwd`, `rm`, and `invite`.  The meaning is server/api/accounts.h; here are words in
 * and out.
 */
#include "server/address.h"
#include "server/api/accounts.h"
#include "server/api/fields.h"
#include "server/auth/password.h"
#include "server/cmd_admin.h"
#include "server/prompt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One record of the answer; everything is borrowed from it. */
struct row {
	struct span user, link, password, rights[STORE_RIGHTS_LIMIT];
	unsigned rights_count;
	int64_t created_s, expires_s, tokens;
};

/* ---- answering ---- */

static void row_take(struct row *row, struct span key, struct span value)
{
	if (span_is(key, "user"))
		row->user = value;
	else if (span_is(key, "link"))
		row->link = value;
	else if (span_is(key, "password"))
		row->password = value;
	else if (span_is(key, "right") && row->rights_count < STORE_RIGHTS_LIMIT)
		row->rights[row->rights_count++] = value;
	else if (span_is(key, "created"))
		(void)!span_to_int64(value, &row->created_s);
	else if (span_is(key, "expires"))
		(void)!span_to_int64(value, &row->expires_s);
	else if (span_is(key, "tokens"))
		(void)!span_to_int64(value, &row->tokens);
}

/* The next record; false: no more. */
static bool row_next(struct span *rest, struct row *out)
{
	struct span key, value;
	bool any = false;

	*out = (struct row){ .rights_count = 0 };
	while (fields_next(rest, &key, &value)) {
		if (!key.len)
			return true;
		row_take(out, key, value);
		any = true;
	}
	return any;
}

static void begin_json(struct jsonw *w, const struct row *row)
{
	jsonw_object(w);
	jsonw_key_span(w, "user", row->user);
	jsonw_key(w, "rights");
	jsonw_array(w);
	for (unsigned i = 0; i < row->rights_count; i++)
		jsonw_span(w, row->rights[i]);
	jsonw_end(w);
}

static void print_json(const struct row *row)
{
	autobuf struct buf line = buf_new(ACCOUNTS_LIST_LIMIT);
	struct jsonw w = jsonw_new(&line);

	begin_json(&w, row);
	if (row->password.ptr) {
		jsonw_key_bool(&w, "password", span_is(row->password, "yes"));
		jsonw_key_int(&w, "tokens", row->tokens);
	}
	cmd_json_time(&w, "created", row->created_s);
	cmd_json_print(&w);
}

static void print_rights(const struct row *row)
{
	for (unsigned i = 0; i < row->rights_count; i++)
		printf("%s%.*s", i ? " " : "", (int)row->rights[i].len, row->rights[i].ptr);
	puts(row->rights_count ? "" : "-");
}

/* name, created, tokens, password, rights */
static void print_row(const struct row *row)
{
	char text[CMD_TIME_SIZE];

	cmd_column(row->user, 16);
	cmd_column(span_of(cmd_time(row->created_s, false, text)), 10);
	snprintf(text, sizeof text, "%lld", (long long)row->tokens);
	cmd_column(span_of(text), 4);
	cmd_column(span_of(span_is(row->password, "yes") ? "password" : "-"), 8);
	print_rights(row);
}

/* What became of one user. */
static int print_result(const struct cmd_args *args, const char *user, const char *result)
{
	autobuf struct buf line = buf_new(4096);
	struct jsonw w = jsonw_new(&line);

	if (!cmd_has(args, "json")) {
		fprintf(stderr, "user %s: %s\n", user, result);
		return cmd_finish();
	}
	jsonw_object(&w);
	jsonw_key_text(&w, "user", user);
	jsonw_key_text(&w, "result", result);
	cmd_json_print(&w);
	return cmd_finish();
}

/* ---- asking ---- */

static enum err write_request(const struct cmd_args *args, struct buf *request, struct note *why)
{
	const char *right;
	enum err e = cmd_add_field(request, "user", args->operands[0], why);

	for (unsigned at = 0; e == OK && (right = cmd_next(args, "rights", &at));)
		e = cmd_add_field(request, "right", right, why);
	return e;
}

/* A POST about one user with his rights; the answer's first record.  A wrong request is a wrong command line. */
static enum err ask_about(const struct cmd_args *args, struct admin_call *call, struct buf *answer, struct row *out,
			  struct note *why)
{
	autobuf struct buf request = buf_new_secret(ACCOUNTS_REQUEST_LIMIT);
	struct span rest;
	enum err e = write_request(args, &request, why);

	if (e != OK)
		return e;
	call->method = "POST";
	call->text = buf_span(&request);
	if ((e = cmd_ask(args, call, answer, why)) != OK)
		return e == E_BAD_REQUEST ? E_USAGE : e;
	rest = buf_span(answer);
	return row_next(&rest, out) ? OK : note_set(why, E_NETWORK, "the server's answer is empty");
}

static void say_no_rights(const struct row *row)
{
	fprintf(stderr, "no rights yet; give some: syncd user rights %.*s --rights write:/PATH\n", (int)row->user.len,
		row->user.ptr);
}

static int print_user(const struct cmd_args *args, const struct row *row, const char *done)
{
	if (cmd_has(args, "json")) {
		print_json(row);
		return cmd_finish();
	}
	fprintf(stderr, "user %.*s %s: ", (int)row->user.len, row->user.ptr, done);
	for (unsigned i = 0; i < row->rights_count; i++)
		fprintf(stderr, "%s%.*s", i ? ", " : "", (int)row->rights[i].len, row->rights[i].ptr);
	if (row->rights_count)
		fprintf(stderr, "\n  sign in by a link: syncd invite %.*s\n", (int)row->user.len, row->user.ptr);
	else
		say_no_rights(row);
	return cmd_finish();
}

int cmd_user_add(const struct cmd_args *args)
{
	autobuf struct buf answer = buf_new_secret(ACCOUNTS_REQUEST_LIMIT);
	struct admin_call call = { .path = "/.sync/admin/users", .direct = accounts_add };
	struct note why = { "" };
	struct row row;
	enum err e = ask_about(args, &call, &answer, &row, &why);

	return e == OK ? print_user(args, &row, "added") : cmd_fail(e, &why);
}

int cmd_user_rights(const struct cmd_args *args)
{
	autobuf struct buf answer = buf_new_secret(ACCOUNTS_REQUEST_LIMIT);
	struct admin_call call = { .path = "/.sync/admin/rights", .direct = accounts_set_rights };
	struct note why = { "" };
	struct row row;
	enum err e;

	/* Forgetting the rights must not take them away. */
	if ((cmd_value(args, "rights") != NULL) == cmd_has(args, "none"))
		return cmd_refuse("user rights", "user rights: --rights, or --none");
	e = ask_about(args, &call, &answer, &row, &why);
	return e == OK ? print_user(args, &row, "changed") : cmd_fail(e, &why);
}

static enum err list_direct(struct store *s, struct span body not_used, struct buf *out, struct note *why)
{
	return accounts_list(s, out, why);
}

int cmd_user_ls(const struct cmd_args *args)
{
	autobuf struct buf answer = buf_new(ACCOUNTS_LIST_LIMIT);
	struct admin_call call = { .method = "GET", .path = "/.sync/admin/users", .direct = list_direct };
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
	return accounts_remove(s, body, why);
}

/* It becomes part of a path: nothing that means something there. */
static bool is_name(const char *text)
{
	return text[0] &&
	       text[strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._@-")] == '\0' &&
	       text[0] != '.';
}

int cmd_user_rm(const struct cmd_args *args)
{
	autobuf struct buf answer = buf_new_secret(ACCOUNTS_REQUEST_LIMIT);
	autofree char *path = xasprintf("/.sync/admin/users/%s", args->operands[0]);
	struct admin_call call = { .method = "DELETE", .path = path, .direct = remove_direct };
	struct note why = { "" };
	enum err e;

	if (!is_name(args->operands[0]))
		return cmd_refuse("user rm", "user rm: that cannot be a user's name");
	call.text = span_of(args->operands[0]);
	e = cmd_ask(args, &call, &answer, &why);
	return e == OK ? print_result(args, args->operands[0], "removed") : cmd_fail(e, &why);
}

/* ---- passwords ---- */

static enum err password_direct(struct store *s, struct span body, struct buf *out not_used, struct note *why)
{
	return accounts_set_password(s, body, why);
}

static enum err read_password(struct buf *request, struct note *why)
{
	char password[PASSWORD_MOST + 1] = "";
	enum err e = prompt_new_secret("New password", password, sizeof password, why);

	if (e == OK && (e = password_check(span_of(password), why)) != OK)
		e = E_USAGE;
	if (e == OK)
		e = cmd_add_field(request, "password", password, why);
	explicit_bzero(password, sizeof password);
	return e;
}

int cmd_user_passwd(const struct cmd_args *args)
{
	autobuf struct buf request = buf_new_secret(ACCOUNTS_REQUEST_LIMIT),
			   answer = buf_new_secret(ACCOUNTS_REQUEST_LIMIT);
	struct admin_call call = { .method = "POST", .path = "/.sync/admin/password", .direct = password_direct };
	bool removes = cmd_has(args, "remove");
	struct note why = { "" };
	enum err e = cmd_add_field(&request, "user", args->operands[0], &why);

	if (e == OK && !removes)
		e = read_password(&request, &why);
	if (e == OK) {
		call.text = buf_span(&request);
		e = cmd_ask(args, &call, &answer, &why);
	}
	if (e != OK)
		return cmd_fail(e == E_BAD_REQUEST ? E_USAGE : e, &why);
	return print_result(args, args->operands[0], removes ? "password removed" : "password set");
}

/* ---- inviting ---- */

static enum err invite_direct(struct store *s, struct span body, struct buf *out, struct note *why)
{
	autofree char *url = NULL, *pin = NULL;
	enum err e;

	address_of_stopped(store_folder(s), &url, &pin);
	e = accounts_invite(s, &(struct accounts_address){ url, pin }, body, out, why);
	if (e == OK) /* here, in the command's own process */
		fprintf(stderr, "no server runs on this store now: without one the link leads nowhere\n");
	return e;
}

static void print_invite_json(const struct row *row)
{
	autobuf struct buf line = buf_new_secret(ACCOUNTS_REQUEST_LIMIT);
	struct jsonw w = jsonw_new(&line);

	begin_json(&w, row);
	jsonw_key_span(&w, "link", row->link);
	cmd_json_time(&w, "expires", row->expires_s);
	cmd_json_print(&w);
}

int cmd_invite(const struct cmd_args *args)
{
	autobuf struct buf answer = buf_new_secret(ACCOUNTS_REQUEST_LIMIT);
	struct admin_call call = { .path = "/.sync/admin/invite", .direct = invite_direct };
	struct note why = { "" };
	struct row row;
	enum err e = ask_about(args, &call, &answer, &row, &why);

	if (e != OK)
		return cmd_fail(e, &why);
	if (cmd_has(args, "json")) {
		print_invite_json(&row);
	} else {
		fprintf(stderr, "%.*s signs in with this link, once, within ten minutes: sync login 'LINK'\n",
			(int)row.user.len, row.user.ptr);
		if (!row.rights_count)
			say_no_rights(&row);
		printf("%.*s\n", (int)row.link.len, row.link.ptr);
	}
	return cmd_finish();
}
