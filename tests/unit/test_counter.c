#include "common/counter.h"

#include "common/clock.h"
#include "tests/unit/table.h"

TEST(histogram_counts_a_duration_in_the_bucket_that_bounds_it)
{
	static const struct {
		int64_t ns;
		unsigned bucket;
	} cases[] = {
		{ -5, 0 },           { 0, 0 },
		{ 1000, 0 },         { 1001, 1 },
		{ 2000, 1 },         { 2001, 2 },
		{ 4000, 2 },         { 1000 * 1024, 10 },
		{ 1000 * 1025, 11 }, { INT64_MAX, HISTOGRAM_BUCKETS - 1 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct histogram h = { .sum_ns = { 0 } };
		struct histogram_view view = { .count = 0 };

		histogram_add(&h, cases[i].ns);
		histogram_read(&h, &view);
		CASE_EQUAL(i, view.count, 1);
		CASE_EQUAL(i, view.buckets[cases[i].bucket], 1);
		CASE_EQUAL(i, view.sum_ns, MAX(cases[i].ns, 0));
	}
}

TEST(histogram_quantiles_are_bounds_that_enough_durations_keep)
{
	struct histogram h[2] = { { .sum_ns = { 0 } }, { .sum_ns = { 0 } } };
	struct histogram_view view = { .count = 0 };

	assert_int_equal(histogram_quantile_us(&view, 500), 0);
	for (int i = 0; i < 990; i++)
		histogram_add(&h[i % 2], 100 * 1000); /* 128 us */
	for (int i = 0; i < 10; i++)
		histogram_add(&h[0], 5 * NS_PER_MS); /* 8192 us */
	histogram_read(&h[0], &view);
	histogram_read(&h[1], &view);
	assert_int_equal(view.count, 1000);
	assert_int_equal(histogram_quantile_us(&view, 0), 128);
	assert_int_equal(histogram_quantile_us(&view, 500), 128);
	assert_int_equal(histogram_quantile_us(&view, 990), 128);
	assert_int_equal(histogram_quantile_us(&view, 991), 8192);
	assert_int_equal(histogram_quantile_us(&view, 1000), 8192);
}
