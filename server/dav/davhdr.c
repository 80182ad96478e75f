#include "server/dav/davhdr.h"

enum err davhdr_depth(struct req *r, enum depth otherwise, enum depth *out)
{
	struct span text = req_header(r, "Depth");

	*out = otherwise;
	if (!text.ptr)
		return OK;
	if (span_is(text, "0"))
		*out = DEPTH_0;
	else if (span_is(text, "1"))
		*out = DEPTH_1;
	else if (span_eq_nocase(text, "infinity"))
		*out = DEPTH_INFINITY;
	else
		return E_BAD_REQUEST;
	return OK;
}

enum err davhdr_overwrite(struct req *r, bool *out)
{
	struct span text = req_header(r, "Overwrite");

	*out = !text.ptr || span_eq_nocase(text, "T");
	return *out || span_eq_nocase(text, "F") ? OK : E_BAD_REQUEST;
}

int64_t davhdr_timeout_s(struct req *r, int64_t most_s)
{
	struct span rest = req_header(r, "Timeout"), item;

	while (rest.ptr && span_list_next(&rest, &item)) {
		static const char second[] = "second-";
		struct span kind = { item.ptr, MIN(item.len, sizeof second - 1) };
		int64_t seconds;

		if (span_eq_nocase(item, "Infinite"))
			return most_s;
		if (!span_eq_nocase(kind, second))
			continue;
		if (span_to_int64((struct span){ item.ptr + kind.len, item.len - kind.len }, &seconds) && seconds > 0)
			return MIN(seconds, most_s);
		/* More digits than a number holds: a very long time. */
		return most_s;
	}
	return most_s;
}

struct span davhdr_lock_token(struct req *r)
{
	struct span text = req_header(r, "Lock-Token");

	if (text.len >= 2 && text.ptr[0] == '<' && text.ptr[text.len - 1] == '>')
		return (struct span){ text.ptr + 1, text.len - 2 };
	return text.ptr ? text : (struct span){ "", 0 };
}

/* RFC 7240 §2: a name, perhaps with a value, which may be quoted; parameters after a semicolon are not for us. */
static bool prefers(struct req *r, const char *name, const char *value)
{
	struct span rest = req_header(r, "Prefer"), item, word;

	while (rest.ptr && span_list_next(&rest, &item)) {
		struct span preference = item, what;

		span_cut(&item, ';', &preference);
		what = preference;
		span_cut(&what, '=', &word);
		if (!span_eq_nocase(span_trim(word), name))
			continue;
		what = what.ptr ? span_trim(what) : (struct span){ "", 0 };
		if (what.len >= 2 && what.ptr[0] == '"' && what.ptr[what.len - 1] == '"')
			what = (struct span){ what.ptr + 1, what.len - 2 };
		if (!*value || span_eq_nocase(what, value))
			return true;
	}
	return false;
}

bool davhdr_wants_minimal(struct req *r)
{
	return prefers(r, "return", "minimal") || span_eq_nocase(req_header(r, "Brief"), "t");
}

bool davhdr_wants_no_root(struct req *r)
{
	return prefers(r, "depth-noroot", "");
}

void davhdr_note_preferences(struct req *r)
{
	bool minimal = davhdr_wants_minimal(r), no_root = davhdr_wants_no_root(r);

	if (minimal || no_root)
		req_set_header(r, "Preference-Applied",
			       minimal && no_root ? "return=minimal, depth-noroot"
			       : minimal          ? "return=minimal"
						  : "depth-noroot");
}
