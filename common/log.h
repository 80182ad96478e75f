/*
 * log: one line per event on stderr, an English verb first, then key=value pairs:
 *
 *     put path="/a/b" size_bytes=1048576 took_ms=12 user="ann"
 *
 * Under systemd (JOURNAL_STREAM is set) a line begins with <3> to <7>, which journald reads as its priority.  Secrets
 * and file contents never reach a line; foreign text is quoted with QUOTED().  Any thread may log.  After
 * log_start_writer() a line costs a copy and never waits for who reads stderr; what does not fit is counted and said.
 */
#ifndef COMMON_LOG_H
#define COMMON_LOG_H

#include "common/base.h"

enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG };

enum { LOG_QUOTED_MAX = 512, LOG_LINE_MAX = 2048 };

#define log_error(...)   log_line(LOG_ERROR, __VA_ARGS__)   /* the operator must act */
#define log_warning(...) log_line(LOG_WARNING, __VA_ARGS__) /* odd, handled */
#define log_info(...)    log_line(LOG_INFO, __VA_ARGS__)    /* start, stop, one line per request */
#define log_debug(...)   log_line(LOG_DEBUG, __VA_ARGS__)   /* steps */

/* `text` in double quotes with control bytes, quotes and backslashes escaped; cut at LOG_QUOTED_MAX. */
#define QUOTED(text) log_quote((char[LOG_QUOTED_MAX]){ "" }, (text))
const char *log_quote(char out[LOG_QUOTED_MAX], const char *text);

/* Writes one line if `level` is wanted.  The format holds no newline. */
void log_line(enum log_level level, const char *fmt, ...) printf_like(2, 3);

/* True if lines of `level` are written: asked before costly arguments are made. */
bool log_wants(enum log_level level);

/* Sets the most detailed level that is written; LOG_INFO at first. */
void log_set_level(enum log_level level);

/* "error", "warning", "info", "debug" to its level.  False: none of them. */
bool log_level_from_text(const char *text, enum log_level *out);

/*
 * Hands writing to a thread of its own, so that callers never wait for stderr; log_stop_writer() writes what is
 * left and ends it.  Not for concurrent use with each other.
 */
void log_start_writer(void);
void log_stop_writer(void);

#endif
