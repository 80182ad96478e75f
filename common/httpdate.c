#include "common/httpdate.h"

#include <string.h>
#include <time.h>

static const char short_days[][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
static const char *const long_days[] = { "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday" };
static const char months[][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };

#define YEAR_1_S    INT64_C(-62135596800) /* 0001-01-01 00:00:00 */
#define YEAR_9999_S INT64_C(253402300799) /* 9999-12-31 23:59:59 */

static void put_number(char *at, int digits, int value)
{
	while (digits--) {
		at[digits] = (char)('0' + value % 10);
		value /= 10;
	}
}

char *httpdate_format(int64_t seconds, char out[HTTPDATE_SIZE])
{
	time_t at = (time_t)MIN(MAX(seconds, YEAR_1_S), YEAR_9999_S);
	struct tm tm;

	/* Not by printf: a listing has ten thousands of them. */
	gmtime_r(&at, &tm);
	memcpy(out, "Sun, 06 Nov 1994 08:49:37 GMT", HTTPDATE_SIZE);
	memcpy(out, short_days[tm.tm_wday], 3);
	put_number(out + 5, 2, tm.tm_mday);
	memcpy(out + 8, months[tm.tm_mon], 3);
	put_number(out + 12, 4, tm.tm_year + 1900);
	put_number(out + 17, 2, tm.tm_hour);
	put_number(out + 20, 2, tm.tm_min);
	put_number(out + 23, 2, tm.tm_sec);
	return out;
}

/* The parts of a date, each cut off the front of `rest`; any that does not fit makes the whole no date. */
struct reader {
	struct span rest;
	bool failed;
};

static void read_text(struct reader *r, const char *text)
{
	size_t len = strlen(text);

	if (r->failed || !span_starts(r->rest, text)) {
		r->failed = true;
		return;
	}
	r->rest.ptr += len;
	r->rest.len -= len;
}

/* Exactly `digits` digits.  `may_pad`: a space may stand for the first one (asctime). */
static int read_number(struct reader *r, size_t digits, bool may_pad)
{
	int value = 0;

	if (r->failed || r->rest.len < digits) {
		r->failed = true;
		return 0;
	}
	for (size_t i = 0; i < digits; i++) {
		char ch = r->rest.ptr[i];

		if (i == 0 && may_pad && ch == ' ')
			continue;
		if (ch < '0' || ch > '9')
			r->failed = true;
		value = value * 10 + (ch - '0');
	}
	r->rest.ptr += digits;
	r->rest.len -= digits;
	return value;
}

static int read_month(struct reader *r)
{
	for (int i = 0; i < (int)ARRAY_LEN(months); i++)
		if (!r->failed && span_starts(r->rest, months[i])) {
			read_text(r, months[i]);
			return i;
		}
	r->failed = true;
	return 0;
}

static void read_clock(struct reader *r, struct tm *tm)
{
	tm->tm_hour = read_number(r, 2, false);
	read_text(r, ":");
	tm->tm_min = read_number(r, 2, false);
	read_text(r, ":");
	tm->tm_sec = read_number(r, 2, false);
}

/* §5.6.7: the nearest such year that is not past; more than 50 years ahead: the most recent one in the past. */
static int full_year(int two_digits, const struct tm *date, int64_t now_s)
{
	time_t at = (time_t)MIN(MAX(now_s, 0), YEAR_9999_S);
	struct tm limit, then = *date;
	int year;

	gmtime_r(&at, &limit);
	year = limit.tm_year - limit.tm_year % 100 + two_digits; /* tm_year counts from 1900: the centuries agree */
	if (year < limit.tm_year)
		year += 100;
	limit.tm_year += 50;
	then.tm_year = year;
	return timegm(&then) > timegm(&limit) ? year - 100 : year;
}

/* "Sun, 06 Nov 1994 08:49:37 GMT" after the day's name. */
static void read_fixdate(struct reader *r, struct tm *tm)
{
	read_text(r, ", ");
	tm->tm_mday = read_number(r, 2, false);
	read_text(r, " ");
	tm->tm_mon = read_month(r);
	read_text(r, " ");
	tm->tm_year = read_number(r, 4, false) - 1900;
	read_text(r, " ");
	read_clock(r, tm);
	read_text(r, " GMT");
}

/* "Sunday, 06-Nov-94 08:49:37 GMT" after the day's name. */
static void read_rfc850(struct reader *r, struct tm *tm, int64_t now_s)
{
	int year;

	read_text(r, ", ");
	tm->tm_mday = read_number(r, 2, false);
	read_text(r, "-");
	tm->tm_mon = read_month(r);
	read_text(r, "-");
	year = read_number(r, 2, false);
	read_text(r, " ");
	read_clock(r, tm);
	read_text(r, " GMT");
	if (!r->failed)
		tm->tm_year = full_year(year, tm, now_s);
}

/* "Sun Nov  6 08:49:37 1994" after the day's name. */
static void read_asctime(struct reader *r, struct tm *tm)
{
	read_text(r, " ");
	tm->tm_mon = read_month(r);
	read_text(r, " ");
	tm->tm_mday = read_number(r, 2, true);
	read_text(r, " ");
	read_clock(r, tm);
	read_text(r, " ");
	tm->tm_year = read_number(r, 4, false) - 1900;
}

static bool is_real(const struct tm *tm)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	int year = tm->tm_year + 1900;
	bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return year >= 1 && year <= 9999 && tm->tm_mday >= 1 &&
	       tm->tm_mday <= days[tm->tm_mon] + (tm->tm_mon == 1 && is_leap) && tm->tm_hour < 24 && tm->tm_min < 60 &&
	       tm->tm_sec <= 60; /* 60: a leap second */
}

/* Cuts the day's name; what day it really was is not held against anybody. */
static bool cut_day(struct reader *r, bool *is_long)
{
	for (size_t i = 0; i < ARRAY_LEN(short_days); i++) {
		*is_long = span_starts(r->rest, long_days[i]);
		if (*is_long || span_starts(r->rest, short_days[i])) {
			read_text(r, *is_long ? long_days[i] : short_days[i]);
			return true;
		}
	}
	return false;
}

bool httpdate_parse(struct span text, int64_t now_s, int64_t *out)
{
	struct reader r = { .rest = text };
	struct tm tm = { 0 };
	bool is_long;

	if (!cut_day(&r, &is_long))
		return false;
	if (is_long)
		read_rfc850(&r, &tm, now_s);
	else if (span_starts(r.rest, ","))
		read_fixdate(&r, &tm);
	else
		read_asctime(&r, &tm);
	if (r.failed || r.rest.len || !is_real(&tm))
		return false;
	*out = (int64_t)timegm(&tm);
	return true;
}
