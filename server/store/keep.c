#include "server/store/keep.h"

#include "common/clock.h"

#define DAY_S  INT64_C(86400)
#define WEEK_S (7 * DAY_S)

/* 1970-01-01 was a Thursday: weeks end four days after a multiple of seven days. */
enum { MONDAY_DAYS = 4 };

const struct keep_rule KEEP_DEFAULT = {
	.all_s = DAY_S,
	.daily_s = 30 * DAY_S,
	.weekly_s = 365 * DAY_S,
	.bytes_max = INT64_MAX,
	.journal_s = 365 * DAY_S,
};

/* Number of the period that a moment is in. */
static int64_t period(int64_t at_ns, int64_t length_s, int64_t shift_s)
{
	int64_t seconds = at_ns / NS_PER_S - shift_s;

	return seconds >= 0 ? seconds / length_s : (seconds + 1) / length_s - 1;
}

/* Was it current when some period ended? */
static bool saw_an_end(int64_t made_ns, int64_t replaced_ns, int64_t length_s, int64_t shift_s)
{
	return replaced_ns == KEEP_NEVER_ENDED ||
	       period(made_ns, length_s, shift_s) != period(replaced_ns, length_s, shift_s);
}

bool keep_by_age(const struct keep_rule *rule, int64_t made_ns, int64_t ended_ns, int64_t replaced_ns, int64_t now_ns)
{
	int64_t age_s = (now_ns - ended_ns) / NS_PER_S;

	if (age_s < rule->all_s)
		return true;
	if (age_s < rule->daily_s)
		return saw_an_end(made_ns, replaced_ns, DAY_S, 0);
	return age_s < rule->weekly_s && saw_an_end(made_ns, replaced_ns, WEEK_S, MONDAY_DAYS * DAY_S);
}

enum err keep_is_dead(struct db *db, int64_t object, bool *out)
{
	autorows struct db_rows rows = { NULL, NULL };
	enum err e = db_select(db,
			       "SELECT NOT EXISTS (SELECT 1 FROM node WHERE object = ?1)"
			       " AND NOT EXISTS (SELECT 1 FROM version WHERE object = ?1)",
			       &rows, DB_INT(object));

	if (e == OK && (e = db_next(&rows)) == OK)
		*out = db_col_int(&rows, 0) != 0;
	return e;
}

enum err keep_note_dropped(struct db *db, int64_t object)
{
	bool is_dead = false;
	enum err e = keep_is_dead(db, object, &is_dead);

	if (e != OK || !is_dead)
		return e;
	return db_run(db, "UPDATE object SET state = 1 WHERE id = ?1 AND state = 0", DB_INT(object));
}

enum err keep_note_all(struct db *db, int64_t after, int64_t limit, int64_t *out_last)
{
	autorows struct db_rows rows = { NULL, NULL };
	enum err e;

	*out_last = 0;
	e = db_select(db, "SELECT max(id), count(*) FROM (SELECT id FROM object WHERE id > ?1 ORDER BY id LIMIT ?2)",
		      &rows, DB_INT(after), DB_INT(limit));
	if (e != OK || (e = db_next(&rows)) != OK)
		return e;
	if (!db_col_int(&rows, 1))
		return OK;
	*out_last = db_col_int(&rows, 0);
	return db_run(db,
		      "UPDATE object SET state = 1 WHERE id > ?1 AND id <= ?2 AND state = 0"
		      " AND NOT EXISTS (SELECT 1 FROM node WHERE object = object.id)"
		      " AND NOT EXISTS (SELECT 1 FROM version WHERE object = object.id)",
		      DB_INT(after), DB_INT(*out_last));
}
