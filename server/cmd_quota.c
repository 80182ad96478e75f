/*
 * cmd_quota: `quota`: all of them, one, or a new limit.  The meaning is server/api/quotas.h; here are words in and out.
 */
#include "server/api/fields.h"
#include "server/api/quotas.h"
#include "server/cmd_admin.h"
#include "server/units.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { QUOTA_ANSWER_LIMIT = 16 << 20 };

/* One record of the answer, borrowed from it. */
struct row {
	struct span path;
	int64_t limit_bytes, used_bytes;
};

static bool row_next(struct span *rest, struct row *out)
{
	struct span key, value;

	*out = (struct row){ .limit_bytes = -1 };
	while (fields_next(rest, &key, &value)) {
		if (!key.len)
			return true;
		if (span_is(key, "path"))
			out->path = value;
		else if (span_is(key, "limit"))
			(void)!span_to_int64(value, &out->limit_bytes);
		else if (span_is(key, "used"))
			(void)!span_to_int64(value, &out->used_bytes);
	}
	return false;
}

static void print_json(const struct row *row)
{
	autobuf struct buf line = buf_new(QUOTA_ANSWER_LIMIT);
	struct jsonw w = jsonw_new(&line);

	jsonw_object(&w);
	jsonw_key_span(&w, "path", row->path);
	jsonw_key_int(&w, "limit", row->limit_bytes);
	jsonw_key_int(&w, "used", row->used_bytes);
	cmd_json_print(&w);
}

static void print_row(const struct row *row)
{
	char used[UNITS_TEXT_SIZE], limit[UNITS_TEXT_SIZE];

	cmd_column(span_of(units_write_bytes(row->used_bytes, used)), 10);
	cmd_column(span_of(units_write_bytes(row->limit_bytes, limit)), 10);
	printf("%.*s\n", (int)row->path.len, row->path.ptr);
}

static enum err list_direct(struct store *s, struct span body not_used, struct buf *out, struct note *why)
{
	return quotas_list(s, out, why);
}

/* "/docs/" as typed, "/docs" as told. */
static bool is_path(const char *typed, struct span path)
{
	struct span t = span_of(typed);

	while (t.len > 1 && t.ptr[t.len - 1] == '/')
		t.len--;
	return span_eq(t, path);
}

static int show(const struct cmd_args *args, const char *path)
{
	autobuf struct buf answer = buf_new(QUOTA_ANSWER_LIMIT);
	struct admin_call call = { .method = "GET", .path = "/.sync/admin/quotas", .direct = list_direct };
	struct note why = { "" };
	struct span rest;
	struct row row;
	bool any = false;
	enum err e = cmd_ask(args, &call, &answer, &why);

	if (e != OK)
		return cmd_fail(e, &why);
	for (rest = buf_span(&answer); row_next(&rest, &row);) {
		if (path && !is_path(path, row.path))
			continue;
		any = true;
		if (cmd_has(args, "json"))
			print_json(&row);
		else
			print_row(&row);
	}
	if (path && !any)
		return cmd_fail(note_set(&why, E_NOT_FOUND, "%.100s has no quota", path), &why);
	return cmd_finish();
}

static int set(const struct cmd_args *args, const char *path, const char *size)
{
	autobuf struct buf request = buf_new(QUOTA_ANSWER_LIMIT), answer = buf_new(QUOTA_ANSWER_LIMIT);
	struct admin_call call = { .method = "POST", .path = "/.sync/admin/quotas", .direct = quotas_set };
	bool is_none = strcmp(size, "none") == 0;
	struct note why = { "" };
	int64_t bytes = 0;
	enum err e;

	if (!is_none && !units_read_bytes(span_of(size), &bytes))
		return cmd_refuse("quota", "quota: SIZE is a size like 10 GiB, or none");
	autofree char *limit = is_none ? xstrdup(size) : xasprintf("%" PRId64, bytes);
	if ((e = cmd_add_field(&request, "path", path, &why)) != OK ||
	    (e = cmd_add_field(&request, "limit", limit, &why)) != OK)
		return cmd_fail(e, &why);
	call.text = buf_span(&request);
	if ((e = cmd_ask(args, &call, &answer, &why)) != OK)
		return cmd_fail(e == E_BAD_REQUEST ? E_USAGE : e, &why);
	return is_none ? cmd_finish() : show(args, path);
}

int cmd_quota(const struct cmd_args *args)
{
	const char *path = args->operand_count > 0 ? args->operands[0] : NULL;

	return args->operand_count > 1 ? set(args, path, args->operands[1]) : show(args, path);
}
