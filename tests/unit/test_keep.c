/* The rule of what is kept. */
#include "server/store/keep.h"

#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "tests/unit/store_help.h"
#include "tests/unit/test.h"

#define HOURS(n) ((n)*INT64_C(3600) * NS_PER_S)
#define DAYS(n)  HOURS(24 * (n))

TEST(keep_thins_to_midnights_then_mondays_then_nothing)
{
	enum { NEVER = -1 };
	/* In hours since a Monday's midnight, a thousand days ago. */
	static const struct {
		int64_t made, ended, replaced, age_days;
		bool want;
	} cases[] = {
		{ 1, 2, 2, 0, true },          /* everything for a day */
		{ 1, 2, 2, 1, false },         /* came and went between two midnights */
		{ 23, 25, 25, 1, true },       /* the first midnight saw it */
		{ 23, 24, 24, 1, true },       /* replaced at the stroke: it was current until then */
		{ 24, 25, 25, 1, false },      /* came at the stroke */
		{ 23, 25, 25, 29, true },      /* no Monday's, but younger than 30 days */
		{ 23, 25, 25, 30, false },     /* no Monday's */
		{ 167, 169, 169, 30, true },   /* the next Monday saw it */
		{ 167, 169, 169, 364, true },  /* still */
		{ 167, 169, 169, 365, false }, /* nothing after a year */
		{ 1, 2, NEVER, 200, true },    /* deleted, and nothing came there: the last word on that place */
		{ 1, 2, NEVER, 365, false },   { 1, 2, 30, 20, true }, /* something came the next day */
		{ 1, 2, 3, 20, false }, /* within the hour: an editor that deletes and moves */
	};
	const int64_t monday = DAYS(4 + 7 * 100); /* 1970-01-05 was a Monday */

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int64_t ended = monday + HOURS(cases[i].ended);
		int64_t replaced = cases[i].replaced == NEVER ? KEEP_NEVER_ENDED : monday + HOURS(cases[i].replaced);
		bool have = keep_by_age(&KEEP_DEFAULT, monday + HOURS(cases[i].made), ended, replaced,
					ended + DAYS(cases[i].age_days));

		if (have != cases[i].want)
			print_error("case %zu\n", i);
		assert_int_equal(have, cases[i].want);
	}
}

TEST(keep_takes_the_years_before_1970_as_they_are)
{
	struct keep_rule rule = KEEP_DEFAULT;

	rule.all_s = 0;
	assert_true(keep_by_age(&rule, -1 * NS_PER_S, 0, 0, DAYS(2)));
	assert_false(keep_by_age(&rule, -HOURS(2), -HOURS(1), -HOURS(1), DAYS(2)));
}

static int64_t state_of(struct db *db, int64_t object)
{
	autorows struct db_rows rows = { NULL, NULL };

	assert_ok(db_select(db, "SELECT state FROM object WHERE id = ?1", &rows, DB_INT(object)));
	assert_ok(db_next(&rows));
	return db_col_int(&rows, 0);
}

TEST(keep_takes_for_dead_only_what_nobody_refers_to)
{
	struct store *s = help_store_open();
	char *path = xasprintf("%s/db", store_folder(s));
	struct db *db = NULL;
	int64_t last;

	assert_ok(help_put_text(s, "/f", "one").error); /* object 1 */
	assert_ok(help_put_text(s, "/f", "two").error);
	assert_ok(help_put_text(s, "/g", "three").error);
	assert_ok(help_delete(s, "/g", NULL).error);
	store_close(s);
	assert_ok(db_open(path, DB_WRITE, &db));
	for (int64_t id = 1; id <= 3; id++) {
		assert_ok(keep_note_dropped(db, id));
		assert_int_equal(state_of(db, id), 0);
	}
	assert_ok(db_exec(db, "DELETE FROM version WHERE object = 1"));
	assert_ok(keep_note_dropped(db, 1));
	assert_int_equal(state_of(db, 1), 1);
	assert_ok(db_exec(db, "DELETE FROM version WHERE object = 3")); /* the node in the trash still has it */
	assert_ok(keep_note_dropped(db, 3));
	assert_int_equal(state_of(db, 3), 0);
	assert_ok(db_exec(db, "UPDATE object SET state = 0; DELETE FROM node WHERE object = 3"));
	assert_ok(keep_note_all(db, 0, 2, &last));
	assert_int_equal(last, 2);
	assert_int_equal(state_of(db, 1), 1);
	assert_int_equal(state_of(db, 3), 0);
	assert_ok(keep_note_all(db, last, 2, &last));
	assert_int_equal(state_of(db, 3), 1);
	assert_ok(keep_note_all(db, last, 2, &last));
	assert_int_equal(last, 0);
	db_close(db);
	free(path);
}
