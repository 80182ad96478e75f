#include "server/dav/ifheader.h"

#include <stdio.h>
#include <string.h>

#include "common/buf.h"
#include "tests/unit/test.h"

static void place(void *arg not_used, struct span text, struct store_if_list *out)
{
	out->path = text.ptr ? text : span_of("self");
}

/* "self: T(a) !E("x") | ..." */
static void describe(const struct store_if *ifs, char *out, size_t size)
{
	size_t len = 0;

	out[0] = '\0';
	for (unsigned i = 0; i < ifs->list_count; i++) {
		const struct store_if_list *l = &ifs->lists[i];

		len +=
		    (size_t)snprintf(out + len, size - len, "%s%.*s:", i ? " | " : "", (int)l->path.len, l->path.ptr);
		for (unsigned k = 0; k < l->term_count; k++)
			len += (size_t)snprintf(out + len, size - len, " %s%c(%.*s)", l->terms[k].is_not ? "!" : "",
						l->terms[k].kind == STORE_IF_TAG ? 'E' : 'T', (int)l->terms[k].text.len,
						l->terms[k].text.ptr);
	}
}

TEST(ifheader_reads_lists_of_every_kind)
{
	static const struct {
		const char *text, *told; /* told NULL: refused */
	} cases[] = {
		{ "(<urn:a>)", "self: T(urn:a)" },
		{ " ( <urn:a> [\"e\"] ) ", "self: T(urn:a) E(\"e\")" },
		{ "(Not <urn:a>)", "self: !T(urn:a)" },
		{ "(not<urn:a>[W/\"e\"])", "self: !T(urn:a) E(W/\"e\")" },
		{ "(<urn:a>) (Not <DAV:no-lock>)", "self: T(urn:a) | self: !T(DAV:no-lock)" },
		{ "</x> (<urn:a>) ([\"e\"]) </y> (<urn:b>)", "/x: T(urn:a) | /x: E(\"e\") | /y: T(urn:b)" },
		{ "([\"a]b\"])", "self: E(\"a]b\")" }, /* a bracket in a tag */
		{ "(<urn:a>)(<urn:b>)", "self: T(urn:a) | self: T(urn:b)" },
		/* Cut off by a client's buffer: what was whole counts. */
		{ "(<urn:a>) (Not <DAV:no-lock> [\"abc", "self: T(urn:a)" },
		{ "(<urn:a>) (<urn:", "self: T(urn:a)" },
		{ "(<urn:a", NULL },
		{ "", NULL },
		{ "()", NULL },
		{ "(<>)", NULL },
		{ "([])", NULL },
		{ "<urn:a>", NULL },
		{ "</x>", NULL },
		{ "(<urn:a>) </x> (<urn:b>)", NULL }, /* untagged, then tagged */
		{ "(<urn:a>) junk", NULL },
		{ "(<urn:a b>)", NULL },
		{ "(urn:a)", NULL },
		{ "([abc])", NULL },
		{ "(Not)", NULL },
		{ "(<urn:a>", NULL },
	};
	char told[500];

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct arena *arena = arena_new();
		const struct store_if *ifs;
		enum err e = ifheader_parse(span_of(cases[i].text), arena, place, NULL, &ifs);

		if ((e == OK) != (cases[i].told != NULL))
			fail_msg("%s: %s", cases[i].text, err_words(e));
		if (e == OK) {
			describe(ifs, told, sizeof told);
			assert_string_equal(told, cases[i].told);
		}
		arena_free(arena);
	}
}

TEST(ifheader_bounds_lists_and_terms)
{
	static const char *const parts[] = { "(<a:>)", "<a:>" };

	for (size_t p = 0; p < ARRAY_LEN(parts); p++)
		for (unsigned over = 0; over < 2; over++) {
			struct arena *arena = arena_new();
			struct buf text = buf_new(10000);
			const struct store_if *ifs;

			if (p)
				assert_int_equal(buf_add_text(&text, "("), OK);
			for (unsigned i = 0; i < (p ? IFHEADER_TERMS_LIMIT : IFHEADER_LISTS_LIMIT) + over; i++)
				assert_int_equal(buf_add_text(&text, parts[p]), OK);
			if (p)
				assert_int_equal(buf_add_text(&text, ")"), OK);
			assert_int_equal(ifheader_parse(buf_span(&text), arena, place, NULL, &ifs),
					 over ? E_BAD_REQUEST : OK);
			buf_clear(&text);
			arena_free(arena);
		}
}
