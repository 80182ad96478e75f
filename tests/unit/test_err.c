#include "common/err.h"

#include <errno.h>

#include "tests/unit/table.h"

TEST(err_rows_hold_together)
{
	for (int e = OK; e <= E_INTERRUPTED; e++) {
		CASE_TRUE(e, err_status((enum err)e) >= 200 && err_status((enum err)e) < 600);
		CASE_TRUE(e, err_words((enum err)e)[0]);
		CASE_EQUAL(e, err_exit_code((enum err)e) == 0, e == OK);
	}
}

/* cli.md, "Exit codes". */
TEST(err_exit_codes_of_statuses)
{
	static const struct {
		int status, exit_code;
	} cases[] = {
		{ 200, 0 }, { 201, 0 }, { 204, 0 }, { 207, 0 }, { 304, 0 }, { 400, 1 }, { 401, 5 }, { 403, 5 },
		{ 404, 4 }, { 405, 1 }, { 408, 6 }, { 409, 4 }, { 410, 4 }, { 412, 3 }, { 413, 8 }, { 414, 1 },
		{ 415, 1 }, { 416, 1 }, { 417, 1 }, { 418, 1 }, { 422, 1 }, { 423, 8 }, { 429, 6 }, { 431, 1 },
		{ 500, 1 }, { 501, 1 }, { 502, 6 }, { 503, 6 }, { 504, 6 }, { 505, 1 }, { 507, 8 }, { 599, 1 },
		{ 100, 1 }, { 301, 1 }, { 302, 1 }, { 0, 1 },   { -1, 1 },  { 999, 1 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		CASE_EQUAL(i, err_exit_code(err_from_status(cases[i].status)), cases[i].exit_code);
}

TEST(err_statuses_survive_the_way_to_the_client)
{
	for (int e = E_BAD_REQUEST; e <= E_NO_SPACE; e++)
		CASE_EQUAL(e, err_status(err_from_status(err_status((enum err)e))), err_status((enum err)e));
}

TEST(err_from_errno_names_what_matters)
{
	static const struct {
		int number;
		enum err want;
	} cases[] = {
		{ 0, OK },
		{ ENOENT, E_NOT_FOUND },
		{ ENOTDIR, E_NOT_FOUND },
		{ EACCES, E_FORBIDDEN },
		{ EPERM, E_FORBIDDEN },
		{ EROFS, E_FORBIDDEN },
		{ ENOSPC, E_NO_SPACE },
		{ EDQUOT, E_NO_SPACE },
		{ EFBIG, E_TOO_LARGE },
		{ EMFILE, E_BUSY },
		{ ENFILE, E_BUSY },
		{ ETIMEDOUT, E_TIMEOUT },
		{ EIO, E_IO },
		{ EINVAL, E_IO },
		{ 99999, E_IO },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		CASE_EQUAL(i, err_from_errno(cases[i].number), cases[i].want);
}

TEST(note_set_cuts_and_returns_its_code)
{
	struct note why;

	assert_int_equal(note_set(&why, E_USAGE, "%s:%d: %s", "f", 12, "x"), E_USAGE);
	assert_string_equal(why.text, "f:12: x");
	assert_int_equal(note_set(&why, E_IO, "%0500d", 1), E_IO);
	assert_int_equal(strlen(why.text), sizeof why.text - 1);
	assert_int_equal(note_set(NULL, E_NOT_FOUND, "%s", "x"), E_NOT_FOUND);
}
