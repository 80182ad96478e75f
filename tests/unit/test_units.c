#include "server/units.h"

#include "tests/unit/table.h"

TEST(units_read_sizes_and_durations)
{
	static const struct {
		const char *text;
		int64_t bytes, seconds; /* -1: refused */
	} cases[] = {
		{ "0", 0, 0 },
		{ "512", 512, 512 },
		{ "64KiB", 65536, -1 },
		{ "64 kib", 65536, -1 },
		{ "1MB", 1048576, -1 },
		{ "2G", INT64_C(2) << 30, -1 },
		{ "1TiB", INT64_C(1) << 40, -1 },
		{ "30s", -1, 30 },
		{ "10m", 10485760, 600 },
		{ "24h", -1, 86400 },
		{ "7d", -1, 604800 },
		{ " 5 s ", -1, 5 },
		{ "", -1, -1 },
		{ "s", -1, -1 },
		{ "-1", -1, -1 },
		{ "1.5G", -1, -1 },
		{ "0x10", -1, -1 },
		{ "9223372036854775807", INT64_MAX, INT64_MAX },
		{ "9223372036854775808", -1, -1 },
		{ "9223372036854775807K", -1, -1 }, /* the product does not fit */
		{ "106751991167301d", -1, -1 },
		{ "1 2", -1, -1 },
		{ "5 parsecs", -1, -1 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int64_t bytes = -1, seconds = -1;

		if (!units_read_bytes(span_of(cases[i].text), &bytes))
			bytes = -1;
		if (!units_read_seconds(span_of(cases[i].text), &seconds))
			seconds = -1;
		if (bytes != cases[i].bytes || seconds != cases[i].seconds)
			fail_msg("case %zu: \"%s\"", i, cases[i].text);
	}
}

TEST(units_are_written_as_people_read_them)
{
	static const struct {
		int64_t number;
		const char *bytes, *seconds, *us;
	} cases[] = {
		{ 0, "0 B", "0 s", "0 us" },
		{ 59, "59 B", "59 s", "59 us" },
		{ 60, "60 B", "1 min", "60 us" },
		{ 1023, "1023 B", "17 min", "1.0 ms" },
		{ 1024, "1 KiB", "17 min", "1.0 ms" },
		{ 1536, "1.5 KiB", "25 min", "1.5 ms" },
		{ 7384, "7.2 KiB", "2 h 3 min", "7.4 ms" },
		{ 200000, "195 KiB", "2 d 7 h", "200 ms" },
		{ 3400000, "3.2 MiB", "39 d 8 h", "3.4 s" },
		{ INT64_C(5) << 40, "5 TiB", "63627970 d 0 h", "5497558 s" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char out[UNITS_TEXT_SIZE];

		CASE_TEXT(i, units_write_bytes(cases[i].number, out), cases[i].bytes);
		if (i < ARRAY_LEN(cases) - 1)
			CASE_TEXT(i, units_write_seconds(cases[i].number, out), cases[i].seconds);
		CASE_TEXT(i, units_write_us(cases[i].number, out), cases[i].us);
	}
}
