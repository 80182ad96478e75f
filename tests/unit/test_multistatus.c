#include "server/dav/multistatus.h"

#include <string.h>

#include "common/xml.h"
#include "tests/unit/test.h"

TEST(multistatus_is_lean_and_every_prefix_it_gives_is_declared)
{
	static const char *const spaces[] = { NS_DAV,     NS_OC, NS_APACHE,
					      NS_CALSERV, NS_MS, "http://www.w3.org/XML/1998/namespace" };
	struct arena *arena = arena_new();
	struct buf out = buf_new(10000);
	struct xml_node *root;
	const struct xml_node *n;

	assert_int_equal(multistatus_begin(&out), OK);
	assert_int_equal(multistatus_response(&out, "/a%20b/"), OK);
	assert_int_equal(multistatus_propstat(&out), OK);
	for (size_t i = 0; i < ARRAY_LEN(spaces); i++)
		assert_int_equal(buf_addf(&out, "<%s:p/>", multistatus_prefix(span_of(spaces[i]))), OK);
	assert_int_equal(multistatus_propstat_end(&out, 403, "cannot-modify-protected-property"), OK);
	assert_int_equal(multistatus_response_end(&out), OK);
	assert_int_equal(multistatus_response(&out, "/c"), OK);
	assert_int_equal(multistatus_status(&out, 423), OK);
	assert_int_equal(multistatus_response_end(&out), OK);
	assert_int_equal(multistatus_end(&out), OK);
	assert_null(strstr(out.data, "> <"));
	assert_int_equal(xml_parse(buf_span(&out), arena, &root), OK);
	assert_true(xml_is(root, NS_DAV, "multistatus"));

	const struct xml_node *first = xml_first_element(root), *second = xml_next_element(first);
	const struct xml_node *propstat = xml_child(first, NS_DAV, "propstat");

	assert_true(span_is(xml_text(xml_child(first, NS_DAV, "href"), arena), "/a%20b/"));
	assert_true(span_is(xml_text(xml_child(propstat, NS_DAV, "status"), arena), "HTTP/1.1 403 Forbidden"));
	assert_non_null(xml_child(xml_child(propstat, NS_DAV, "error"), NS_DAV, "cannot-modify-protected-property"));
	n = xml_first_element(xml_child(propstat, NS_DAV, "prop"));
	for (size_t i = 0; i < ARRAY_LEN(spaces); i++, n = xml_next_element(n))
		assert_true(xml_is(n, spaces[i], "p"));
	assert_null(n);
	assert_true(span_is(xml_text(xml_child(second, NS_DAV, "status"), arena), "HTTP/1.1 423 Locked"));
	assert_null(multistatus_prefix(span_of("urn:other")));
	assert_null(multistatus_prefix(span_of("")));
	buf_clear(&out);
	arena_free(arena);
}

TEST(multistatus_says_when_the_buffer_is_full)
{
	for (size_t room = 0; room < 300; room++) {
		struct buf out = buf_new(room);
		bool is_full = multistatus_begin(&out) != OK || multistatus_response(&out, "/") != OK ||
			       multistatus_status(&out, 404) != OK || multistatus_response_end(&out) != OK ||
			       multistatus_end(&out) != OK;

		assert_true(is_full);
		buf_clear(&out);
	}
}
