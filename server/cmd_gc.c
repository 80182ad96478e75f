/*
 * cmd_gc: `gc [-n]`.  The meaning is server/store/store_gc.h; here are words.
 */
#include "server/cmd_admin.h"
#include "server/records.h"
#include "server/units.h"

#include <inttypes.h>
#include <stdio.h>

struct report {
	bool is_json, rehearses;
};

static void print_json(const struct report *r, struct span record)
{
	static const char *const keys[] = { "versions",      "trashed",  "changes",     "contents",
					    "content_bytes", "segments", "moved_bytes", "strays",
					    "stray_bytes",   "expired",  "freed_bytes" };
	autobuf struct buf line = buf_new(4096);
	struct jsonw w = jsonw_new(&line);

	jsonw_object(&w);
	jsonw_key_text(&w, "result", r->rehearses ? "would collect" : "collected");
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		jsonw_key_int(&w, keys[i], record_number(record, keys[i]));
	cmd_json_print(&w);
}

static void print_words(const struct report *r, struct span record)
{
	char contents[UNITS_TEXT_SIZE], moved[UNITS_TEXT_SIZE], freed[UNITS_TEXT_SIZE];

	printf("%s %" PRId64 " versions, %" PRId64 " deleted things and %" PRId64
	       " rows of the journal that are kept no longer\n",
	       r->rehearses ? "would remove" : "removed", record_number(record, "versions"),
	       record_number(record, "trashed"), record_number(record, "changes"));
	printf("  %" PRId64 " contents of %s that nothing refers to, %" PRId64
	       " segments (%s in them lives on), %" PRId64 " stray files, %" PRId64 " locks and codes that ran out\n",
	       record_number(record, "contents"), units_write_bytes(record_number(record, "content_bytes"), contents),
	       record_number(record, "segments"), units_write_bytes(record_number(record, "moved_bytes"), moved),
	       record_number(record, "strays"), record_number(record, "expired"));
	printf("  %s %s\n", units_write_bytes(record_number(record, "freed_bytes"), freed),
	       r->rehearses ? "at least would be free" : "free again");
}

static enum err take(void *arg, struct span record)
{
	const struct report *r = arg;

	if (!record_has(record, "end"))
		return OK;
	if (r->is_json)
		print_json(r, record);
	else
		print_words(r, record);
	return OK;
}

/* What is kept of history is the server's to know: on a stopped store none of it goes. */
static enum err collect(const char *folder, struct report *r, struct note *why)
{
	autobuf struct buf request = buf_new(256);
	struct admin_hand hand;
	enum err e = admin_door_take(folder, &hand, why);

	if (e != OK)
		return e;
	if ((e = buf_add_text(&request, r->rehearses ? "rehearse=yes\n" : "")) == OK &&
	    (e = buf_add_text(&request, hand.store ? "" : "history=yes\n")) == OK)
		e = admin_door_ask(&hand, &stream_gc, buf_span(&request), take, r, why);
	admin_door_let_go(&hand);
	return e;
}

int cmd_gc(const struct cmd_args *args)
{
	struct report r = { cmd_has(args, "json"), cmd_has(args, "dry-run") };
	autofree char *folder = NULL;
	struct note why = { "" };
	enum err e = cmd_find_store(args, &folder, &why);

	if (e == OK)
		e = collect(folder, &r, &why);
	return e == OK ? cmd_finish() : cmd_fail(e, &why);
}
