/*
 * keep: the one rule of what is kept and what is dead.  Everything that removes history (retain.h) or contents asks here.
 *
 * A content is kept while any row of `node` or `version` refers to it: what is current, what lies in the trash, what is being
 * copied aside (a staged copy is nodes), what history shows.  So what is current, shared or locked is never dead, and
 * removing history is removing rows.  Whoever removes a row that referred to a content says so in the same transaction by
 * keep_note_dropped(): a content without any reference becomes OBJECT_DEAD there, and only such ones are collected.  A PUT of
 * the same bytes gives a dead row a new place (object.h), after which it is live.
 *
 * A version is kept by its age, counted from when it ended: all of the last day; then those that were current at the end of
 * some day; then at the end of some week; then none.  It ended when other content came to its node; a deleted one when another
 * node came to its place, and so never, as long as nothing did.  By that rule the state of each midnight is whole, and it
 * needs no look at the neighbours.
 */
#ifndef SERVER_STORE_KEEP_H
#define SERVER_STORE_KEEP_H

#include "common/db.h"

/* How long history is kept; in seconds, bytes, and a number. */
struct keep_rule {
	int64_t all_s;        /* younger: everything */
	int64_t daily_s;      /* younger: what was current at some midnight (UTC) */
	int64_t weekly_s;     /* younger: at some midnight before a Monday; older: nothing */
	int64_t versions_max; /* of one node; 0: any number */
	int64_t bytes_max;    /* of all history; the oldest goes first; INT64_MAX: any */
	int64_t journal_s;    /* rows of the journal; longer if something that is kept ended before */
};

/* A day, 30 days, a year; any number; any size. */
extern const struct keep_rule KEEP_DEFAULT;

#define KEEP_NEVER_ENDED INT64_MAX

/*
 * Is it kept at `now_ns` by its age?  `made_ns`: when it came; `ended_ns`: when it left (its age is counted from that);
 * `replaced_ns`: when its place got something else, KEEP_NEVER_ENDED if nothing did yet.
 */
bool keep_by_age(const struct keep_rule *rule, int64_t made_ns, int64_t ended_ns, int64_t replaced_ns, int64_t now_ns);

/*
 * A row that referred to the content `object` was removed, in this transaction: it becomes dead if that was the last one.
 * One that is marked bad stays so: scrubbing found it, and its row tells of it.
 */
enum err keep_note_dropped(struct db *db, int64_t object) must_check;

/* Does nobody refer to it?  In the transaction that removes its row. */
enum err keep_is_dead(struct db *db, int64_t object, bool *out) must_check;

/*
 * Notes every content that lost its last reference without a note: from `after` on, at most `limit` rows are looked at.
 * `out_last`: where to go on; 0: at the end.  For the daily comparison.
 */
enum err keep_note_all(struct db *db, int64_t after, int64_t limit, int64_t *out_last) must_check;

#endif
