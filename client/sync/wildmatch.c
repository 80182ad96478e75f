/*
 * The pattern becomes tokens; all positions in them that the text so far can have reached are kept at once, so that no
 * pattern needs backtracking.
 */
#include "client/sync/wildmatch.h"

#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum token_kind {
	CHARACTER,
	ONE,     /* any but "/" */
	SET,     /* one of a set, not "/" */
	RUN,     /* any number of any but "/" */
	ALL,     /* any number of anything */
	FOLDERS, /* nothing, or anything that ends in "/" */
};

struct token {
	enum token_kind kind;
	unsigned char character;
	unsigned char *set; /* a bit for each byte */
};

struct wildmatch {
	size_t count;
	struct token tokens[];
};

enum { SET_SIZE = (UCHAR_MAX + 1) / 8 };

static void set_add(unsigned char *set, unsigned c)
{
	set[c / 8] |= (unsigned char)(1u << c % 8);
}

static bool set_has(const unsigned char *set, unsigned char c)
{
	return set[c / 8] >> c % 8 & 1;
}

/* ---- reading a pattern ---- */

static const struct {
	const char *name;
	int (*is)(int c);
} classes[] = {
	{ "alnum", isalnum }, { "alpha", isalpha }, { "blank", isblank }, { "cntrl", iscntrl },
	{ "digit", isdigit }, { "graph", isgraph }, { "lower", islower }, { "print", isprint },
	{ "punct", ispunct }, { "space", isspace }, { "upper", isupper }, { "xdigit", isxdigit },
};

/* "[:alpha:]" after its "[": adds it.  False: no such class. */
static bool add_class(struct span name, unsigned char *set)
{
	for (size_t i = 0; i < ARRAY_LEN(classes); i++) {
		if (!span_is(name, classes[i].name))
			continue;
		for (int c = 0; c < 128; c++)
			if (classes[i].is(c))
				set_add(set, (unsigned)c);
		return true;
	}
	return false;
}

/* The end of a class' name that begins at `at`, or 0: none. */
static size_t class_end(struct span p, size_t at)
{
	size_t end = at;

	while (end < p.len && p.ptr[end] != ']')
		end++;
	return end < p.len && end > at && p.ptr[end - 1] == ':' ? end : 0;
}

static bool take_member(struct span p, size_t *at, unsigned char *out)
{
	if (*at < p.len && p.ptr[*at] == '\\')
		(*at)++;
	if (*at >= p.len)
		return false;
	*out = (unsigned char)p.ptr[(*at)++];
	return true;
}

/* What is between the brackets; `at` is behind the "[", then behind the "]".  False: it has no end. */
static bool take_set(struct span p, size_t *at, unsigned char *set)
{
	bool is_negated = *at < p.len && (p.ptr[*at] == '!' || p.ptr[*at] == '^'), is_first = true;

	*at += is_negated;
	for (; *at < p.len && (p.ptr[*at] != ']' || is_first); is_first = false) {
		unsigned char low, high;
		size_t end = 0;

		if (p.ptr[*at] == '[' && *at + 1 < p.len && p.ptr[*at + 1] == ':')
			end = class_end(p, *at + 2);
		if (end) {
			if (!add_class((struct span){ p.ptr + *at + 2, end - *at - 3 }, set))
				return false;
			*at = end + 1;
			continue;
		}
		if (!take_member(p, at, &low))
			return false;
		high = low;
		if (*at + 1 < p.len && p.ptr[*at] == '-' && p.ptr[*at + 1] != ']') {
			(*at)++;
			if (!take_member(p, at, &high))
				return false;
		}
		for (unsigned c = low; c <= high; c++)
			set_add(set, c);
	}
	if (*at >= p.len)
		return false;
	(*at)++;
	for (size_t i = 0; is_negated && i < SET_SIZE; i++)
		set[i] = (unsigned char)~set[i];
	set['/' / 8] &= (unsigned char)~(1u << '/' % 8);
	return true;
}

/* A run of stars that begins at `at`. */
static struct token take_stars(struct span p, size_t *at)
{
	size_t begin = *at;
	bool is_alone;

	while (*at < p.len && p.ptr[*at] == '*')
		(*at)++;
	is_alone = *at - begin > 1 && (begin == 0 || p.ptr[begin - 1] == '/');
	if (is_alone && (*at == p.len || (p.ptr[*at] == '\\' && *at + 1 < p.len && p.ptr[*at + 1] == '/')))
		return (struct token){ .kind = ALL };
	if (is_alone && p.ptr[*at] == '/') {
		(*at)++;
		return (struct token){ .kind = FOLDERS };
	}
	return (struct token){ .kind = RUN };
}

static bool take_token(struct span p, size_t *at, struct token *out)
{
	char c = p.ptr[*at];

	*out = (struct token){ .kind = CHARACTER, .character = (unsigned char)c };
	if (c == '*') {
		*out = take_stars(p, at);
		return true;
	}
	(*at)++;
	if (c == '?') {
		out->kind = ONE;
	} else if (c == '[') {
		out->kind = SET;
		out->set = xcalloc(1, SET_SIZE);
		return take_set(p, at, out->set);
	} else if (c == '\\') {
		if (*at == p.len)
			return false;
		out->character = (unsigned char)p.ptr[(*at)++];
	}
	return true;
}

struct wildmatch *wildmatch_new(struct span pattern)
{
	struct wildmatch *w;
	size_t at = 0;

	if (pattern.len > WILDMATCH_PATTERN_LIMIT)
		return NULL;
	w = xcalloc(1, sizeof *w + (pattern.len + 1) * sizeof *w->tokens);
	while (at < pattern.len)
		if (!take_token(pattern, &at, &w->tokens[w->count++])) {
			wildmatch_free(w);
			return NULL;
		}
	return w;
}

void wildmatch_free(struct wildmatch *w)
{
	if (!w)
		return;
	for (size_t i = 0; i < w->count; i++)
		free(w->tokens[i].set);
	free(w);
}

/* ---- matching ---- */

/* Where one may be: before a token, or in the middle of folders that it takes. */
enum { BEFORE = 1, INSIDE = 2 };

/* What needs no character: on over tokens that may be empty. */
static void skip_empty(const struct wildmatch *w, unsigned char *at)
{
	for (size_t i = 0; i < w->count; i++)
		if ((at[i] & BEFORE) && w->tokens[i].kind >= RUN)
			at[i + 1] |= BEFORE;
}

static void take_character(const struct wildmatch *w, const unsigned char *at, unsigned char c, unsigned char *next)
{
	for (size_t i = 0; i < w->count; i++) {
		const struct token *t = &w->tokens[i];
		bool is_before = at[i] & BEFORE, not_slash = c != '/';

		if (!at[i])
			continue;
		if (t->kind == FOLDERS) {
			next[i] |= INSIDE;
			if (!not_slash)
				next[i + 1] |= BEFORE;
		} else if (is_before && (t->kind == ALL || (t->kind == RUN && not_slash))) {
			next[i] |= BEFORE;
		} else if (is_before && ((t->kind == CHARACTER && t->character == c) || (t->kind == ONE && not_slash) ||
					 (t->kind == SET && set_has(t->set, c)))) {
			next[i + 1] |= BEFORE;
		}
	}
}

bool wildmatch_matches(const struct wildmatch *w, struct span text)
{
	unsigned char rooms[2][WILDMATCH_PATTERN_LIMIT + 1] = { { BEFORE } };

	skip_empty(w, rooms[0]);
	for (size_t i = 0; i < text.len; i++) {
		const unsigned char *at = rooms[i % 2];
		unsigned char *next = rooms[(i + 1) % 2];

		memset(next, 0, w->count + 1);
		take_character(w, at, (unsigned char)text.ptr[i], next);
		skip_empty(w, next);
	}
	return rooms[text.len % 2][w->count] & BEFORE;
}
