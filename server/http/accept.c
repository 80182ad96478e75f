#include "server/http/accept.h"

static const struct {
	const char *type, *wildcard;
} offers[] = {
	[ACCEPT_PLAIN] = { "text/plain", "text/*" },
	[ACCEPT_HTML] = { "text/html", "text/*" },
	[ACCEPT_JSON] = { "application/json", "application/*" },
};

/* How closely a media range names an offer. */
enum closeness { NOT_AT_ALL, ANYTHING, WILDCARD, NAMED };

static enum closeness closeness(struct span range, size_t offer)
{
	if (span_eq_nocase(range, offers[offer].type))
		return NAMED;
	if (span_eq_nocase(range, offers[offer].wildcard))
		return WILDCARD;
	return span_is(range, "*/*") ? ANYTHING : NOT_AT_ALL;
}

/* A weight of §12.4.2 in thousandths: "0", "1", "0.5", "1.000". */
static bool read_weight(struct span text, int *out)
{
	int value = 0, unit = 1000;

	if (text.len == 0 || text.len > 5 || (text.ptr[0] != '0' && text.ptr[0] != '1'))
		return false;
	if (text.len > 1 && text.ptr[1] != '.')
		return false;
	value = (text.ptr[0] - '0') * unit;
	for (size_t i = 2; i < text.len; i++) {
		if (text.ptr[i] < '0' || text.ptr[i] > '9')
			return false;
		unit /= 10;
		value += (text.ptr[i] - '0') * unit;
	}
	*out = value;
	return value <= 1000;
}

/* The media range of a member and its weight; parameters other than q are not looked at. */
static bool read_member(struct span member, struct span *range, int *weight)
{
	struct span part, name;

	*weight = 1000;
	span_cut(&member, ';', range);
	*range = span_trim(*range);
	while (span_cut(&member, ';', &part)) {
		span_cut(&part, '=', &name);
		if (span_eq_nocase(span_trim(name), "q") && (!part.ptr || !read_weight(span_trim(part), weight)))
			return false;
	}
	return true;
}

enum accept_type accept_preferred(struct span accept)
{
	struct {
		enum closeness by;
		int weight;
	} found[ARRAY_LEN(offers)] = { 0 };
	struct span member, range;
	size_t best = ACCEPT_PLAIN;
	int weight;

	if (!accept.ptr)
		return ACCEPT_PLAIN;
	while (span_list_next(&accept, &member)) {
		if (!read_member(member, &range, &weight))
			continue;
		for (size_t i = 0; i < ARRAY_LEN(offers); i++) {
			enum closeness by = closeness(range, i);

			/* The most specific range decides an offer's weight, not the highest. */
			if (by > found[i].by) {
				found[i].by = by;
				found[i].weight = weight;
			}
		}
	}
	for (size_t i = 1; i < ARRAY_LEN(offers); i++)
		if (found[i].weight > found[best].weight ||
		    (found[i].weight == found[best].weight && found[i].weight && found[i].by > found[best].by))
			best = i;
	return (enum accept_type)best;
}
