#include "server/store/store.h"

#include <string.h>

#include "tests/unit/store_help.h"
#include "tests/unit/test.h"

TEST(resource_id_names_one_node_of_one_store_and_is_read_back)
{
	static const int64_t nodes[] = { 1, 2, 77, 1 << 20, INT64_C(1) << 61, (INT64_C(1) << 62) - 1 };
	struct store *s = help_store_open(), *other = help_store_open();
	char text[STORE_RESOURCE_ID_SIZE], foreign[STORE_RESOURCE_ID_SIZE];

	for (size_t i = 0; i < ARRAY_LEN(nodes); i++) {
		store_resource_id(s, nodes[i], text);
		assert_int_equal(strlen(text), sizeof text - 1);
		assert_memory_equal(text, "urn:uuid:", 9);
		assert_int_equal(text[9 + 14], '8'); /* RFC 9562: the version, and the variant */
		assert_non_null(strchr("89ab", text[9 + 19]));
		assert_int_equal(store_resource_node(s, span_of(text)), nodes[i]);
		assert_int_equal(store_resource_node(other, span_of(text)), -1);
		assert_string_not_equal(text, store_resource_id(other, nodes[i], foreign));
	}
	for (size_t i = 0; i < sizeof text - 1; i++) { /* no other text is one of ours */
		store_resource_id(s, 77, text);
		text[i] = text[i] == '7' ? '6' : '7';
		assert_true(store_resource_node(s, span_of(text)) != 77);
	}
	assert_int_equal(store_resource_node(s, span_of("urn:uuid:")), -1);
	store_close(s);
	store_close(other);
}
