#include "server/http/range.h"

#include "common/clock.h"
#include "common/etag.h"
#include "common/httpdate.h"

/* A number of digits alone; one too large for us is as good as the largest.  False: not a number. */
static bool read_position(struct span text, int64_t *out)
{
	if (text.len == 0)
		return false;
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] < '0' || text.ptr[i] > '9')
			return false;
	if (!span_to_int64(text, out))
		*out = INT64_MAX;
	return true;
}

/* Reads one range-spec.  False: malformed.  `out->len` 0: it lies outside of the representation. */
static bool read_spec(struct span spec, int64_t size, struct range *out)
{
	struct span first_text;
	int64_t first, last = INT64_MAX, suffix;

	*out = (struct range){ 0, 0 };
	span_cut(&spec, '-', &first_text);
	if (!spec.ptr)
		return false;
	if (first_text.len == 0) {
		if (!read_position(spec, &suffix))
			return false;
		out->len = MIN(suffix, size);
		out->first = size - out->len;
		return true;
	}
	if (!read_position(first_text, &first) || (spec.len && !read_position(spec, &last)) || last < first)
		return false;
	if (first < size)
		*out = (struct range){ first, MIN(last, size - 1) - first + 1 };
	return true;
}

static bool do_touch(const struct range *a, const struct range *b)
{
	return a->first <= b->first + b->len && b->first <= a->first + a->len;
}

/*
 * Adds a part, joined with all that it overlaps or touches, at the place of the first of those.  One pass is enough: those
 * that are there do not touch each other, so what joins one of them touches no other because of it.
 */
static void add_part(struct range_set *set, struct range part)
{
	size_t at = set->count, kept = 0;

	for (size_t i = 0; i < set->count; i++) {
		struct range *other = &set->parts[i];
		int64_t end;

		if (!do_touch(other, &part)) {
			set->parts[kept++] = *other;
			continue;
		}
		end = MAX(part.first + part.len, other->first + other->len);
		part.first = MIN(part.first, other->first);
		part.len = end - part.first;
		at = MIN(at, kept);
	}
	at = MIN(at, kept);
	for (size_t i = kept; i > at; i--)
		set->parts[i] = set->parts[i - 1];
	set->parts[at] = part;
	set->count = kept + 1;
}

/* Would the parts with their heads be more than the whole? */
static bool is_too_costly(const struct range_set *set, int64_t size)
{
	int64_t total = 0;

	if (set->count <= RANGE_FREE_PARTS)
		return false;
	for (size_t i = 0; i < set->count; i++)
		total += set->parts[i].len; /* disjoint: at most `size` */
	return total > size - (int64_t)set->count * RANGE_PART_OVERHEAD;
}

enum range_result range_parse(struct span value, int64_t size_bytes, struct range_set *out)
{
	struct span unit, spec;
	int64_t asked = 0;
	size_t count = 0;
	bool is_suffix_of_nothing = false;

	out->count = 0;
	if (!value.ptr)
		return RANGE_WHOLE;
	span_cut(&value, '=', &unit);
	if (!value.ptr || !span_eq_nocase(span_trim(unit), "bytes"))
		return RANGE_WHOLE;
	while (span_list_next(&value, &spec)) {
		struct range part;

		if (++count > RANGE_SPECS_LIMIT || !read_spec(spec, size_bytes, &part))
			return RANGE_WHOLE;
		is_suffix_of_nothing |= size_bytes == 0 && spec.ptr[0] == '-';
		if (part.len == 0)
			continue;
		if (__builtin_add_overflow(asked, part.len, &asked) || asked > size_bytes)
			return RANGE_WHOLE; /* the same bytes more than once: an attack (CVE-2011-3192) or a slip */
		add_part(out, part);
	}
	/* "The last 5 bytes" of an empty file can be satisfied, but a Content-Range cannot say how. */
	if (count == 0 || is_suffix_of_nothing || is_too_costly(out, size_bytes))
		return RANGE_WHOLE;
	return out->count ? RANGE_PARTS : RANGE_UNSATISFIABLE;
}

static bool matches_tag(struct etag tag, const struct digest *digest)
{
	char text[DIGEST_HEX_SIZE];

	return digest && etag_equal_strong(tag, (struct etag){ span_of(digest_hex(digest, text)), false });
}

bool range_is_wanted(struct span if_range, const struct range_validator *current, int64_t now_ns)
{
	struct etag tag;
	int64_t date_s;

	if (!if_range.ptr)
		return true;
	if_range = span_trim(if_range);
	if (etag_parse(if_range, &tag))
		return matches_tag(tag, current->digest);
	if (!httpdate_parse(if_range, now_ns / NS_PER_S, &date_s))
		return false;
	return current->mtime_ns == current->changed_ns && now_ns - current->changed_ns >= NS_PER_S &&
	       date_s == current->mtime_ns / NS_PER_S;
}
