#include "client/ui/output.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/ui/human.h"
#include "client/ui/progress.h"
#include "common/clock.h"
#include "common/jsonw.h"

enum { JSON_LIMIT = 1 << 20, HASH_SHOWN = 8, COLUMNS_MAX = 8 };

enum shade { GOOD, IDLE, BAD };

static const struct word {
	const char *json, *human;
	enum shade shade;
} words[RESULT_COUNT] = {
#define RESULT_WORD(symbol, json, human, color) { json, human, color },
	RESULT_TABLE(RESULT_WORD)
#undef RESULT_WORD
};

struct output {
	struct output_options options;
	bool is_tty, has_color;
	struct progress *progress;
	size_t counts[RESULT_COUNT], total;
	int64_t bytes, began_ns;
	int exit_code;
};

struct output *output_new(const struct output_options *options)
{
	struct output *o = xcalloc(1, sizeof *o);

	o->options = *options;
	o->is_tty = isatty(STDOUT_FILENO);
	o->has_color = term_wants_color(options->color) && !options->json;
	o->progress = progress_new(isatty(STDERR_FILENO) && !options->quiet && !options->json);
	o->began_ns = clock_monotonic_ns();
	return o;
}

void output_free(struct output *o)
{
	if (!o)
		return;
	progress_clear(o->progress);
	progress_free(o->progress);
	free(o);
}

bool output_is_json(const struct output *o)
{
	return o->options.json;
}

struct progress *output_progress(struct output *o)
{
	return o->progress;
}

void output_flush(struct output *o)
{
	progress_clear(o->progress);
	fflush(stdout); /* a failure is said by output_finish() */
}

void output_forgive(struct output *o)
{
	o->exit_code = 0;
}

int output_exit_code(const struct output *o)
{
	return o->exit_code;
}

/* Of many the highest-ranking: interrupted and wrong usage, then 5 7 3 8 6 4 1 (cli.md, "Exit codes"). */
static void count_exit(struct output *o, enum err e)
{
	static const int ranking[] = { 130, 2, 5, 7, 3, 8, 6, 4, 1, 0 };
	int code = err_exit_code(e);

	for (size_t i = 0; i < ARRAY_LEN(ranking); i++)
		if (ranking[i] == code || ranking[i] == o->exit_code) {
			o->exit_code = ranking[i];
			return;
		}
}

void output_count(struct output *o, enum err e)
{
	count_exit(o, e);
}

static void print_err_line(struct output *o, const char *what, const char *why)
{
	autofree char *quoted = human_quoted(why);

	progress_clear(o->progress);
	fflush(stdout);
	if (what) {
		autofree char *name = human_quoted(what);

		fprintf(stderr, "%s: %s: %s\n", o->options.self, name, quoted);
	} else {
		fprintf(stderr, "%s: %s\n", o->options.self, quoted);
	}
}

void output_json(struct output *o, const char *object)
{
	if (!o->options.json)
		return;
	fputs(object, stdout);
	putchar('\n');
}

/* A failure of the command as a whole: with --json an object, too. */
static void print_error_json(struct output *o, const char *what, const char *why)
{
	struct buf line = buf_new(JSON_LIMIT);
	struct jsonw w = jsonw_new(&line);

	jsonw_object(&w);
	if (what)
		jsonw_key_text(&w, "what", what);
	jsonw_key_text(&w, "result", "failed");
	jsonw_key_text(&w, "error", why);
	jsonw_end(&w);
	if (jsonw_error(&w) == OK)
		output_json(o, line.data);
	buf_clear(&line);
}

void output_error(struct output *o, enum err e, const char *what, const char *fmt, ...)
{
	autofree char *why = NULL;
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&why, fmt, args) < 0)
		abort();
	va_end(args);
	count_exit(o, e);
	if (o->options.json)
		print_error_json(o, what, why);
	print_err_line(o, what, why);
}

void output_failure(struct output *o, enum err e, const char *what, const char *why)
{
	count_exit(o, e);
	print_err_line(o, what, why);
}

void output_note(struct output *o, const char *what, const char *fmt, ...)
{
	autofree char *why = NULL;
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&why, fmt, args) < 0)
		abort();
	va_end(args);
	print_err_line(o, what, why);
}

void output_hint(struct output *o, const char *fmt, ...)
{
	va_list args;

	progress_clear(o->progress);
	fputs("  ", stderr);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
}

void output_trace(struct output *o, const char *mark, const char *line)
{
	autofree char *quoted = human_quoted(line);

	progress_clear(o->progress);
	fflush(stdout);
	fprintf(stderr, "%s %s\n", mark, quoted);
}

void output_say(struct output *o, const char *fmt, ...)
{
	va_list args;

	if (o->options.quiet || o->options.json)
		return;
	progress_clear(o->progress);
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	putchar('\n');
}

void output_columns(struct output *o, const char *const *columns, size_t count, const size_t *widths)
{
	progress_clear(o->progress);
	for (size_t i = 0; i < count; i++) {
		autofree char *text = human_quoted(columns[i]);
		size_t width = human_width(text);

		fputs(text, stdout);
		if (i + 1 == count)
			break;
		if (!o->is_tty)
			putchar('\t');
		else
			printf("%*s", (int)(2 + (widths && widths[i] > width ? widths[i] - width : 0)), "");
	}
	putchar('\n');
}

static void print_json(struct output *o, const struct result *r)
{
	struct buf line = buf_new(JSON_LIMIT);
	struct jsonw w = jsonw_new(&line);

	jsonw_object(&w);
	if (r->path)
		jsonw_key_text(&w, "path", r->path);
	if (r->local)
		jsonw_key_text(&w, "local", r->local);
	jsonw_key_text(&w, "result", words[r->word].json);
	if (o->options.dry_run)
		jsonw_key_bool(&w, "dry_run", true);
	if (r->status)
		jsonw_key_int(&w, "status", r->status);
	if (r->etag.len)
		jsonw_key_span(&w, "etag", r->etag);
	if (r->bytes >= 0)
		jsonw_key_int(&w, "bytes", r->bytes);
	if (r->err != OK)
		jsonw_key_text(&w, "error", r->error ? r->error : err_words(r->err));
	jsonw_end(&w);
	if (jsonw_error(&w) == OK)
		output_json(o, line.data);
	buf_clear(&line);
}

/* "saved" in its colour, if there is one.  `out` has room for it. */
static const char *shaded(const struct output *o, enum result_word word, char *out, size_t size)
{
	static const char *const codes[] = { [GOOD] = "\033[32m", [IDLE] = "\033[33m", [BAD] = "\033[31m" };

	if (!o->has_color)
		return words[word].human;
	snprintf(out, size, "%s%s\033[0m", codes[words[word].shade], words[word].human);
	return out;
}

/* The colour codes hold control bytes: columns are written here rather than by output_columns(). */
static void print_line(struct output *o, const struct result *r)
{
	const char *gap = o->is_tty ? "  " : "\t";
	autofree char *name = human_quoted(r->name);
	char size[HUMAN_SIZE], word[64];

	progress_clear(o->progress);
	fputs(name, stdout);
	if (r->bytes >= 0)
		printf("%s%s", gap, human_bytes(r->bytes, size));
	printf("%s%s", gap, shaded(o, r->word, word, sizeof word));
	if (r->etag.len) {
		autofree char *tag = xstrndup(r->etag.ptr, MIN(r->etag.len, (size_t)HASH_SHOWN));
		autofree char *quoted = human_quoted(tag);

		printf("%s%s", gap, quoted);
	}
	if (r->more) {
		autofree char *more = human_quoted(r->more);

		printf("%s%s", gap, more);
	}
	putchar('\n');
}

void output_result(struct output *o, const struct result *r)
{
	bool has_failed = r->err != OK;

	o->counts[r->word]++;
	o->total++;
	if (!has_failed && r->bytes > 0 && words[r->word].shade == GOOD)
		o->bytes += r->bytes;
	if (o->options.json && (has_failed || !o->options.quiet))
		print_json(o, r);
	if (has_failed) {
		count_exit(o, r->err);
		print_err_line(o, r->name, r->error ? r->error : err_words(r->err));
	} else if (!o->options.json && !o->options.quiet) {
		print_line(o, r);
	}
}

/* {"result":"done","saved":3,"unchanged":10}; two words that are one in JSON are counted together. */
static void print_summary_json(struct output *o)
{
	struct buf line = buf_new(JSON_LIMIT);
	struct jsonw w = jsonw_new(&line);

	jsonw_object(&w);
	jsonw_key_text(&w, "result", "done");
	o->counts[RESULT_UNCHANGED] += o->counts[RESULT_UP_TO_DATE];
	o->counts[RESULT_UP_TO_DATE] = 0;
	for (size_t i = 0; i < RESULT_COUNT; i++)
		if (o->counts[i])
			jsonw_key_int(&w, words[i].json, (int64_t)o->counts[i]);
	jsonw_key_int(&w, "bytes", o->bytes);
	jsonw_end(&w);
	if (jsonw_error(&w) == OK)
		output_json(o, line.data);
	buf_clear(&line);
}

static void print_summary(struct output *o)
{
	char size[HUMAN_SIZE], time[HUMAN_SIZE];
	int64_t seconds = (clock_monotonic_ns() - o->began_ns) / NS_PER_S;

	if (o->options.quiet || !isatty(STDERR_FILENO) || (o->total == 0 && o->exit_code != 0))
		return;
	fprintf(stderr, "%zu file%s  %s  %s\n", o->total, o->total == 1 ? "" : "s", human_bytes(o->bytes, size),
		human_seconds(seconds, time));
}

int output_finish(struct output *o, bool is_many)
{
	progress_clear(o->progress);
	if (is_many || o->total > 1) {
		if (o->options.json)
			print_summary_json(o);
		else
			print_summary(o);
	}
	if (fflush(stdout) != 0 || ferror(stdout))
		output_error(o, E_IO, "stdout", "%s", strerror(errno));
	return o->exit_code;
}
