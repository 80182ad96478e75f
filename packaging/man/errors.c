/*
 * The one table of what can go wrong (common/err.h): as the client's exit codes, and as the server's statuses.
 */
#include <stdbool.h>
#include <stdio.h>

#include "common/err.h"
#include "packaging/man/mdoc.h"
#include "packaging/man/table.h"

enum { EXIT_CODES_END = 256 };

static const struct row {
	int status, exit_code;
	const char *words;
} rows[] = {
#define ROW(symbol, status, exit_code, words) { status, exit_code, words },
	ERR_TABLE(ROW)
#undef ROW
};

static bool is_first_of_status(size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (rows[i].status == rows[n].status)
			return false;
	return true;
}

void table_exit_codes(void)
{
	for (int code = 0; code < EXIT_CODES_END; code++) {
		bool is_open = false;

		for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
			if (rows[i].exit_code != code)
				continue;
			if (!is_open)
				printf(".It %d\n", code);
			else
				puts(";");
			is_open = true;
			fputs(rows[i].words, stdout);
			/* Rows that never travel share a status with one that does. */
			if (code && is_first_of_status(i))
				printf(" (%d)", rows[i].status);
		}
		if (is_open)
			puts(".");
	}
}

void table_statuses(void)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (rows[i].status < 400 || !is_first_of_status(i))
			continue;
		printf(".It %d\n", rows[i].status);
		mdoc_text(rows[i].words);
	}
}
