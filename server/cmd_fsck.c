/*
 * cmd_fsck: `fsck [--repair]`.  The meaning is server/store/store_fsck.h; here are words.
 */
#include "server/cmd_admin.h"
#include "server/records.h"
#include "server/units.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct report {
	const struct cmd_args *args;
	bool is_json;
	int64_t damaged;
};

/* ---- findings ---- */

static void print_finding_json(struct span record)
{
	autobuf struct buf line = buf_new(STREAM_RECORD_LIMIT * 8);
	struct jsonw w = jsonw_new(&line);

	jsonw_object(&w);
	jsonw_key_span(&w, "damage", record_find(record, "damage"));
	jsonw_key_span(&w, "error", record_find(record, "why"));
	jsonw_key_bool(&w, "repaired", span_is(record_find(record, "repaired"), "yes"));
	if (record_has(record, "path"))
		jsonw_key_span(&w, "path", record_find(record, "path"));
	if (record_has(record, "deleted"))
		jsonw_key_bool(&w, "deleted", true);
	if (record_has(record, "version"))
		jsonw_key_int(&w, "version", record_number(record, "version"));
	if (record_has(record, "digest"))
		jsonw_key_span(&w, "digest", record_find(record, "digest"));
	cmd_json_print(&w);
}

static void print_span(struct span text)
{
	printf("%.*s", (int)text.len, text.ptr);
}

static void print_finding(struct span record)
{
	struct span digest = record_find(record, "digest");

	print_span(record_find(record, "damage"));
	putchar(' ');
	if (record_has(record, "path")) {
		print_span(record_find(record, "path"));
		if (record_has(record, "version"))
			printf(" (version %" PRId64 ")", record_number(record, "version"));
		printf("%s: ", record_has(record, "deleted") ? " (deleted)" : "");
	}
	print_span(record_find(record, "why"));
	if (digest.ptr)
		printf("; SHA-256 %.*s", (int)digest.len, digest.ptr);
	puts(span_is(record_find(record, "repaired"), "yes") ? "; repaired" : "");
}

/* ---- totals ---- */

static void print_totals_json(struct span record)
{
	static const char *const keys[] = { "damaged", "repaired", "folders",    "files",  "versions",   "contents",
					    "bytes",   "dead",     "dead_bytes", "strays", "stray_bytes" };
	autobuf struct buf line = buf_new(4096);
	struct jsonw w = jsonw_new(&line);

	jsonw_object(&w);
	jsonw_key_text(&w, "result", record_number(record, "damaged") ? "damaged" : "whole");
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		jsonw_key_int(&w, keys[i], record_number(record, keys[i]));
	cmd_json_print(&w);
}

static void print_totals(struct span record, bool repairs)
{
	char bytes[UNITS_TEXT_SIZE], spare[UNITS_TEXT_SIZE];
	int64_t damaged = record_number(record, "damaged"), repaired = record_number(record, "repaired");

	printf("%" PRId64 " folders, %" PRId64 " files, %" PRId64 " versions, %" PRId64 " contents of %s: ",
	       record_number(record, "folders"), record_number(record, "files"), record_number(record, "versions"),
	       record_number(record, "contents"), units_write_bytes(record_number(record, "bytes"), bytes));
	if (!damaged)
		puts("whole");
	else
		printf("%" PRId64 " DAMAGED, %" PRId64 " of it repaired\n", damaged, repaired);
	if (record_number(record, "dead") + record_number(record, "strays"))
		printf("  %s that nobody needs: syncd gc\n",
		       units_write_bytes(record_number(record, "dead_bytes") + record_number(record, "stray_bytes"),
					 spare));
	if (damaged > repaired && repairs)
		puts("  what is lost is answered 500 until the same bytes are uploaded again, or it is restored");
	else if (damaged && !repairs)
		puts("  syncd fsck --repair mends what can be, and marks what cannot; it removes nothing that is good");
}

static enum err take(void *arg, struct span record)
{
	struct report *r = arg;

	if (record_has(record, "damage")) {
		if (r->is_json)
			print_finding_json(record);
		else
			print_finding(record);
	} else if (record_has(record, "end")) {
		r->damaged = record_number(record, "damaged");
		if (r->is_json)
			print_totals_json(record);
		else
			print_totals(record, cmd_has(r->args, "repair"));
	}
	return ferror(stdout) ? E_IO : OK;
}

int cmd_fsck(const struct cmd_args *args)
{
	struct report r = { args, cmd_has(args, "json"), 0 };
	autofree char *folder = NULL;
	struct note why = { "" };
	enum err e = cmd_find_store(args, &folder, &why);

	if (e == OK)
		e = admin_door_stream(folder, &stream_fsck, span_of(cmd_has(args, "repair") ? "repair=yes\n" : ""),
				      take, &r, &why);
	if (e != OK)
		return cmd_fail(e, &why);
	return cmd_finish() == CMD_OK && !r.damaged ? CMD_OK : CMD_FAILED;
}
