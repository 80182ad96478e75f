#include "common/status.h"

#include "tests/unit/table.h"

TEST(status_reason_knows_the_registered_ones)
{
	assert_string_equal(status_reason(100), "Continue");
	assert_string_equal(status_reason(200), "OK");
	assert_string_equal(status_reason(204), "No Content");
	assert_string_equal(status_reason(412), "Precondition Failed");
	assert_string_equal(status_reason(507), "Insufficient Storage");
	assert_string_equal(status_reason(511), "Network Authentication Required");
	for (int status = -1; status < 700; status++)
		assert_non_null(status_reason(status));
	assert_string_equal(status_reason(0), "Unknown");
	assert_string_equal(status_reason(299), "Unknown");
	assert_string_equal(status_reason(418), "Unknown"); /* registered as unused */
}

TEST(status_every_error_of_ours_has_a_reason)
{
	for (int e = OK; e <= E_INTERRUPTED; e++)
		assert_string_not_equal(status_reason(err_status((enum err)e)), "Unknown");
}

TEST(status_body_and_length_follow_rfc9112_6_3)
{
	static const struct {
		int status;
		bool body, length;
	} cases[] = {
		{ 100, false, false }, { 101, false, false }, { 103, false, false }, { 199, false, false },
		{ 200, true, true },   { 201, true, true },   { 204, false, false }, { 205, true, true },
		{ 206, true, true },   { 207, true, true },   { 301, true, true },   { 304, false, true },
		{ 404, true, true },   { 412, true, true },   { 500, true, true },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CASE_EQUAL(i, status_has_body(cases[i].status, false), cases[i].body);
		CASE_TRUE(i, !status_has_body(cases[i].status, true));
		CASE_EQUAL(i, status_may_have_length(cases[i].status), cases[i].length);
	}
}

TEST(status_meaning_of_every_status)
{
	for (int status = 0; status < 700; status++) {
		enum status_meaning want = STATUS_REFUSED;

		switch (status) {
		case 201:
			want = STATUS_CREATED;
			break;
		case 200:
		case 204:
			want = STATUS_CHANGED;
			break;
		case 304:
			want = STATUS_UNCHANGED;
			break;
		case 412:
			want = STATUS_STALE;
			break;
		case 408:
		case 429:
		case 502:
		case 503:
		case 504:
			want = STATUS_RETRY;
			break;
		}
		assert_int_equal(status_meaning(status), want);
	}
}

TEST(status_faults_notices_each_lie_about_a_204)
{
	static const struct {
		struct status_seen seen;
		unsigned want;
	} cases[] = {
		{ { 204, true, false, false, false, { "\"a\"", 3 } }, 0 },
		{ { 201, true, true, false, false, { "\"a\"", 3 } }, 0 },
		{ { 201, true, false, true, true, { "\"a\"", 3 } }, 0 },
		{ { 204, true, true, false, false, { "\"a\"", 3 } }, STATUS_FAULT_LENGTH_WITH_204 },
		{ { 204, true, false, true, false, { "\"a\"", 3 } }, STATUS_FAULT_ENCODING_WITH_204 },
		{ { 204, true, false, false, true, { "\"a\"", 3 } }, STATUS_FAULT_BODY_WITH_204 },
		{ { 204, true, true, true, true, { "W/\"a\"", 5 } },
		  STATUS_FAULT_LENGTH_WITH_204 | STATUS_FAULT_ENCODING_WITH_204 | STATUS_FAULT_BODY_WITH_204 |
		      STATUS_FAULT_WEAK_ETAG },
		{ { 204, true, false, false, false, { "", 0 } }, STATUS_FAULT_NO_ETAG },
		{ { 200, true, false, false, false, { "", 0 } }, STATUS_FAULT_NO_ETAG },
		{ { 201, true, false, false, false, { "a", 1 } }, STATUS_FAULT_NO_ETAG }, /* not an entity tag */
		{ { 201, true, false, false, false, { " W/\"\" ", 6 } }, STATUS_FAULT_WEAK_ETAG },
		{ { 412, true, true, false, true, { "", 0 } }, 0 },
		{ { 304, true, true, false, false, { "", 0 } }, 0 },
		{ { 204, false, false, false, false, { "", 0 } }, 0 }, /* DELETE owes no ETag */
		{ { 204, false, true, false, false, { "W/\"a\"", 5 } }, STATUS_FAULT_LENGTH_WITH_204 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CASE_EQUAL(i, status_faults(&cases[i].seen), cases[i].want);
	}
}
