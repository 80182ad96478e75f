#include "client/sync/foreign.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TRAITS_KEY "server"

static const char *const guards[] = {
	[FOREIGN_UNSAFE] = "nothing", [FOREIGN_CONDITION] = "conditions", [FOREIGN_LOCK] = "locks"
};
static const char *const tags[] = {
	[FOREIGN_TAGS_COARSE] = "coarse", [FOREIGN_TAGS_CLOCK] = "clock", [FOREIGN_TAGS_EXACT] = "exact"
};

const char *foreign_guard_word(enum foreign_guard guard)
{
	return guards[guard];
}

const char *foreign_says(const struct foreign *f, size_t number)
{
	const char *const all[] = {
		f->guard == FOREIGN_UNSAFE ? "it has neither locks nor conditions that keep two writers apart: a "
					     "change made there in the same moment "
					     "as ours may be overwritten"
					   : NULL,
		f->guard != FOREIGN_LOCK
		    ? "what somebody puts into a folder while it is being deleted may be deleted too"
		    : NULL,
		f->tags != FOREIGN_TAGS_EXACT
		    ? "its tags are as coarse as its clock: what was just written is read once more"
		    : NULL,
		f->has_mtime ? NULL : "it does not keep the times of files that we send",
		"it does not keep who may execute a file, and no history: what is overwritten there is gone there",
	};

	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		if (all[i] && number-- == 0)
			return all[i];
	return NULL;
}

/* ---- remembering ---- */

static bool read_word(struct span *rest, const char *const *words, size_t count, unsigned *out)
{
	struct span word;

	if (!span_cut(rest, ' ', &word))
		return false;
	for (size_t i = 0; i < count; i++)
		if (span_is(word, words[i])) {
			*out = (unsigned)i;
			return true;
		}
	return false;
}

static bool read_traits(const char *text, struct foreign *out)
{
	static const char *const yes_no[] = { "no", "yes" };
	struct span rest = span_of(text);
	unsigned guard, tag, mtime, keeps, serial, tagged;

	if (!read_word(&rest, guards, ARRAY_LEN(guards), &guard) || !read_word(&rest, tags, ARRAY_LEN(tags), &tag) ||
	    !read_word(&rest, yes_no, ARRAY_LEN(yes_no), &mtime) ||
	    !read_word(&rest, yes_no, ARRAY_LEN(yes_no), &keeps) ||
	    !read_word(&rest, yes_no, ARRAY_LEN(yes_no), &serial) ||
	    !read_word(&rest, yes_no, ARRAY_LEN(yes_no), &tagged))
		return false;
	*out = (struct foreign){ .guard = guard,
				 .tags = tag,
				 .has_mtime = mtime,
				 .keeps_existing = keeps,
				 .is_serial = serial,
				 .is_tagged = tagged };
	return true;
}

static enum err keep_traits(struct base *base, const struct foreign *f)
{
	autofree char *text =
	    xasprintf("%s %s %s %s %s %s", guards[f->guard], tags[f->tags], f->has_mtime ? "yes" : "no",
		      f->keeps_existing ? "yes" : "no", f->is_serial ? "yes" : "no", f->is_tagged ? "yes" : "no");
	enum err e = base_meta_put(base, TRAITS_KEY, text);

	return e == OK ? base_commit(base) : e;
}

enum err foreign_ready(struct http *http, const char *collection, struct base *base, const char *id, bool may_try,
		       struct foreign *out, struct note *why)
{
	autofree char *text = NULL;
	enum err e = base_meta_get(base, TRAITS_KEY, &text);

	*out = (struct foreign){ .guard = FOREIGN_UNSAFE };
	if ((e != OK || !read_traits(text, out)) && may_try) {
		if ((e = foreign_probe(http, collection, out, why)) != OK)
			return e;
		if ((e = keep_traits(base, out)) != OK)
			return note_set(why, e, "the state of this folder: %s", err_words(e));
	}
	snprintf(out->owner, sizeof out->owner, "sync %s", id);
	return OK;
}
