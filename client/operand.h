/*
 * operand: what the names on the command line of push, pull, rm, stat and cat mean (cli.md, "Fine print").  No server is
 * asked here; the only look at the disk is whether -o names a folder.
 */
#ifndef CLIENT_OPERAND_H
#define CLIENT_OPERAND_H

#include "common/err.h"
#include "common/path.h"

/* Is this the name of a known remote? */
typedef bool operand_known_fn(void *arg, const char *name);

struct operand {
	char *local;          /* a path here; NULL: standard input */
	char *remote;         /* a clean path there */
	bool is_folder_named; /* the remote name ended in "/" */
	enum err err;         /* not OK: refused before anything is done, `why` says it */
	struct note why;
};

struct operands {
	char *remote_name; /* NULL: the current one */
	struct operand *items;
	size_t count;
};

void operands_clear(struct operands *o);

/*
 * LOCAL... [REMOTE].  E_USAGE: several files for one name, "-" without a name, a REMOTE that is no clean path.  Names that
 * the server could not hold are refused one by one (E_BAD_REQUEST in the item).
 */
enum err operands_push(char **words, size_t count, operand_known_fn *known, void *arg, struct operands *out,
		       struct note *why) must_check;

/* REMOTE... [-o LOCAL]; `output` NULL: none given.  E_USAGE likewise, and for operands on different remotes. */
enum err operands_pull(char **words, size_t count, const char *output, operand_known_fn *known, void *arg,
		       struct operands *out, struct note *why) must_check;

/* PATH...: items have no `local`. */
enum err operands_remote(char **words, size_t count, operand_known_fn *known, void *arg, struct operands *out,
			 struct note *why) must_check;

#endif
