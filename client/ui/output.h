/*
 * output: what a command says.  Results go to stdout: one line a file for people (two spaces between the columns), the
 * same with tabs in a pipe, one JSON object with --json.  Everything else goes to stderr.  Foreign text is quoted.
 */
#ifndef CLIENT_UI_OUTPUT_H
#define CLIENT_UI_OUTPUT_H

#include "client/ui/term.h"
#include "common/span.h"

/* Word in JSON, word for people, colour: good, idle, bad. */
#define RESULT_TABLE(X) \
	X(RESULT_SAVED, "saved", "saved", GOOD) \
	X(RESULT_CREATED, "created", "created", GOOD) \
	X(RESULT_UNCHANGED, "unchanged", "unchanged", IDLE) \
	X(RESULT_UP_TO_DATE, "unchanged", "up to date", IDLE) \
	X(RESULT_FETCHED, "fetched", "fetched", GOOD) \
	X(RESULT_REMOVED, "removed", "removed", GOOD) \
	X(RESULT_MOVED, "moved", "moved", GOOD) \
	X(RESULT_COPIED, "copied", "copied", GOOD) \
	X(RESULT_RESTORED, "restored", "restored", GOOD) \
	X(RESULT_LOCKED, "locked", "locked", GOOD) \
	X(RESULT_UNLOCKED, "unlocked", "unlocked", GOOD) \
	X(RESULT_MADE, "made", "made", GOOD) \
	X(RESULT_EXISTS, "exists", "exists", IDLE) \
	X(RESULT_CONFLICT, "conflict", "conflict", BAD) \
	X(RESULT_MISSING, "missing", "missing", BAD) \
	X(RESULT_REFUSED, "refused", "refused", BAD) \
	X(RESULT_FAILED, "failed", "failed", BAD) \
	X(RESULT_SKIPPED, "skipped", "skipped", IDLE)

enum result_word {
#define RESULT_ENUM(symbol, json, human, color) symbol,
	RESULT_TABLE(RESULT_ENUM)
#undef RESULT_ENUM
	    RESULT_COUNT
};

struct output_options {
	const char *self; /* how the program calls itself; borrowed */
	bool json, quiet, verbose, dry_run;
	enum term_color color;
};

struct output;
struct progress;

struct output *output_new(const struct output_options *options);
void output_free(struct output *o);

/* One file's end.  Texts are borrowed for the call. */
struct result {
	const char *name;  /* as the user knows it */
	const char *path;  /* on the remote, "/a/b"; NULL: none */
	const char *local; /* NULL: none */
	enum result_word word;
	enum err err;      /* OK, or what decides the exit code */
	int status;        /* of the answer; 0: none */
	struct span etag;  /* without quotes ("W/" kept); empty: none */
	int64_t bytes;     /* -1: not said */
	const char *error; /* why, for failures */
	const char *more;  /* the last column, for people; NULL: none */
};

/*
 * Says it, counts it, and remembers its exit code.  A failure is "SELF: NAME: WHY" on stderr (and an object on stdout
 * with --json); output_hint() adds the next step.
 */
void output_result(struct output *o, const struct result *r);

/* "SELF: WHAT: WHY" on stderr, counted as `e`; without `what`: "SELF: WHY". */
void output_error(struct output *o, enum err e, const char *what, const char *fmt, ...) printf_like(4, 5);

/* The same for a failure of which a JSON object was written already. */
void output_failure(struct output *o, enum err e, const char *what, const char *why);

/* The exit code of `e`, without a word: the result said it ("diff exits 1 when different"). */
void output_count(struct output *o, enum err e);

/* An indented line below the last error: what is known, the command to type.  Quiet does not silence it. */
void output_hint(struct output *o, const char *fmt, ...) printf_like(2, 3);

/* "SELF: WHAT: WHY" on stderr for what is odd and no failure. */
void output_note(struct output *o, const char *what, const char *fmt, ...) printf_like(3, 4);

/* A line of -v and -vv: `mark` is ">", "<" or "*". */
void output_trace(struct output *o, const char *mark, const char *line);

/* A sentence on stdout for people ("signed in to ..."); nothing with -q or --json. */
void output_say(struct output *o, const char *fmt, ...) printf_like(2, 3);

/* One line of columns on stdout: two spaces between them on a terminal (padded to `widths`, or NULL), tabs in a pipe. */
void output_columns(struct output *o, const char *const *columns, size_t count, const size_t *widths);

/* A JSON object already written, as a line; only with --json. */
void output_json(struct output *o, const char *object);

bool output_is_json(const struct output *o);

/*
 * After the last result: with --json a summary object if there were several or `is_many`; on a terminal a line of totals
 * on stderr.  Then the exit code, the highest-ranking one of all (cli.md: 5 7 3 8 6 4 1); 1 if stdout failed.
 */
int output_finish(struct output *o, bool is_many);

/* What was said is out, in a pipe too: before waiting for long. */
void output_flush(struct output *o);

/* What was counted so far was told, and the end is a good one all the same (ctrl-C in what runs without end). */
void output_forgive(struct output *o);

/* The exit code so far. */
int output_exit_code(const struct output *o);

/* The line of progress, drawn and cleared between the lines of output. */
struct progress *output_progress(struct output *o);

#endif
