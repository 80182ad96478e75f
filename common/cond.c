#include "common/cond.h"

#include "common/etag.h"
#include "common/httpdate.h"

#include <stdlib.h>

static enum etag_list find(const char *list, const struct cond_target *target, bool strong)
{
	char text[DIGEST_HEX_SIZE];
	struct etag current = { .opaque = { NULL, 0 } };

	if (target->digest)
		current.opaque = span_of(digest_hex(target->digest, text));
	return etag_list_find(span_of(list), target->exists ? &current : NULL, strong);
}

/* Steps 1 and 2 of §13.2.2: is what will be acted on still what the client saw? */
static bool is_unchanged(const struct cond *c, const struct cond_target *target)
{
	if (c->if_match)
		return find(c->if_match, target, true) == ETAG_LIST_MATCH;
	/* §13.1.4: ignored where there is no modification date, so also where nothing is. */
	if (c->if_unmodified_since_s != COND_NO_DATE && target->exists)
		return target->changed_s <= c->if_unmodified_since_s;
	return true;
}

/* Steps 3 and 4: is it something other than what the client has? */
static bool is_news(const struct cond *c, bool is_read, const struct cond_target *target)
{
	if (c->if_none_match)
		return find(c->if_none_match, target, false) != ETAG_LIST_MATCH;
	if (is_read && c->if_modified_since_s != COND_NO_DATE && target->exists)
		return target->changed_s > c->if_modified_since_s;
	return true;
}

enum cond_result cond_evaluate(const struct cond *c, bool is_read, const struct cond_target *target)
{
	if (!is_unchanged(c, target))
		return COND_FAILED;
	if (is_news(c, is_read, target))
		return COND_PASS;
	return is_read ? COND_NOT_MODIFIED : COND_FAILED;
}

bool cond_is_none(const struct cond *c)
{
	return !c->if_match && !c->if_none_match && c->if_modified_since_s == COND_NO_DATE &&
	       c->if_unmodified_since_s == COND_NO_DATE;
}

static int64_t date_or_none(const char *text, int64_t now_s)
{
	int64_t seconds;

	return httpdate_parse(span_of(text), now_s, &seconds) ? seconds : COND_NO_DATE;
}

struct cond cond_from_fields(const struct cond_fields *fields, int64_t now_s)
{
	return (struct cond){ .if_match = fields->if_match,
			      .if_none_match = fields->if_none_match,
			      .if_modified_since_s = date_or_none(fields->if_modified_since, now_s),
			      .if_unmodified_since_s = date_or_none(fields->if_unmodified_since, now_s) };
}

struct cond cond_dup(const struct cond *c)
{
	struct cond copy = *c;

	copy.if_match = c->if_match ? xstrdup(c->if_match) : NULL;
	copy.if_none_match = c->if_none_match ? xstrdup(c->if_none_match) : NULL;
	return copy;
}

void cond_clear(struct cond *c)
{
	free((char *)c->if_match);
	free((char *)c->if_none_match);
	*c = COND_NONE;
}
