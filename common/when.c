#include "common/when.h"

#include <string.h>
#include <time.h>

#include "common/clock.h"

#define YEAR_9999_S INT64_C(253402300799) /* 9999-12-31 23:59:59 */

/* The parts of a time, each cut off the front of `rest`. */
struct reader {
	struct span rest;
	bool failed;
};

static bool next_is(const struct reader *r, char c)
{
	return !r->failed && r->rest.len && r->rest.ptr[0] == c;
}

static bool take(struct reader *r, char c)
{
	if (!next_is(r, c))
		return false;
	r->rest.ptr++;
	r->rest.len--;
	return true;
}

static void need(struct reader *r, char c)
{
	if (!take(r, c))
		r->failed = true;
}

static int read_number(struct reader *r, size_t digits)
{
	int value = 0;

	for (size_t i = 0; i < digits; i++) {
		if (!r->rest.len || r->rest.ptr[0] < '0' || r->rest.ptr[0] > '9') {
			r->failed = true;
			break;
		}
		value = 10 * value + (r->rest.ptr[0] - '0');
		take(r, r->rest.ptr[0]);
	}
	return value;
}

/* What follows "21:30:05." in nanoseconds: any number of digits. */
static int64_t read_fraction(struct reader *r)
{
	int64_t value = 0, unit = NS_PER_S / 10;

	if (!r->rest.len || r->rest.ptr[0] < '0' || r->rest.ptr[0] > '9')
		r->failed = true;
	while (r->rest.len && r->rest.ptr[0] >= '0' && r->rest.ptr[0] <= '9') {
		value += unit * (r->rest.ptr[0] - '0');
		unit /= 10;
		take(r, r->rest.ptr[0]);
	}
	return value;
}

/* Seconds east of UTC.  False: none is given. */
static bool read_zone(struct reader *r, int *out)
{
	int sign = next_is(r, '-') ? -1 : 1, hours, minutes;

	*out = 0;
	if (take(r, 'Z') || take(r, 'z'))
		return true;
	if (!take(r, '+') && !take(r, '-'))
		return false;
	hours = read_number(r, 2);
	need(r, ':');
	minutes = read_number(r, 2);
	r->failed |= hours > 23 || minutes > 59;
	*out = sign * (hours * 3600 + minutes * 60);
	return true;
}

/* Hours, minutes, perhaps seconds and a fraction.  Returns what is to be added to the whole seconds. */
static int64_t read_clock(struct reader *r, struct tm *tm)
{
	int64_t rest_ns = 60 * NS_PER_S - 1;

	tm->tm_hour = read_number(r, 2);
	need(r, ':');
	tm->tm_min = read_number(r, 2);
	if (take(r, ':')) {
		tm->tm_sec = read_number(r, 2);
		rest_ns = take(r, '.') ? read_fraction(r) : NS_PER_S - 1;
	}
	r->failed |= tm->tm_hour > 23 || tm->tm_min > 59 || tm->tm_sec > 59;
	return rest_ns;
}

static bool parse_date(struct span text, bool is_local, int64_t *out_ns)
{
	struct reader r = { text, false };
	struct tm tm = { .tm_isdst = -1 };
	int64_t seconds, rest_ns = 0;
	int zone = 0, day;
	bool has_zone = false;

	tm.tm_year = read_number(&r, 4) - 1900;
	need(&r, '-');
	tm.tm_mon = read_number(&r, 2) - 1;
	need(&r, '-');
	tm.tm_mday = day = read_number(&r, 2);
	if (take(&r, 'T') || take(&r, 't') || take(&r, ' ')) {
		rest_ns = read_clock(&r, &tm);
		has_zone = read_zone(&r, &zone);
	}
	if (r.failed || r.rest.len || tm.tm_mon < 0 || tm.tm_mon > 11)
		return false;
	seconds = is_local && !has_zone ? mktime(&tm) : timegm(&tm);
	if (tm.tm_mday != day || seconds > YEAR_9999_S) /* the 30th of February became a day of March */
		return false;
	if (seconds - zone > INT64_MAX / NS_PER_S - 60 || seconds - zone < INT64_MIN / NS_PER_S + 60)
		return false; /* nanoseconds reach from 1678 to 2262 */
	*out_ns = (seconds - zone) * NS_PER_S + rest_ns;
	return true;
}

static bool parse_ago(struct span text, int64_t now_ns, int64_t *out_ns)
{
	static const struct {
		char unit;
		int seconds;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 }, { 'w', 604800 } };
	int64_t count;

	if (span_is(text, "now") || span_is(text, "yesterday")) {
		*out_ns = now_ns - (text.len == 3 ? 0 : 86400 * NS_PER_S);
		return true;
	}
	if (text.len > 4 && memcmp(text.ptr + text.len - 4, " ago", 4) == 0)
		text.len -= 4;
	if (text.len < 2)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		if (text.ptr[text.len - 1] != units[i].unit)
			continue;
		text.len--;
		if (!span_to_int64(text, &count) || count < 0 || count > now_ns / NS_PER_S / units[i].seconds)
			return false;
		*out_ns = now_ns - count * units[i].seconds * NS_PER_S;
		return true;
	}
	return false;
}

bool when_parse(struct span text, bool is_local, int64_t now_ns, int64_t *out_ns)
{
	return parse_date(text, is_local, out_ns) || (is_local && parse_ago(text, now_ns, out_ns));
}

char *when_format(int64_t at_ns, char out[WHEN_SIZE])
{
	time_t seconds = (time_t)(at_ns / NS_PER_S);
	struct tm tm;

	strftime(out, WHEN_SIZE, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&seconds, &tm));
	return out;
}
