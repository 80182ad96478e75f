/*
 * err: the one table of what can go wrong, for both programs.
 *
 * A row is symbol, HTTP status, client exit code, words.  The server turns a code into a status with it, the client
 * turns a status into a code and an exit code with the same row (common/status).  Functions return `enum err`;
 * errno is converted on the spot with err_from_errno(), never carried.
 */
#ifndef COMMON_ERR_H
#define COMMON_ERR_H

#include "common/base.h"

#define ERR_TABLE(X) \
	/* symbol            status exit words */ \
	X(OK, 200, 0, "done") \
	X(E_BAD_REQUEST, 400, 1, "malformed request") \
	X(E_UNAUTHENTICATED, 401, 5, "not signed in") \
	X(E_FORBIDDEN, 403, 5, "not allowed") \
	X(E_NOT_FOUND, 404, 4, "no such file or folder") \
	X(E_METHOD, 405, 1, "this resource does not allow that method") \
	X(E_TIMEOUT, 408, 6, "timed out") \
	X(E_CONFLICT, 409, 4, "the folder it would be in does not exist") \
	X(E_LENGTH_REQUIRED, 411, 1, "the length has to be announced") \
	X(E_PRECONDITION, 412, 3, "changed since it was read") \
	X(E_TOO_LARGE, 413, 8, "too large") \
	X(E_URI_TOO_LONG, 414, 1, "the path is too long") \
	X(E_MEDIA_TYPE, 415, 1, "content coding not supported") \
	X(E_RANGE, 416, 1, "range not satisfiable") \
	X(E_EXPECTATION, 417, 1, "expectation not supported") \
	X(E_UNPROCESSABLE, 422, 1, "well-formed, but it cannot be done as it says") \
	X(E_LOCKED, 423, 8, "locked") \
	X(E_DEPENDENCY, 424, 1, "not done, because another part of the request failed") \
	X(E_TOO_MANY, 429, 6, "too many requests") \
	X(E_HEAD_TOO_LARGE, 431, 1, "request header fields too large") \
	X(E_IO, 500, 1, "input/output error") \
	X(E_CORRUPT, 500, 1, "stored data is damaged") \
	X(E_INTERNAL, 500, 1, "internal error") \
	X(E_NOT_IMPLEMENTED, 501, 1, "method not implemented") \
	X(E_BAD_GATEWAY, 502, 6, "that is on another server") \
	X(E_BUSY, 503, 6, "overloaded or stopping; nothing was changed") \
	X(E_UNKNOWN, 504, 6, "the outcome is not known; ask again") \
	X(E_VERSION, 505, 1, "HTTP version not supported") \
	X(E_NO_SPACE, 507, 8, "no space or quota exceeded") \
	/* The rest never travels as a status: the client's own. */ \
	X(E_USAGE, 500, 2, "wrong usage") \
	X(E_NETWORK, 500, 6, "the server cannot be reached") \
	X(E_KEY, 500, 7, "the server's key is not the one known") \
	X(E_INTERRUPTED, 500, 130, "interrupted; safe to run again")

enum err {
#define ERR_SYMBOL(symbol, status, exit_code, words) symbol,
	ERR_TABLE(ERR_SYMBOL)
#undef ERR_SYMBOL
};

/* The HTTP status a server answers for `e`. */
int err_status(enum err e);

/* The client's exit code for `e` (cli.md, "Exit codes"). */
int err_exit_code(enum err e);

/* A short English phrase, never NULL. */
const char *err_words(enum err e);

/* The code for a system error number: ENOENT E_NOT_FOUND, ENOSPC and EDQUOT E_NO_SPACE, ... else E_IO. */
enum err err_from_errno(int error_number);

/* The row whose status it is; a status that has no row is judged by its class.  2xx and 304 are OK. */
enum err err_from_status(int status);

/* Why a human's input was refused ("syncd.conf:12: unknown key `lisen`"): one line, cut when it is too long. */
struct note {
	char text[200];
};

/* Writes the note, unless `why` is NULL.  Returns `e`, so that it can end a function. */
enum err note_set(struct note *why, enum err e, const char *fmt, ...) printf_like(3, 4);

#endif
