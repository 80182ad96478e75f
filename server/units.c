#include "server/units.h"

#include <stdio.h>

static const struct unit {
	const char *name;
	int64_t factor;
} sizes[] = {
	{ "", 1 },
	{ "B", 1 },
	{ "K", INT64_C(1) << 10 },
	{ "KB", INT64_C(1) << 10 },
	{ "KiB", INT64_C(1) << 10 },
	{ "M", INT64_C(1) << 20 },
	{ "MB", INT64_C(1) << 20 },
	{ "MiB", INT64_C(1) << 20 },
	{ "G", INT64_C(1) << 30 },
	{ "GB", INT64_C(1) << 30 },
	{ "GiB", INT64_C(1) << 30 },
	{ "T", INT64_C(1) << 40 },
	{ "TB", INT64_C(1) << 40 },
	{ "TiB", INT64_C(1) << 40 },
}, durations[] = {
	{ "", 1 },
	{ "s", 1 },
	{ "m", 60 },
	{ "h", 60 * 60 },
	{ "d", 24 * 60 * 60 },
	{ "w", 7 * 24 * 60 * 60 },
	{ "y", 365 * 24 * 60 * 60 },
};

/* Digits, spaces, and one of the units; the product must fit. */
static bool read_with_unit(struct span text, const struct unit *units, size_t count, int64_t *out)
{
	struct span number = span_trim(text), name;
	int64_t value;
	size_t digits = 0;

	while (digits < number.len && number.ptr[digits] >= '0' && number.ptr[digits] <= '9')
		digits++;
	name = span_trim((struct span){ number.ptr + digits, number.len - digits });
	number.len = digits;
	if (!span_to_int64(number, &value))
		return false;
	for (size_t i = 0; i < count; i++)
		if (span_eq_nocase(name, units[i].name))
			return !__builtin_mul_overflow(value, units[i].factor, out);
	return false;
}

bool units_read_bytes(struct span text, int64_t *out)
{
	return read_with_unit(text, sizes, ARRAY_LEN(sizes), out);
}

bool units_read_seconds(struct span text, int64_t *out)
{
	return read_with_unit(text, durations, ARRAY_LEN(durations), out);
}

/* At most one decimal, and none where three digits stand before it. */
static void write_scaled(double value, const char *unit, char out[UNITS_TEXT_SIZE])
{
	snprintf(out, UNITS_TEXT_SIZE, value < 9.95 && value != (double)(int)value ? "%.1f %s" : "%.0f %s", value,
		 unit);
}

const char *units_write_bytes(int64_t bytes, char out[UNITS_TEXT_SIZE])
{
	static const char *const names[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB" };
	double value = (double)bytes;
	size_t i = 0;

	while (value >= 1023.5 && i + 1 < ARRAY_LEN(names)) {
		value /= 1024;
		i++;
	}
	write_scaled(value, names[i], out);
	return out;
}

const char *units_write_seconds(int64_t seconds, char out[UNITS_TEXT_SIZE])
{
	long long s = seconds, minutes = s / 60, hours = minutes / 60, days = hours / 24;

	if (s < 60)
		snprintf(out, UNITS_TEXT_SIZE, "%lld s", s);
	else if (minutes < 60)
		snprintf(out, UNITS_TEXT_SIZE, "%lld min", minutes);
	else if (hours < 24)
		snprintf(out, UNITS_TEXT_SIZE, "%lld h %lld min", hours, minutes % 60);
	else
		snprintf(out, UNITS_TEXT_SIZE, "%lld d %lld h", days, hours % 24);
	return out;
}

const char *units_write_us(int64_t microseconds, char out[UNITS_TEXT_SIZE])
{
	if (microseconds < 1000)
		write_scaled((double)microseconds, "us", out);
	else if (microseconds < 1000 * 1000)
		write_scaled((double)microseconds / 1000, "ms", out);
	else
		write_scaled((double)microseconds / 1e6, "s", out);
	return out;
}
