#include "server/http/method.h"

#include "tests/unit/test.h"

TEST(method_names_round_trip)
{
	for (int m = 0; m < METHOD_UNKNOWN; m++)
		assert_int_equal(method_from_span(span_of(method_name((enum method)m))), m);
}

TEST(method_names_are_exact)
{
	static const struct {
		const char *name;
		enum method method;
	} cases[] = {
		{ "GET", METHOD_GET },
		{ "get", METHOD_UNKNOWN },
		{ "GE", METHOD_UNKNOWN },
		{ "GETS", METHOD_UNKNOWN },
		{ "", METHOD_UNKNOWN },
		{ "VERSION-CONTROL", METHOD_VERSION_CONTROL },
		{ "VERSION_CONTROL", METHOD_UNKNOWN },
		{ "BASELINE-CONTROL", METHOD_BASELINE_CONTROL },
		{ "BREW", METHOD_UNKNOWN },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		if (method_from_span(span_of(cases[i].name)) != cases[i].method)
			fail_msg("case %zu: %s", i, cases[i].name);
}
