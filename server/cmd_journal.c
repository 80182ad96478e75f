/*
 * cmd_journal: `journal`: who changed what, and `journal --verify`: whether the chain holds.  The meaning is
 * server/store/store_journal.h; here are words.
 */
#include "common/clock.h"
#include "common/path.h"
#include "common/when.h"
#include "server/api/fields.h"
#include "server/cmd_admin.h"
#include "server/records.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHORT_HASH = 8 };

/* One change, borrowed from its record. */
struct row {
	struct span op, path, from, user, client, before, after;
	int64_t number, at_ns, node;
	bool is_end;
};

static struct row row_read(struct span record)
{
	return (struct row){
		.op = record_find(record, "op"),
		.path = record_find(record, "path"),
		.from = record_find(record, "from"),
		.user = record_find(record, "user"),
		.client = record_find(record, "client"),
		.before = record_find(record, "before"),
		.after = record_find(record, "after"),
		.number = record_number(record, "number"),
		.at_ns = record_number(record, "at_ns"),
		.node = record_number(record, "node"),
		.is_end = record_has(record, "end"),
	};
}

static void json_span(struct jsonw *w, const char *key, struct span value)
{
	jsonw_key(w, key);
	if (value.len)
		jsonw_span(w, value);
	else
		jsonw_null(w);
}

static void print_json(const struct row *row)
{
	autobuf struct buf line = buf_new(STREAM_RECORD_LIMIT * 8);
	struct jsonw w = jsonw_new(&line);

	jsonw_object(&w);
	jsonw_key_int(&w, "number", row->number);
	cmd_json_time(&w, "time", row->at_ns / NS_PER_S);
	jsonw_key_span(&w, "op", row->op);
	json_span(&w, "path", row->path);
	if (row->from.len)
		jsonw_key_span(&w, "from", row->from);
	jsonw_key_int(&w, "node", row->node);
	json_span(&w, "user", row->user);
	json_span(&w, "client", row->client);
	json_span(&w, "before", row->before);
	json_span(&w, "after", row->after);
	cmd_json_print(&w);
}

static struct span shortened(struct span hash)
{
	return hash.len ? (struct span){ hash.ptr, MIN(hash.len, (size_t)SHORT_HASH) } : span_of("-");
}

static void print_row(const struct row *row)
{
	char number[24], time[CMD_TIME_SIZE];
	struct span who = row->client.len ? row->client : row->user;

	snprintf(number, sizeof number, "%" PRId64, row->number);
	cmd_column(span_of(number), 6);
	cmd_column(span_of(cmd_time(row->at_ns / NS_PER_S, true, time)), 20);
	cmd_column(who.len ? who : span_of("-"), 16);
	cmd_column(row->op, 9);
	cmd_column(shortened(row->before), SHORT_HASH);
	cmd_column(shortened(row->after), SHORT_HASH);
	if (row->from.len)
		printf("%.*s -> ", (int)row->from.len, row->from.ptr);
	printf("%.*s\n", row->path.len ? (int)row->path.len : 1, row->path.len ? row->path.ptr : "?");
}

/* Who asks from a number on, or for everything, is told what there is not. */
static void tell_beginning(const struct cmd_args *args, int64_t first)
{
	const char *since = cmd_value(args, "since");
	int64_t number = 0;

	if (since && !span_to_int64(span_of(since), &number))
		return;
	if (number + 1 < first)
		fprintf(stderr,
			"syncd: the journal begins with change %" PRId64
			"; those before are kept no longer (keep-journal)\n",
			first);
}

static enum err take_row(void *arg, struct span record)
{
	const struct cmd_args *args = arg;
	struct row row = row_read(record);

	if (row.is_end) {
		tell_beginning(args, record_number(record, "first"));
		return OK;
	}
	if (cmd_has(args, "json"))
		print_json(&row);
	else
		print_row(&row);
	return ferror(stdout) ? E_IO : OK;
}

/* "/docs/" as typed is "/docs". */
static enum err add_path(struct buf *request, const char *typed, struct note *why)
{
	autofree char *path = xstrdup(typed);
	size_t len = strlen(path);

	while (len > 1 && path[len - 1] == '/')
		path[--len] = '\0';
	if (path_check(span_of(path)) != OK)
		return note_set(why, E_USAGE, "--path %.100s: a path begins with /", typed);
	return cmd_add_field(request, "path", path, why);
}

static enum err make_request(const struct cmd_args *args, struct buf *request, struct note *why)
{
	const char *since = cmd_value(args, "since"), *path = cmd_value(args, "path"), *user = cmd_value(args, "user");
	int64_t number;
	enum err e = OK;

	if (since && span_to_int64(span_of(since), &number))
		e = cmd_add_field(request, "since", since, why);
	else if (since && when_parse(span_of(since), true, clock_now_ns(), &number))
		e = fields_add_number(request, "since_ns", number);
	else if (since)
		return note_set(
		    why, E_USAGE,
		    "--since is the number of a change, a time like \"2026-01-31 12:00\", or 2h for two hours ago");
	if (e == OK && path)
		e = add_path(request, path, why);
	if (e == OK && user)
		e = cmd_add_field(request, "user", user, why);
	return e;
}

/* ---- the chain ---- */

struct verdict {
	int64_t first, number, broken;
	char chain[DIGEST_HEX_SIZE];
};

static enum err take_verdict(void *arg, struct span record)
{
	struct verdict *v = arg;
	struct span chain = record_find(record, "chain");

	v->first = record_number(record, "first");
	v->number = record_number(record, "number");
	if (record_has(record, "broken"))
		v->broken = record_number(record, "broken");
	snprintf(v->chain, sizeof v->chain, "%.*s", (int)chain.len, chain.ptr ? chain.ptr : "");
	return OK;
}

static int verify(const struct cmd_args *args, const char *folder)
{
	autobuf struct buf line = buf_new(4096);
	struct jsonw w = jsonw_new(&line);
	struct verdict v = { .broken = -1 };
	struct note why = { "" };
	enum err e = admin_door_stream(folder, &stream_chain, span_of(""), take_verdict, &v, &why);
	bool is_good = v.broken < 0;

	if (e != OK)
		return cmd_fail(e, &why);
	if (cmd_has(args, "json")) {
		jsonw_object(&w);
		jsonw_key_text(&w, "result", is_good ? "whole" : "broken");
		jsonw_key_int(&w, "number", is_good ? v.number : v.broken);
		if (is_good) {
			jsonw_key_int(&w, "first", v.first);
			jsonw_key_text(&w, "chain", v.chain);
		}
		cmd_json_print(&w);
	} else if (is_good) {
		printf("whole from change %" PRId64 " to %" PRId64 ", chain %s\n", v.first, v.number, v.chain);
	} else {
		printf("BROKEN at change %" PRId64 ": it does not follow from the one before\n", v.broken);
	}
	return cmd_finish() == CMD_OK && is_good ? CMD_OK : CMD_FAILED;
}

int cmd_journal(const struct cmd_args *args)
{
	autobuf struct buf request = buf_new(STREAM_REQUEST_LIMIT);
	autofree char *folder = NULL;
	struct note why = { "" };
	enum err e;

	if (cmd_has(args, "verify") && (cmd_has(args, "since") || cmd_has(args, "path") || cmd_has(args, "user")))
		return cmd_refuse("journal", "journal: --verify is about the whole of it");
	if ((e = make_request(args, &request, &why)) != OK || (e = cmd_find_store(args, &folder, &why)) != OK)
		return cmd_fail(e, &why);
	if (cmd_has(args, "verify"))
		return verify(args, folder);
	e = admin_door_stream(folder, &stream_journal, buf_span(&request), take_row, (void *)(uintptr_t)args, &why);
	return e == OK ? cmd_finish() : cmd_fail(e, &why);
}
