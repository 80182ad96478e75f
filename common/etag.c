#include "common/etag.h"

#include <string.h>

/* etagc = %x21 / %x23-7E / obs-text: backslash is an ordinary character here, unlike in a quoted string. */
static bool is_etagc(char ch)
{
	unsigned char c = (unsigned char)ch;

	return c == 0x21 || (c >= 0x23 && c <= 0x7e) || c >= 0x80;
}

/* Cuts an entity tag off the front of `rest`. */
static bool cut_tag(struct span *rest, struct etag *out)
{
	struct span text = *rest;
	size_t len = 0;

	out->is_weak = span_starts(text, "W/"); /* case-sensitive (§8.8.3) */
	if (out->is_weak) {
		text.ptr += 2;
		text.len -= 2;
	}
	if (!span_starts(text, "\""))
		return false;
	text.ptr++;
	text.len--;
	while (len < text.len && is_etagc(text.ptr[len]))
		len++;
	if (len == text.len || text.ptr[len] != '"')
		return false;
	out->opaque = (struct span){ text.ptr, len };
	*rest = (struct span){ text.ptr + len + 1, text.len - len - 1 };
	return true;
}

bool etag_parse(struct span text, struct etag *out)
{
	return cut_tag(&text, out) && text.len == 0;
}

bool etag_equal_weak(struct etag a, struct etag b)
{
	return span_eq(a.opaque, b.opaque);
}

bool etag_equal_strong(struct etag a, struct etag b)
{
	return !a.is_weak && !b.is_weak && etag_equal_weak(a, b);
}

/* Skips spaces and commas, empty members among them (RFC 9110 §5.6.1.2).  True: there was a comma. */
static bool skip_separators(struct span *rest)
{
	bool had_comma = false;

	for (; rest->len && memchr(" \t,", rest->ptr[0], 3); rest->ptr++, rest->len--)
		had_comma |= rest->ptr[0] == ',';
	return had_comma;
}

enum etag_list etag_list_find(struct span list, const struct etag *current, bool strong)
{
	bool found = false, may_follow = true;
	struct etag member;

	if (span_is(span_trim(list), "*"))
		return current ? ETAG_LIST_MATCH : ETAG_LIST_NO_MATCH;
	for (skip_separators(&list); list.len; may_follow = skip_separators(&list)) {
		/* Read to the end even after a match: `"a", x` is no list. */
		if (!may_follow || !cut_tag(&list, &member))
			return ETAG_LIST_MALFORMED;
		if (current && current->opaque.ptr)
			found |= strong ? etag_equal_strong(*current, member) : etag_equal_weak(*current, member);
	}
	return found ? ETAG_LIST_MATCH : ETAG_LIST_NO_MATCH;
}
