#include "common/jsonw.h"

#include "tests/unit/table.h"

TEST(jsonw_writes_nested_values_with_commas)
{
	autobuf struct buf b = buf_new(1000);
	struct jsonw w = jsonw_new(&b);

	jsonw_object(&w);
	jsonw_key_text(&w, "path", "/a");
	jsonw_key_int(&w, "bytes", INT64_MIN);
	jsonw_key_bool(&w, "yes", true);
	jsonw_key_bool(&w, "no", false);
	jsonw_key_span(&w, "part", (struct span){ "abc", 2 });
	jsonw_key(&w, "list");
	jsonw_array(&w);
	jsonw_int(&w, 1);
	jsonw_text(&w, "two");
	jsonw_array(&w);
	jsonw_end(&w);
	jsonw_object(&w);
	jsonw_end(&w);
	jsonw_null(&w);
	jsonw_end(&w);
	jsonw_key(&w, "none");
	jsonw_null(&w);
	jsonw_end(&w);
	assert_int_equal(jsonw_error(&w), OK);
	assert_string_equal(b.data, "{\"path\":\"/a\",\"bytes\":-9223372036854775808,\"yes\":true,\"no\":false,"
				    "\"part\":\"ab\",\"list\":[1,\"two\",[],{},null],\"none\":null}");
}

TEST(jsonw_escapes_what_json_and_terminals_cannot_take)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{ "", "\"\"" },
		{ "a\"b\\c/", "\"a\\\"b\\\\c/\"" },
		{ "\b\f\n\r\t", "\"\\b\\f\\n\\r\\t\"" },
		{ "\x01\x1f\x1b[31m", "\"\\u0001\\u001f\\u001b[31m\"" },
		{ "\x7f", "\"\\u007f\"" },
		{ "\xc2\x9b", "\"\\u009b\"" }, /* CSI as one character */
		{ "\xe2\x80\xa8\xe2\x80\xa9", "\"\\u2028\\u2029\"" },
		{ "\xc3\xa9\xf0\x9f\x98\x80", "\"\xc3\xa9\xf0\x9f\x98\x80\"" },
		{ "a\xff"
		  "b\xc3",
		  "\"a\\ufffdb\\ufffd\"" },
		{ "\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\"" },
		{ "\xc0\x80", "\"\\ufffd\\ufffd\"" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		autobuf struct buf b = buf_new(100);
		struct jsonw w = jsonw_new(&b);

		jsonw_text(&w, cases[i].text);
		CASE_EQUAL(i, jsonw_error(&w), OK);
		CASE_TEXT(i, b.data, cases[i].want);
	}
}

TEST(jsonw_writes_nul_and_null)
{
	autobuf struct buf b = buf_new(100);
	struct jsonw w = jsonw_new(&b);

	jsonw_array(&w);
	jsonw_span(&w, (struct span){ "a\0b", 3 });
	jsonw_text(&w, NULL);
	jsonw_end(&w);
	assert_int_equal(jsonw_error(&w), OK);
	assert_string_equal(b.data, "[\"a\\u0000b\",\"\"]");
}

TEST(jsonw_escapes_keys_too)
{
	autobuf struct buf b = buf_new(100);
	struct jsonw w = jsonw_new(&b);

	jsonw_object(&w);
	jsonw_key_int(&w, "a\"\n", 1);
	jsonw_end(&w);
	assert_int_equal(jsonw_error(&w), OK);
	assert_string_equal(b.data, "{\"a\\\"\\n\":1}");
}

TEST(jsonw_remembers_that_the_buffer_was_full)
{
	for (size_t max = 0; max < 14; max++) {
		autobuf struct buf b = buf_new(max);
		struct jsonw w = jsonw_new(&b);

		jsonw_object(&w);
		jsonw_key_int(&w, "k", 7);
		jsonw_key_text(&w, "l", "");
		jsonw_end(&w);
		CASE_EQUAL(max, jsonw_error(&w), E_TOO_LARGE);
		CASE_TRUE(max, b.len <= max);
	}
}

TEST(jsonw_several_writers_share_a_buffer)
{
	autobuf struct buf b = buf_new(100);

	for (int i = 0; i < 2; i++) {
		struct jsonw w = jsonw_new(&b);

		jsonw_object(&w);
		jsonw_key_int(&w, "n", i);
		jsonw_end(&w);
		assert_int_equal(jsonw_error(&w), OK);
		assert_int_equal(buf_add_text(&b, "\n"), OK);
	}
	assert_string_equal(b.data, "{\"n\":0}\n{\"n\":1}\n");
}

TEST(jsonw_a_new_array_begins_without_a_comma)
{
	autobuf struct buf b = buf_new(100);
	struct jsonw w = jsonw_new(&b);

	jsonw_array(&w);
	for (int i = 0; i < 3; i++) {
		jsonw_array(&w);
		jsonw_int(&w, i);
		jsonw_int(&w, i);
		jsonw_end(&w);
	}
	jsonw_end(&w);
	assert_int_equal(jsonw_error(&w), OK);
	assert_string_equal(b.data, "[[0,0],[1,1],[2,2]]");
}

TEST(jsonw_deepest_nesting)
{
	autobuf struct buf b = buf_new(1000);
	struct jsonw w = jsonw_new(&b);

	for (int i = 0; i < JSONW_DEPTH_LIMIT; i++)
		jsonw_array(&w);
	for (int i = 0; i < JSONW_DEPTH_LIMIT; i++)
		jsonw_end(&w);
	assert_int_equal(jsonw_error(&w), OK);
	assert_int_equal(b.len, 2 * JSONW_DEPTH_LIMIT);
}
