#include "client/cmd/synctell.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/clock.h"
#include "common/jsonw.h"

enum { JSON_LIMIT = 1 << 20, TIME_WIDTH = 8, COLUMNS_MAX = 5 };

enum direction { UP, DOWN, BOTH, TOGETHER };

/* What an action is called; `made`: when nothing was there before. */
static const struct {
	enum direction direction;
	const char *word, *made;
} table[] = {
	[PLAN_PUT] = { UP, "saved", "created" },      [PLAN_MKCOL] = { UP, "made", NULL },
	[PLAN_DELETE] = { UP, "removed", NULL },      [PLAN_GET] = { DOWN, "fetched", NULL },
	[PLAN_MKDIR] = { DOWN, "made", NULL },        [PLAN_REMOVE] = { DOWN, "removed", NULL },
	[PLAN_ASIDE] = { BOTH, "conflict", NULL },    [PLAN_HOLD] = { BOTH, "held", NULL },
	[PLAN_ADOPT] = { BOTH, "unchanged", NULL },   [PLAN_FORGET] = { BOTH, "ignored", NULL },
	[PLAN_NOTHING] = { BOTH, "unchanged", NULL }, [PLAN_MOVE] = { UP, "moved", NULL },
	[PLAN_RENAME] = { DOWN, "moved", NULL },      [PLAN_MOVED] = { BOTH, "moved", NULL },
	[PLAN_CHMOD] = { DOWN, "mode set", NULL },    [PLAN_FLAG] = { UP, "mode set", NULL },
	[PLAN_MERGE] = { TOGETHER, "merged", NULL },  [PLAN_TOUCH] = { DOWN, "time set", NULL },
	[PLAN_STAMP] = { UP, "time set", NULL },
};

static const char *const directions[] = { [UP] = "up", [DOWN] = "down", [BOTH] = "conflict", [TOGETHER] = "both" };

static const char *word_of(const struct apply_end *end)
{
	return end->is_new && table[end->action].made ? table[end->action].made : table[end->action].word;
}

static void print_json(struct syncfolder *f, const struct apply_end *end)
{
	struct buf line = buf_new(JSON_LIMIT);
	struct jsonw w = jsonw_new(&line);
	const char *collection = f->linked.collection;
	autofree char *remote = xasprintf("%s/%s", collection[1] ? collection : "", end->path);
	char hex[DIGEST_HEX_SIZE];

	jsonw_object(&w);
	jsonw_key_text(&w, "path", remote);
	jsonw_key_text(&w, "local", end->path);
	jsonw_key_text(&w, "action", plan_word(end->action));
	jsonw_key_text(&w, "result", end->err == OK ? word_of(end) : "failed");
	if (f->s->cli->dry_run)
		jsonw_key_bool(&w, "dry_run", true);
	if (end->copy)
		jsonw_key_text(&w, end->action == PLAN_ASIDE ? "copy" : "from", end->copy);
	if (end->bytes >= 0 && end->err == OK) {
		jsonw_key_int(&w, "bytes", end->bytes);
		jsonw_key_text(&w, "etag", digest_hex(&end->digest, hex));
	}
	if (end->err != OK)
		jsonw_key_text(&w, "error", end->why ? end->why : err_words(end->err));
	jsonw_end(&w);
	if (jsonw_error(&w) == OK)
		output_json(f->s->out, line.data);
	buf_clear(&line);
}

static void print_line(struct syncfolder *f, const struct apply_end *end)
{
	static const size_t widths[COLUMNS_MAX] = { TIME_WIDTH, 4, 0, 0, 0 };
	const char *columns[COLUMNS_MAX] = { NULL, directions[table[end->action].direction], end->path };
	time_t now = (time_t)clock_now_s();
	char time_text[TIME_WIDTH + 1] = "";
	size_t first = f->with_time ? 0 : 1;
	struct tm parts;
	const char *how = end->action == PLAN_ASIDE ? "yours is now" : "moved from";
	autofree char *kept = end->copy ? xasprintf("%s %s", how, end->copy) : NULL;
	char size[HUMAN_SIZE];
	size_t count = 3;

	if (localtime_r(&now, &parts))
		strftime(time_text, sizeof time_text, "%H:%M:%S", &parts);
	columns[0] = time_text;
	if (end->bytes >= 0)
		columns[count++] = human_bytes(end->bytes, size);
	columns[count++] = kept ? kept : word_of(end);
	output_columns(f->s->out, columns + first, count - first, widths + first);
}

void synctell_end(struct syncfolder *f, const struct apply_end *end)
{
	struct session *s = f->s;
	enum direction d = table[end->action].direction;

	if (output_is_json(s->out) && (end->err != OK || !s->cli->quiet))
		print_json(f, end);
	if (end->err != OK) {
		output_failure(s->out, end->err, end->path, end->why ? end->why : err_words(end->err));
		return;
	}
	f->up += d == UP;
	f->down += d == DOWN;
	f->both += d == BOTH || d == TOGETHER;
	if (!output_is_json(s->out) && !s->cli->quiet)
		print_line(f, end);
}

void synctell_totals(struct syncfolder *f)
{
	struct buf line = buf_new(JSON_LIMIT);
	struct jsonw w = jsonw_new(&line);

	jsonw_object(&w);
	jsonw_key_text(&w, "result", "done");
	jsonw_key_int(&w, "up", (int64_t)f->up);
	jsonw_key_int(&w, "down", (int64_t)f->down);
	jsonw_key_int(&w, "conflicts", (int64_t)f->conflicts);
	jsonw_key_int(&w, "held", (int64_t)f->held);
	jsonw_end(&w);
	if (jsonw_error(&w) == OK)
		output_json(f->s->out, line.data);
	output_say(f->s->out, "%zu up  %zu down  %zu conflict%s", f->up, f->down, f->conflicts,
		   f->conflicts == 1 ? "" : "s");
	buf_clear(&line);
}
