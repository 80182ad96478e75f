#include "common/cond.h"

#include "tests/unit/table.h"

/* SHA-256 of nothing; and of something else. */
#define TAG   "\"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\""
#define OTHER "\"2c8b08da5ce60398e1f19af0e5dccc744df274b826abe585eaba68c525434806\""

enum { PASS = COND_PASS, SAME = COND_NOT_MODIFIED, FAIL = COND_FAILED, CHANGED_S = 1000 };

struct expect {
	const char *what;
	struct cond cond;
	int read, write;                 /* there, with TAG */
	int read_nothing, write_nothing; /* not there */
	int read_bare, write_bare;       /* there, without a tag */
};

#define NO COND_NO_DATE

/* The matrix of RFC 9110 §13.1 and §13.2.2. */
static const struct expect expects[] = {
	{ "none", { NULL, NULL, NO, NO }, PASS, PASS, PASS, PASS, PASS, PASS },
	{ "If-Match same", { TAG, NULL, NO, NO }, PASS, PASS, FAIL, FAIL, FAIL, FAIL },
	{ "If-Match other", { OTHER, NULL, NO, NO }, FAIL, FAIL, FAIL, FAIL, FAIL, FAIL },
	{ "If-Match list", { OTHER ", " TAG, NULL, NO, NO }, PASS, PASS, FAIL, FAIL, FAIL, FAIL },
	{ "If-Match weak", { "W/" TAG, NULL, NO, NO }, FAIL, FAIL, FAIL, FAIL, FAIL, FAIL },
	{ "If-Match *", { "*", NULL, NO, NO }, PASS, PASS, FAIL, FAIL, PASS, PASS },
	{ "If-Match junk", { "junk", NULL, NO, NO }, FAIL, FAIL, FAIL, FAIL, FAIL, FAIL },
	{ "If-Match same, then junk", { TAG ", junk", NULL, NO, NO }, FAIL, FAIL, FAIL, FAIL, FAIL, FAIL },
	{ "If-Match empty", { "", NULL, NO, NO }, FAIL, FAIL, FAIL, FAIL, FAIL, FAIL },
	{ "If-None-Match same", { NULL, TAG, NO, NO }, SAME, FAIL, PASS, PASS, PASS, PASS },
	{ "If-None-Match weak", { NULL, "W/" TAG, NO, NO }, SAME, FAIL, PASS, PASS, PASS, PASS },
	{ "If-None-Match list", { NULL, OTHER "," TAG, NO, NO }, SAME, FAIL, PASS, PASS, PASS, PASS },
	{ "If-None-Match other", { NULL, OTHER, NO, NO }, PASS, PASS, PASS, PASS, PASS, PASS },
	{ "If-None-Match *", { NULL, "*", NO, NO }, SAME, FAIL, PASS, PASS, SAME, FAIL },
	{ "If-None-Match junk", { NULL, "JoplinIgnore-1", NO, NO }, PASS, PASS, PASS, PASS, PASS, PASS },
	{ "If-None-Match empty", { NULL, "", NO, NO }, PASS, PASS, PASS, PASS, PASS, PASS },
	{ "If-Modified-Since before", { NULL, NULL, 999, NO }, PASS, PASS, PASS, PASS, PASS, PASS },
	{ "If-Modified-Since at", { NULL, NULL, 1000, NO }, SAME, PASS, PASS, PASS, SAME, PASS },
	{ "If-Modified-Since after", { NULL, NULL, 1001, NO }, SAME, PASS, PASS, PASS, SAME, PASS },
	{ "If-Unmodified-Since before", { NULL, NULL, NO, 999 }, FAIL, FAIL, PASS, PASS, FAIL, FAIL },
	{ "If-Unmodified-Since at", { NULL, NULL, NO, 1000 }, PASS, PASS, PASS, PASS, PASS, PASS },
	{ "If-Unmodified-Since after", { NULL, NULL, NO, 1001 }, PASS, PASS, PASS, PASS, PASS, PASS },
	/* If-Match takes the place of If-Unmodified-Since, If-None-Match that of If-Modified-Since. */
	{ "If-Match beats the date", { TAG, NULL, NO, 999 }, PASS, PASS, FAIL, FAIL, FAIL, FAIL },
	{ "If-None-Match beats the date", { NULL, OTHER, 1001, NO }, PASS, PASS, PASS, PASS, PASS, PASS },
	{ "junk If-None-Match too", { NULL, "junk", 1001, NO }, PASS, PASS, PASS, PASS, PASS, PASS },
	/* What fails first decides: 412 before 304. */
	{ "both fail", { OTHER, TAG, NO, NO }, FAIL, FAIL, FAIL, FAIL, FAIL, FAIL },
	{ "second fails", { TAG, TAG, NO, NO }, SAME, FAIL, FAIL, FAIL, FAIL, FAIL },
	{ "exists and is other", { "*", OTHER, NO, NO }, PASS, PASS, FAIL, FAIL, PASS, PASS },
	{ "date fails, then tag", { NULL, TAG, NO, 999 }, FAIL, FAIL, PASS, PASS, FAIL, FAIL },
	{ "date holds, then tag", { NULL, TAG, NO, 1000 }, SAME, FAIL, PASS, PASS, PASS, PASS },
	{ "both dates", { NULL, NULL, 1000, 1000 }, SAME, PASS, PASS, PASS, SAME, PASS },
	{ "all four hold", { TAG, OTHER, 999, 1001 }, PASS, PASS, FAIL, FAIL, FAIL, FAIL },
};

TEST(cond_evaluate_follows_rfc9110_13_2_2)
{
	struct digest digest = digest_of("", 0);
	struct cond_target there = { true, &digest, CHANGED_S }, bare = { true, NULL, CHANGED_S };
	struct cond_target nothing = { false, NULL, 0 };

	for (size_t i = 0; i < ARRAY_LEN(expects); i++) {
		const struct expect *e = &expects[i];

		CASE_EQUAL(i, cond_evaluate(&e->cond, true, &there), e->read);
		CASE_EQUAL(i, cond_evaluate(&e->cond, false, &there), e->write);
		CASE_EQUAL(i, cond_evaluate(&e->cond, true, &nothing), e->read_nothing);
		CASE_EQUAL(i, cond_evaluate(&e->cond, false, &nothing), e->write_nothing);
		CASE_EQUAL(i, cond_evaluate(&e->cond, true, &bare), e->read_bare);
		CASE_EQUAL(i, cond_evaluate(&e->cond, false, &bare), e->write_bare);
	}
}

TEST(cond_none_is_none_and_anything_else_is_not)
{
	assert_true(cond_is_none(&COND_NONE));
	assert_false(cond_is_none(&(struct cond){ "", NULL, NO, NO }));
	assert_false(cond_is_none(&(struct cond){ NULL, "*", NO, NO }));
	assert_false(cond_is_none(&(struct cond){ NULL, NULL, 0, NO }));
	assert_false(cond_is_none(&(struct cond){ NULL, NULL, NO, 0 }));
}

TEST(cond_from_fields_reads_dates_and_ignores_what_is_none)
{
	struct cond c = cond_from_fields(&(struct cond_fields){ 0 }, 0);

	assert_true(cond_is_none(&c));
	c = cond_from_fields(
	    &(struct cond_fields){ "*", "\"a\"", "Sun, 06 Nov 1994 08:49:37 GMT", "Thu, 01 Jan 1970 00:00:00 GMT" }, 0);
	assert_string_equal(c.if_match, "*");
	assert_string_equal(c.if_none_match, "\"a\"");
	assert_true(c.if_modified_since_s == 784111777);
	assert_true(c.if_unmodified_since_s == 0);
	c = cond_from_fields(&(struct cond_fields){ NULL, NULL, "0", "Thu, 01 Jan 1970 00:00:00 GMT, x" }, 0);
	assert_true(cond_is_none(&c));
}

TEST(cond_dup_outlives_its_source)
{
	char text[] = "\"a\"";
	struct cond source = { text, text, 1, 2 }, copy = cond_dup(&source);

	text[1] = 'b';
	assert_string_equal(copy.if_match, "\"a\"");
	assert_string_equal(copy.if_none_match, "\"a\"");
	assert_true(copy.if_modified_since_s == 1 && copy.if_unmodified_since_s == 2);
	cond_clear(&copy);
	assert_true(cond_is_none(&copy));
	cond_clear(&copy);
	copy = cond_dup(&COND_NONE);
	assert_true(cond_is_none(&copy));
	cond_clear(&copy);
}
