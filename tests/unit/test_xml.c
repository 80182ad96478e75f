#include "common/xml.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/test.h"

static struct xml_node *parse(const char *text, struct arena *arena)
{
	struct xml_node *root = NULL;

	assert_int_equal(xml_parse(span_of(text), arena, &root), OK);
	return root;
}

TEST(xml_names_are_namespace_and_local_name_whatever_the_prefix)
{
	static const char *const same[] = {
		"<D:prop xmlns:D='DAV:'><D:getetag/></D:prop>",
		"<prop xmlns='DAV:'><getetag/></prop>",
		"<?xml version='1.0'?><a:prop xmlns:a='DAV:'>\n <b:getetag xmlns:b='DAV:'/>\n</a:prop>",
	};

	for (size_t i = 0; i < ARRAY_LEN(same); i++) {
		struct arena *arena = arena_new();
		struct xml_node *root = parse(same[i], arena);

		assert_true(xml_is(root, "DAV:", "prop"));
		assert_non_null(xml_child(root, "DAV:", "getetag"));
		assert_null(xml_child(root, "", "getetag"));
		assert_null(xml_next_element(xml_first_element(root)));
		arena_free(arena);
	}
}

TEST(xml_refuses_doctypes_junk_and_what_is_too_large)
{
	static const struct {
		const char *text;
		enum err want;
	} cases[] = {
		{ "", E_BAD_REQUEST },
		{ "<a>", E_BAD_REQUEST },
		{ "<a></b>", E_BAD_REQUEST },
		{ "<a/><b/>", E_BAD_REQUEST },
		{ "<x:a/>", E_BAD_REQUEST }, /* the prefix is not declared */
		{ "<a>&nbsp;</a>", E_BAD_REQUEST },
		{ "<a b='1' b='2'/>", E_BAD_REQUEST },
		{ "<a>\x01</a>", E_BAD_REQUEST },
		{ "<a>\xff</a>", E_BAD_REQUEST },
		{ "<!DOCTYPE a><a/>", E_BAD_REQUEST },
		{ "<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>", E_BAD_REQUEST },
		{ "<!DOCTYPE a SYSTEM 'http://127.0.0.1/x.dtd'><a/>", E_BAD_REQUEST },
	};
	struct arena *arena = arena_new();
	struct buf deep = buf_new(1 << 20);
	struct xml_node *root;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		if (xml_parse(span_of(cases[i].text), arena, &root) != cases[i].want)
			fail_msg("case %zu: %s", i, cases[i].text);
	for (int i = 0; i < XML_DEPTH_LIMIT + 1; i++)
		assert_int_equal(buf_add_text(&deep, "<a>"), OK);
	assert_int_equal(xml_parse(buf_span(&deep), arena, &root), E_TOO_LARGE);
	buf_reset(&deep);
	assert_int_equal(buf_add_text(&deep, "<a>"), OK);
	for (int i = 0; i < XML_NODES_LIMIT; i++)
		assert_int_equal(buf_add_text(&deep, "<b/>"), OK);
	assert_int_equal(xml_parse(buf_span(&deep), arena, &root), E_TOO_LARGE);
	buf_reset(&deep);
	assert_int_equal(buf_add_text(&deep, "<a"), OK);
	for (int i = 0; i <= XML_ATTRIBUTES_LIMIT; i++)
		assert_int_equal(buf_addf(&deep, " b%d=''", i), OK);
	assert_int_equal(buf_add_text(&deep, "/>"), OK);
	assert_int_equal(xml_parse(buf_span(&deep), arena, &root), E_TOO_LARGE);
	buf_clear(&deep);
	arena_free(arena);
}

TEST(xml_content_is_written_so_that_it_stands_alone)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{ "<v xmlns='x'/>", "" },
		{ "<v>a &lt; b &amp; c</v>", "a &lt; b &amp; c" },
		{ "<v><![CDATA[<x>]]></v>", "&lt;x&gt;" },
		{ "<v xmlns:p='urn:p'><p:a><p:b/></p:a></v>", "<p:a xmlns:p=\"urn:p\"><p:b/></p:a>" },
		{ "<v xmlns='urn:d'><a><b xmlns=''/></a></v>", "<a xmlns=\"urn:d\"><b xmlns=\"\"/></a>" },
		{ "<v xmlns:p='urn:p'><a p:x='1' y='&quot;&#13;'/></v>",
		  "<a xmlns:p=\"urn:p\" p:x=\"1\" y=\"&quot;&#13;\"/>" },
		{ "<v xmlns:p='urn:p' xmlns:q='urn:q'><p:a q:x='1' q:y='2'><q:c/></p:a></v>",
		  "<p:a xmlns:p=\"urn:p\" xmlns:q=\"urn:q\" q:x=\"1\" q:y=\"2\"><q:c/></p:a>" },
		{ "<v><a xml:lang='de'>\xc3\xa4</a>t</v>", "<a xml:lang=\"de\">\xc3\xa4</a>t" },
		{ "<v xmlns:p='1'><p:a><p:b xmlns:p='2'/></p:a></v>", "<p:a xmlns:p=\"1\"><p:b xmlns:p=\"2\"/></p:a>" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct arena *arena = arena_new();
		struct buf out = buf_new(1000);

		assert_int_equal(xml_write_content(parse(cases[i].text, arena), &out), OK);
		if (strcmp(out.data, cases[i].want) != 0)
			fail_msg("case %zu: %s", i, out.data);
		buf_clear(&out);
		arena_free(arena);
	}
}

TEST(xml_language_is_the_nearest_ones_and_text_is_joined_and_trimmed)
{
	struct arena *arena = arena_new();
	struct xml_node *root =
	    parse("<a xml:lang='en'><b xml:lang='de'><c/></b><d> one<!-- x --> <![CDATA[two]]>\n</d></a>", arena);
	const struct xml_node *b = xml_child(root, "", "b");

	assert_true(span_is(xml_lang(xml_child(b, "", "c")), "de"));
	assert_true(span_is(xml_lang(xml_child(root, "", "d")), "en"));
	assert_true(span_is(xml_text(xml_child(root, "", "d"), arena), "one two"));
	assert_int_equal(xml_lang(parse("<a/>", arena)).len, 0);
	arena_free(arena);
}

TEST(xml_escape_leaves_nothing_that_xml_cannot_hold)
{
	struct buf out = buf_new(100);

	assert_int_equal(xml_escape(&out, (struct span){ "a\0<\x1f\xef\xbf\xbf>\t\"&\r", 12 }), OK);
	assert_string_equal(out.data, "a\xef\xbf\xbd&lt;\xef\xbf\xbd\xef\xbf\xbd&gt;\t&quot;&amp;&#13;");
	buf_clear(&out);
	out = buf_new(4);
	assert_int_equal(xml_escape(&out, span_of("<")), OK);
	assert_int_equal(xml_escape(&out, span_of("<")), E_TOO_LARGE);
	buf_clear(&out);
}

TEST(xml_written_content_keeps_white_space_in_attributes)
{
	struct arena *arena = arena_new();
	struct buf out = buf_new(1000);
	struct xml_node *again;

	assert_int_equal(
	    xml_write_content(parse("<a xmlns:p='u&#9;'><p:b c='&#9;&#10;&#13; \t\n'>&#13;\n</p:b></a>", arena), &out),
	    OK);
	assert_string_equal(out.data, "<p:b xmlns:p=\"u&#9;\" c=\"&#9;&#10;&#13;   \">&#13;\n</p:b>");
	again = parse(out.data, arena);
	assert_true(xml_is(again, "u\t", "b"));
	assert_true(span_is(again->attributes[0].value, "\t\n\r   "));
	buf_clear(&out);
	arena_free(arena);
}
