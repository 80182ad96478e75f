#include "common/uuid.h"

#include "tests/unit/test.h"

#define TEXT "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6"

TEST(uuid_is_read_as_it_was_written)
{
	unsigned char bytes[UUID_SIZE];
	char text[UUID_URI_SIZE];

	assert_true(uuid_read(span_of(TEXT), bytes));
	assert_int_equal(bytes[0], 0xf8);
	assert_int_equal(bytes[15], 0xf6);
	assert_string_equal(uuid_write(bytes, text), TEXT);
	assert_true(uuid_read(span_of("URN:UUID:F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6"), bytes));
	assert_string_equal(uuid_write(bytes, text), TEXT);
}

TEST(uuid_of_another_form_is_none)
{
	static const char *const cases[] = {
		"",
		"urn:uuid:",
		TEXT "0",
		"urn:uuie:f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
		"urn:uuid:f81d4fae7-dec-11d0-a765-00a0c91e6bf6",
		"urn:uuid:g81d4fae-7dec-11d0-a765-00a0c91e6bf6",
		"urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf-",
		"urn:uuid:--------------------------------------",
	};
	unsigned char bytes[UUID_SIZE];

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_false(uuid_read(span_of(cases[i]), bytes));
}
