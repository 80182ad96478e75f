#include "client/remote/answer.h"

#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/etag.h"
#include "common/httpdate.h"

static const char *const names[ANSWER_FIELD_COUNT] = {
#define ANSWER_NAME(symbol, name) [ANSWER_##symbol] = name,
	ANSWER_FIELDS(ANSWER_NAME)
#undef ANSWER_NAME
};

static void drop_head(struct answer *a)
{
	for (size_t i = 0; i < ANSWER_FIELD_COUNT; i++)
		free(TAKE(a->fields[i]));
	a->status = 0;
	a->head_is_done = false;
}

void answer_init(struct answer *a)
{
	memset(a, 0, sizeof *a);
	a->body = buf_new(ANSWER_BODY_LIMIT);
}

void answer_reset(struct answer *a)
{
	drop_head(a);
	buf_reset(&a->body);
	a->err = OK;
	a->why.text[0] = '\0';
	a->has_extra_bytes = false;
	a->head_bytes = 0;
}

void answer_clear(struct answer *a)
{
	drop_head(a);
	buf_clear(&a->body);
}

/* "HTTP/1.1 204 No Content" to 204; 0: not a status line. */
static int read_status(struct span line)
{
	struct span version, code;
	int64_t status;

	if (!span_starts(line, "HTTP/") || !span_cut(&line, ' ', &version) || !span_cut(&line, ' ', &code))
		return 0;
	return code.len == 3 && span_to_int64(code, &status) ? (int)status : 0;
}

static void keep_field(struct answer *a, struct span name, struct span value)
{
	for (size_t i = 0; i < ANSWER_FIELD_COUNT; i++) {
		char *old = a->fields[i];

		if (!span_eq_nocase(name, names[i]))
			continue;
		if (value.len + (old ? strlen(old) : 0) > ANSWER_FIELD_LIMIT)
			return; /* no honest field is this long: as if it were absent */
		a->fields[i] = old ? xasprintf("%s, %.*s", old, (int)value.len, value.ptr) : span_dup(value);
		free(old);
		return;
	}
}

enum err answer_line(struct answer *a, struct span line)
{
	struct span name;

	a->head_bytes += line.len;
	if (a->head_bytes > ANSWER_HEAD_LIMIT)
		return note_set(&a->why, E_HEAD_TOO_LARGE, "the head of the answer has no end");
	while (line.len && (line.ptr[line.len - 1] == '\n' || line.ptr[line.len - 1] == '\r'))
		line.len--;
	if (a->head_is_done)
		return OK;
	if (span_starts(line, "HTTP/")) {
		drop_head(a);
		a->status = read_status(line);
	} else if (line.len == 0) {
		a->head_is_done = a->status >= 200;
	} else if (span_cut(&line, ':', &name)) {
		keep_field(a, name, span_trim(line));
	}
	return OK;
}

struct span answer_field(const struct answer *a, enum answer_field field)
{
	return span_of(a->fields[field]);
}

int64_t answer_length(const struct answer *a)
{
	int64_t length;

	return span_to_int64(answer_field(a, ANSWER_CONTENT_LENGTH), &length) ? length : -1;
}

bool answer_offers(const struct answer *a, const char *scheme)
{
	struct span rest = answer_field(a, ANSWER_AUTHENTICATE), item, word;

	while (span_list_next(&rest, &item))
		if (span_cut(&item, ' ', &word) && span_eq_nocase(word, scheme))
			return true;
	return false;
}

int64_t answer_date_s(const struct answer *a)
{
	int64_t date_s;

	return httpdate_parse(answer_field(a, ANSWER_DATE), clock_now_s(), &date_s) ? date_s : 0;
}

int64_t answer_retry_after_s(const struct answer *a)
{
	struct span value = answer_field(a, ANSWER_RETRY_AFTER);
	int64_t now_s = clock_now_s(), seconds;

	if (value.len == 0)
		return -1;
	if (span_to_int64(value, &seconds))
		return seconds;
	return httpdate_parse(value, now_s, &seconds) ? MAX(seconds - now_s, 0) : -1;
}

bool answer_digest(const struct answer *a, struct digest *out)
{
	struct etag tag;

	return etag_parse(answer_field(a, ANSWER_ETAG), &tag) && !tag.is_weak && digest_from_hex(tag.opaque, out);
}

bool answer_content_range(const struct answer *a, int64_t *first, int64_t *total)
{
	struct span rest = answer_field(a, ANSWER_CONTENT_RANGE), unit, from, to;
	int64_t last;

	if (!span_cut(&rest, ' ', &unit) || !span_eq_nocase(unit, "bytes") || !span_cut(&rest, '-', &from) ||
	    !span_cut(&rest, '/', &to))
		return false;
	return span_to_int64(from, first) && span_to_int64(to, &last) && span_to_int64(rest, total) && *first <= last &&
	       last + 1 == *total;
}
