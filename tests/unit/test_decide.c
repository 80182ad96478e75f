#include "client/decide.h"

#include <string.h>

#include "tests/unit/test.h"

#define SENT  "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08" /* of "test" */
#define OTHER "2c8b08da5ce60398e1f19af0e5dccc744df274b826abe585eaba68c525434806"

TEST(decide_send_binds_every_change_to_what_was_seen)
{
	static const struct {
		const char *etag; /* NULL: never seen */
		bool is_ours, force;
		enum send_plan want;
	} cases[] = {
		{ NULL, true, false, SEND_CREATE },    { "\"x\"", true, false, SEND_REPLACE },
		{ "W/\"x\"", true, false, SEND_LOOK }, { "", true, false, SEND_LOOK },
		{ "garbage", true, false, SEND_LOOK }, { NULL, false, false, SEND_LOOK },
		{ "\"x\"", false, false, SEND_LOOK },  { "\"x\"", true, true, SEND_FORCED },
		{ NULL, false, true, SEND_FORCED },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct seen seen = { .etag = (char *)cases[i].etag };

		if (decide_send(cases[i].etag ? &seen : NULL, cases[i].is_ours, cases[i].force) != cases[i].want)
			fail_msg("case %zu", i);
	}
}

static void make_answer(struct answer *a, int status, const char *etag, const char *type)
{
	answer_init(a);
	a->status = status;
	a->head_is_done = true;
	a->fields[ANSWER_ETAG] = etag ? xstrdup(etag) : NULL;
	a->fields[ANSWER_CONTENT_TYPE] = type ? xstrdup(type) : NULL;
}

TEST(decide_put_by_status_and_tag)
{
	static const struct {
		int status;
		const char *etag;
		bool is_creation, has_digest_tags, is_lost;
		enum err err;
		enum result_word word;
		bool remember, has_note;
	} cases[] = {
		{ 201, "\"" SENT "\"", true, true, false, OK, RESULT_CREATED, true, false },
		{ 204, "\"" SENT "\"", false, true, false, OK, RESULT_SAVED, true, false },
		{ 200, "\"" SENT "\"", false, true, false, OK, RESULT_SAVED, true, false },
		{ 204, "\"" OTHER "\"", false, true, false, E_CORRUPT, RESULT_FAILED, false, false },
		{ 204, "\"" OTHER "\"", false, false, false, E_CORRUPT, RESULT_FAILED, false, false },
		{ 204, "\"opaque\"", false, true, false, E_CORRUPT, RESULT_FAILED, false, false },
		{ 204, "\"opaque\"", false, false, false, OK, RESULT_SAVED, true, false },
		{ 204, "W/\"" SENT "\"", false, true, false, OK, RESULT_SAVED, true, true },
		{ 204, NULL, false, true, false, OK, RESULT_SAVED, true, true },
		{ 202, "\"" SENT "\"", false, true, false, E_BAD_REQUEST, RESULT_FAILED, false, false },
		{ 207, NULL, false, true, false, E_BAD_REQUEST, RESULT_FAILED, false, false },
		/* refused because the server has this very content already, or because somebody changed it */
		{ 412, "\"" SENT "\"", true, true, false, OK, RESULT_UNCHANGED, true, false },
		{ 412, "\"" SENT "\"", true, true, true, OK, RESULT_CREATED, true, false },
		{ 412, "\"" SENT "\"", false, true, true, OK, RESULT_SAVED, true, false },
		{ 412, "\"" OTHER "\"", false, true, true, E_PRECONDITION, RESULT_CONFLICT, false, false },
		{ 412, "W/\"" SENT "\"", false, true, false, E_PRECONDITION, RESULT_CONFLICT, false, false },
		{ 412, NULL, true, true, false, E_PRECONDITION, RESULT_CONFLICT, false, false },
		{ 412, NULL, false, true, false, E_PRECONDITION, RESULT_CONFLICT, false, false },
		{ 401, NULL, true, true, false, E_UNAUTHENTICATED, RESULT_FAILED, false, false },
		{ 409, NULL, true, true, false, E_CONFLICT, RESULT_FAILED, false, false },
		{ 507, NULL, true, true, false, E_NO_SPACE, RESULT_FAILED, false, false },
		{ 302, NULL, true, true, false, E_BAD_REQUEST, RESULT_FAILED, false, false },
		{ 304, NULL, true, true, false, E_BAD_REQUEST, RESULT_FAILED, false, false },
	};
	struct digest sent = digest_of("test", 4);

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct answer a;
		struct put_end end;

		make_answer(&a, cases[i].status, cases[i].etag, NULL);
		a.is_lost = cases[i].is_lost;
		decide_put(&a, &sent, cases[i].is_creation, cases[i].has_digest_tags, &end);
		if (end.err != cases[i].err || end.word != cases[i].word || end.remember != cases[i].remember)
			fail_msg("case %zu: err %d word %d", i, end.err, end.word);
		if (cases[i].err == OK && !end.note[0] != !cases[i].has_note)
			fail_msg("case %zu: note \"%s\"", i, end.note);
		assert_true(end.is_parent_missing == (cases[i].status == 409));
		answer_clear(&a);
	}
}

TEST(decide_put_a_page_is_no_answer)
{
	struct digest sent = digest_of("test", 4);
	struct answer a;
	struct put_end end;

	make_answer(&a, 200, NULL, "text/html; charset=utf-8");
	decide_put(&a, &sent, false, false, &end);
	assert_int_equal(end.err, E_BAD_REQUEST);
	assert_false(end.remember);
	answer_clear(&a);
}

TEST(decide_note_names_every_oddity_of_a_204)
{
	struct answer a;
	char note[200];

	make_answer(&a, 204, "\"" SENT "\"", NULL);
	decide_note(&a, true, note, sizeof note);
	assert_string_equal(note, "");
	a.fields[ANSWER_CONTENT_LENGTH] = xstrdup("0");
	decide_note(&a, true, note, sizeof note);
	assert_non_null(strstr(note, "Content-Length"));
	a.fields[ANSWER_TRANSFER_ENCODING] = xstrdup("chunked");
	a.has_extra_bytes = true;
	decide_note(&a, false, note, sizeof note);
	assert_non_null(strstr(note, "Transfer-Encoding"));
	assert_non_null(strstr(note, "body"));
	answer_clear(&a);
}

TEST(decide_is_seen_by_tag_else_by_size_and_time)
{
	static const char when[] = "Sun, 06 Nov 1994 08:49:37 GMT", later[] = "Sun, 06 Nov 1994 08:49:40 GMT";
	static const struct {
		const char *etag, *modified;
		int64_t size, written_s;
		const char *found_etag, *found_modified, *found_length;
		bool want;
	} cases[] = {
		{ "\"a\"", "", -1, 0, "\"a\"", NULL, NULL, true },
		{ "\"a\"", "", -1, 0, "W/\"a\"", NULL, NULL, true },
		{ "\"a\"", "", 5, 0, "\"b\"", NULL, "5", false },
		{ "", "", 5, 784111777, "\"b\"", when, "5", true },
		{ "", "", 5, 784111777, "\"b\"", later, "5", false },
		{ "", "", 5, 784111777, "\"b\"", when, "6", false },
		{ "", "", 5, 0, "\"b\"", when, "5", false },
		{ "", "", 5, 784111777, NULL, NULL, "5", false },
		{ "", when, 5, 0, NULL, when, "5", true },
		{ "", when, 5, 784111777, NULL, later, "5", false },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct seen seen = { .etag = (char *)cases[i].etag,
				     .modified = (char *)cases[i].modified,
				     .size_bytes = cases[i].size,
				     .written_s = cases[i].written_s };
		struct answer a;

		make_answer(&a, 200, cases[i].found_etag, NULL);
		a.fields[ANSWER_LAST_MODIFIED] = cases[i].found_modified ? xstrdup(cases[i].found_modified) : NULL;
		a.fields[ANSWER_CONTENT_LENGTH] = cases[i].found_length ? xstrdup(cases[i].found_length) : NULL;
		if (decide_is_seen(&seen, &a) != cases[i].want)
			fail_msg("case %zu", i);
		answer_clear(&a);
	}
}

TEST(decide_pull_never_goes_over_what_the_server_did_not_have)
{
	static const struct {
		enum here_state state;
		const char *content, *seen_etag, *etag, *length; /* here; remembered; found */
		bool force;
		enum pull_verdict want;
	} cases[] = {
		{ HERE_NOTHING, "", "", "\"" OTHER "\"", "5", false, PULL_FETCH },
		{ HERE_SAME, "test", "\"" SENT "\"", "\"" OTHER "\"", "5", false, PULL_FETCH },
		{ HERE_SAME, "test", "\"" SENT "\"", "\"" SENT "\"", "4", false, PULL_KEEP },
		{ HERE_SAME, "test", "", "\"mtime\"", "5", false, PULL_FETCH },
		{ HERE_CHANGED, "mine", "\"" SENT "\"", "\"" SENT "\"", "4", false, PULL_KEEP },
		{ HERE_CHANGED, "mine", "\"" SENT "\"", "\"" SENT "\"", "4", true, PULL_FETCH },
		{ HERE_CHANGED, "mine", "\"" SENT "\"", "\"" OTHER "\"", "4", false, PULL_CONFLICT },
		{ HERE_CHANGED, "mine", "\"" SENT "\"", "\"" OTHER "\"", "4", true, PULL_FETCH },
		{ HERE_CHANGED, "test", "\"" OTHER "\"", "\"" SENT "\"", "4", false, PULL_KEEP },
		{ HERE_UNSEEN, "test", "", "\"" SENT "\"", "4", false, PULL_KEEP },
		{ HERE_UNSEEN, "mine", "", "\"" OTHER "\"", "4", false, PULL_CONFLICT },
		{ HERE_UNSEEN, "mine", "", "\"" OTHER "\"", "4", true, PULL_FETCH },
		{ HERE_UNSEEN, "mine", "", "\"mtime\"", "4", false, PULL_COMPARE },
		{ HERE_UNSEEN, "mine", "", "\"mtime\"", "5", false, PULL_CONFLICT },
		{ HERE_UNSEEN, "mine", "", "\"mtime\"", NULL, false, PULL_CONFLICT },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct here here = { .state = cases[i].state, .has_seen = cases[i].state != HERE_UNSEEN };
		struct answer a;

		here.seen = (struct seen){ .etag = (char *)cases[i].seen_etag, .modified = "", .size_bytes = -1 };
		here.digest = digest_of(cases[i].content, strlen(cases[i].content));
		here.id.size_bytes = (int64_t)strlen(cases[i].content);
		make_answer(&a, 200, cases[i].etag, NULL);
		a.fields[ANSWER_CONTENT_LENGTH] = cases[i].length ? xstrdup(cases[i].length) : NULL;
		if (decide_pull(&here, &a, cases[i].force) != cases[i].want)
			fail_msg("case %zu: %d", i, decide_pull(&here, &a, cases[i].force));
		answer_clear(&a);
	}
}
