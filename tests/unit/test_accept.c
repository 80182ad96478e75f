#include "server/http/accept.h"

#include "tests/unit/table.h"

TEST(accept_chooses_by_weight_then_by_name)
{
	enum { P = ACCEPT_PLAIN, H = ACCEPT_HTML, J = ACCEPT_JSON };
	static const struct {
		const char *accept;
		int want;
	} cases[] = {
		{ "", P },
		{ "*/*", P },
		{ "text/*", P },
		{ "text/plain", P },
		{ "text/html", H },
		{ "application/json", J },
		{ "application/*", J },
		{ "TEXT/HTML", H },
		{ "text/html, application/json", H },
		{ "application/json, text/plain, */*", P },
		{ "application/json, */*", J },
		{ "*/*, text/html", H },
		{ "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8", H }, /* a browser */
		{ "text/plain;q=0.5, text/html;q=0.6", H },
		{ "text/plain;q=0.6, text/html;q=0.5", P },
		{ "text/html;q=0.9, application/json", J },
		{ "text/html;q=0.001, */*;q=0", H },
		{ "text/html;q=0", P },
		{ "text/plain;q=0, */*", H },
		{ "text/plain;q=0, text/html;q=0, */*;q=0.1", J },
		{ "text/*;q=0.3, */*;q=0.5", J },
		{ "text/*, text/plain;q=0.1", H },
		{ "text/html;q=1.000, text/plain;q=0.999", H },
		{ "text/html ; q = 0.9 , text/plain ; Q=0.8", H },
		{ "text/html;level=1;q=0.4, text/plain;q=0.3", H },
		{ "text/plain;charset=utf-8;q=0.2, application/json;q=0.1", P },
		{ "image/png", P }, /* none of ours: text/plain rather than 406 */
		{ "*", P },
		{ "json", P },
		{ "text/html;q=2", P }, /* malformed members are skipped */
		{ "text/html;q=1.001", P },
		{ "text/html;q=0.0001", P },
		{ "text/html;q=-1", P },
		{ "text/html;q=.5", P },
		{ "text/html;q=", P },
		{ "text/html;q", P },
		{ "text/html;q=x, application/json;q=0.1", J },
		{ "text/html;q=0.1, text/html, text/plain;q=0.5", P }, /* said twice: the first time counts */
		{ ",,text/html,,", H },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		CASE_EQUAL(i, accept_preferred(span_of(cases[i].accept)), cases[i].want);
	assert_int_equal(accept_preferred((struct span){ NULL, 0 }), P);
}
