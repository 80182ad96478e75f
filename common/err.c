#include "common/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

static const struct row {
	int status, exit_code;
	const char *words;
} rows[] = {
#define ERR_ROW(symbol, status, exit_code, words) { status, exit_code, words },
	ERR_TABLE(ERR_ROW)
#undef ERR_ROW
};

int err_status(enum err e)
{
	return rows[e].status;
}

int err_exit_code(enum err e)
{
	return rows[e].exit_code;
}

const char *err_words(enum err e)
{
	return rows[e].words;
}

enum err err_from_errno(int error_number)
{
	switch (error_number) {
	case 0:
		return OK;
	case ENOENT:
	case ENOTDIR:
		return E_NOT_FOUND;
	case EACCES:
	case EPERM:
	case EROFS:
		return E_FORBIDDEN;
	case ENOSPC:
	case EDQUOT:
		return E_NO_SPACE;
	case EFBIG:
		return E_TOO_LARGE;
	case EMFILE:
	case ENFILE:
	case EAGAIN:
		return E_BUSY;
	case ETIMEDOUT:
		return E_TIMEOUT;
	default:
		return E_IO;
	}
}

enum err err_from_status(int status)
{
	if ((status >= 200 && status < 300) || status == 304)
		return OK;
	for (size_t i = 1; i < ARRAY_LEN(rows); i++)
		if (rows[i].status == status)
			return (enum err)i;
	if (status == 410)
		return E_NOT_FOUND; /* RFC 9110 §15.5.11: gone for good is still "not there" */
	if (status == 502)
		return E_BUSY; /* a proxy whose server is away: worth another try, like 503 */
	return status >= 400 && status < 500 ? E_BAD_REQUEST : E_INTERNAL;
}

enum err note_set(struct note *why, enum err e, const char *fmt, ...)
{
	va_list args;

	if (why) {
		va_start(args, fmt);
		vsnprintf(why->text, sizeof why->text, fmt, args);
		va_end(args);
	}
	return e;
}
