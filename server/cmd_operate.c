/*
 * cmd_operate: `status` and `reload`.  The meaning is server/api/status.h and app's reload; here are words.
 */
#include "server/api/fields.h"
#include "server/api/status.h"
#include "server/cmd_admin.h"
#include "server/units.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- status ---- */

static enum err status_direct(struct store *s, struct span body not_used, struct buf *out, struct note *why not_used)
{
	enum err e;

	if ((e = fields_add(out, "version", VERSION)) != OK || (e = fields_add(out, "state", "stopped")) != OK)
		return e;
	return status_of_store(s, out);
}

/* The value of a field; NULL: absent.  The caller frees it. */
static char *find(const struct buf *answer, const char *name)
{
	struct span rest = buf_span(answer), key, value;

	while (fields_next(&rest, &key, &value))
		if (span_is(key, name))
			return span_dup(value);
	return NULL;
}

static int64_t number(const struct buf *answer, const char *name)
{
	autofree char *text = find(answer, name);
	int64_t value;

	return text && span_to_int64(span_of(text), &value) ? value : 0;
}

/* The fields as they are; a number stays one. */
static void print_status_json(const struct buf *answer)
{
	autobuf struct buf line = buf_new(STATUS_LIMIT * 2);
	struct jsonw w = jsonw_new(&line);
	struct span rest = buf_span(answer), key, value;

	jsonw_object(&w);
	while (fields_next(&rest, &key, &value)) {
		autofree char *name = span_dup(key);
		int64_t n;

		if (span_is(key, "started") && span_to_int64(value, &n))
			cmd_json_time(&w, name, n);
		else if (span_to_int64(value, &n))
			jsonw_key_int(&w, name, n);
		else if (span_is(value, "yes") || span_is(value, "no"))
			jsonw_key_bool(&w, name, span_is(value, "yes"));
		else
			jsonw_key_span(&w, name, value);
	}
	cmd_json_print(&w);
}

/* "request" and "commit": how long they took. */
static void print_times(const struct buf *answer, const char *name)
{
	static const char *const suffixes[] = { "p50", "p99", "most" };
	static const char *const words[] = { "half within", "99 % within", "all within" };
	char text[UNITS_TEXT_SIZE];

	for (size_t i = 0; i < ARRAY_LEN(suffixes); i++) {
		autofree char *key = xasprintf("%s_%s_us", name, suffixes[i]);

		if (!number(answer, key)) /* none yet */
			break;

		printf("%s%s %s", i ? ", " : "; ", words[i], units_write_us(number(answer, key), text));
	}
	putchar('\n');
}

static const char *bytes(const struct buf *answer, const char *name, char out[UNITS_TEXT_SIZE])
{
	return units_write_bytes(number(answer, name), out);
}

static void print_server(const struct buf *answer)
{
	char in[UNITS_TEXT_SIZE], out[UNITS_TEXT_SIZE], uptime[UNITS_TEXT_SIZE];

	printf("  up           %s, pid %lld\n", units_write_seconds(number(answer, "uptime_s"), uptime),
	       (long long)number(answer, "pid"));
	printf("  connections  %lld of %lld, %lld since the start\n", (long long)number(answer, "connections"),
	       (long long)number(answer, "max_connections"), (long long)number(answer, "accepted"));
	printf("  requests     %lld; %lld running, %lld refused (4xx), %lld failed (5xx), %lld cut off\n",
	       (long long)number(answer, "requests"), (long long)number(answer, "running"),
	       (long long)number(answer, "refused"), (long long)number(answer, "failed"),
	       (long long)number(answer, "cut"));
	printf("  bodies       %s in, %s out", bytes(answer, "bytes_in", in), bytes(answer, "bytes_out", out));
	print_times(answer, "request");
	printf("  commits      %lld with %lld changes", (long long)number(answer, "commits"),
	       (long long)number(answer, "changes"));
	print_times(answer, "commit");
	printf("  queue        %lld of %lld, %s of bodies in memory\n", (long long)number(answer, "queued"),
	       (long long)number(answer, "max_queued"), bytes(answer, "memory_bytes", in));
}

/* What is read back and proved all the time, and what is known to be damaged. */
static void print_scrub(const struct buf *answer)
{
	char a[UNITS_TEXT_SIZE], b[UNITS_TEXT_SIZE], time[CMD_TIME_SIZE];
	int64_t ended_s = number(answer, "scrub_ended"), damaged = number(answer, "damaged");
	autofree char *state = find(answer, "state");

	printf("  scrub        ");
	if (number(answer, "scrub_bytes_per_s"))
		printf("%s a second, %s since the start", bytes(answer, "scrub_bytes_per_s", a),
		       bytes(answer, "scrub_bytes", b));
	else
		printf("%s", state && strcmp(state, "stopped") == 0 ? "while a server runs" : "off (scrub-rate)");
	if (ended_s)
		printf("; all at %s: %s", cmd_time(ended_s, true, time), bytes(answer, "scrub_round_bytes", a));
	if (damaged)
		printf("; %lld contents are DAMAGED: syncd fsck\n", (long long)damaged);
	else
		printf("; no damage known\n");
}

/* As it is mostly written in a config: "30 d", "12 h". */
static const char *span_of_time(int64_t seconds, char out[UNITS_TEXT_SIZE])
{
	if (seconds % 86400 == 0)
		snprintf(out, UNITS_TEXT_SIZE, "%lld d", (long long)seconds / 86400);
	else if (seconds % 3600 == 0)
		snprintf(out, UNITS_TEXT_SIZE, "%lld h", (long long)seconds / 3600);
	else
		units_write_seconds(seconds, out);
	return out;
}

/* What there is of it, and how long it is kept. */
static void print_history(const struct buf *answer)
{
	static const char *const rules[][2] = { { "keep_all_s", "all for" },
						{ "keep_daily_s", "a state a day for" },
						{ "keep_weekly_s", "one a week for" } };
	char text[UNITS_TEXT_SIZE];
	int64_t versions = number(answer, "keep_versions");
	autofree char *limit = find(answer, "history_max_bytes");

	printf("  history      %lld versions, %lld deleted; kept: ", (long long)number(answer, "versions"),
	       (long long)number(answer, "trashed"));
	for (size_t i = 0; i < ARRAY_LEN(rules); i++)
		printf("%s%s %s", i ? ", " : "", rules[i][1], span_of_time(number(answer, rules[i][0]), text));
	if (versions)
		printf(", %lld versions of a file", (long long)versions);
	if (limit)
		printf(", %s in all", bytes(answer, "history_max_bytes", text));
	putchar('\n');
}

/* From where on it is there, and what its rule is. */
static void print_journal(const struct buf *answer)
{
	char text[UNITS_TEXT_SIZE], time[CMD_TIME_SIZE];
	int64_t first = number(answer, "journal_first"), since_s = number(answer, "journal_since");

	printf("  journal      from change %lld", (long long)first);
	if (since_s)
		printf(" (%s)", cmd_time(since_s, true, time));
	printf("; kept for %s, and as long as history needs it\n",
	       span_of_time(number(answer, "keep_journal_s"), text));
}

static void print_store(const struct buf *answer)
{
	char a[UNITS_TEXT_SIZE], b[UNITS_TEXT_SIZE], c[UNITS_TEXT_SIZE], d[UNITS_TEXT_SIZE], e[UNITS_TEXT_SIZE];
	autofree char *folder = find(answer, "store"), *takes = find(answer, "changes_taken");

	printf("  store        %s%s\n", folder ? folder : "?",
	       takes && strcmp(takes, "no") == 0 ? "  TAKES NO CHANGES: see the log" : "");
	printf("  content      %s live, %s history; %s stored, %s dead, %s free\n", bytes(answer, "live_bytes", a),
	       bytes(answer, "history_bytes", b), bytes(answer, "stored_bytes", c), bytes(answer, "dead_bytes", d),
	       bytes(answer, "free_bytes", e));
	printf("  database     %s, WAL %s; change number %lld\n", bytes(answer, "db_bytes", a),
	       bytes(answer, "wal_bytes", b), (long long)number(answer, "head"));
	print_scrub(answer);
	print_history(answer);
	print_journal(answer);
	printf("  accounts     %lld users, %lld tokens\n", (long long)number(answer, "users"),
	       (long long)number(answer, "tokens"));
}

int cmd_status(const struct cmd_args *args)
{
	autobuf struct buf answer = buf_new(STATUS_LIMIT);
	struct admin_call call = { .method = "GET", .path = "/.sync/admin/status", .direct = status_direct };
	struct note why = { "" };
	enum err e = cmd_ask(args, &call, &answer, &why);

	if (e != OK)
		return cmd_fail(e, &why);
	if (cmd_has(args, "json")) {
		print_status_json(&answer);
		return cmd_finish();
	}
	autofree char *version = find(&answer, "version"), *state = find(&answer, "state");
	printf("syncd %s: %s\n", version ? version : "?", state ? state : "?");
	if (!state || strcmp(state, "stopped") != 0)
		print_server(&answer);
	print_store(&answer);
	return cmd_finish();
}

/* ---- reload ---- */

static enum err reload_direct(struct store *s, struct span body not_used, struct buf *out not_used, struct note *why)
{
	return note_set(why, E_NOT_FOUND, "no server runs on %.140s", store_folder(s));
}

int cmd_reload(const struct cmd_args *args)
{
	autobuf struct buf answer = buf_new(4096), line = buf_new(4096);
	struct admin_call call = { .method = "POST", .path = "/.sync/admin/reload", .direct = reload_direct };
	struct jsonw w = jsonw_new(&line);
	struct note why = { "" };
	enum err e = cmd_ask(args, &call, &answer, &why);

	if (e == E_UNPROCESSABLE) {
		fprintf(stderr, "syncd: %s\n  the server goes on with its old config\n", why.text);
		return CMD_USAGE;
	}
	if (e != OK)
		return cmd_fail(e, &why);
	autofree char *fixed = find(&answer, "fixed");
	if (cmd_has(args, "json")) {
		jsonw_object(&w);
		jsonw_key_text(&w, "result", "reloaded");
		jsonw_key_text(&w, "needs_restart", fixed ? fixed : "");
		cmd_json_print(&w);
	} else {
		fprintf(stderr, "reloaded%s%s\n", fixed ? "; a restart is needed for " : "", fixed ? fixed : "");
	}
	return cmd_finish();
}
