/*
 * rights: see rights.h.  Scope and rights are joined once, when a token is found: the joined list holds the deeper prefix of
 * each pair where one lies within the other, with write where both write.  That is the minimum of both levels at every
 * path, because the maximum over a list distributes over the minimum of two.
 */
#include "server/auth/rights.h"

#include "common/path.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RULES_LIMIT = 2 * STORE_RIGHTS_LIMIT }; /* each joined prefix is one of the scope's or one of the user's */

struct rule {
	uint32_t offset, len; /* of the prefix, in the block's text */
	bool write;
};

struct access {
	size_t size_bytes;
	struct access_origin origin;
	int64_t expires_s;
	uint32_t rule_count;
	char user[STORE_USER_SIZE], client[STORE_LABEL_SIZE];
	struct rule rules[]; /* and then the text of the prefixes */
};

struct join {
	struct span prefix[RULES_LIMIT];
	bool write[RULES_LIMIT];
	unsigned count;
};

static void join_add(struct join *j, struct span prefix, bool write)
{
	for (unsigned i = 0; i < j->count; i++)
		if (span_eq(j->prefix[i], prefix)) {
			j->write[i] |= write;
			return;
		}
	assert(j->count < RULES_LIMIT);
	j->prefix[j->count] = prefix;
	j->write[j->count++] = write;
}

static void join_pair(struct join *j, const struct store_right *a, const struct store_right *b)
{
	struct span pa = span_of(a->prefix), pb = span_of(b->prefix);

	if (path_is_within(pa, pb))
		join_add(j, pa, a->write && b->write);
	else if (path_is_within(pb, pa))
		join_add(j, pb, a->write && b->write);
}

static void join_token(struct join *j, const struct store_token *t)
{
	static const struct store_right all = { .write = true, .prefix = "/" };
	const struct store_right *scope = t->scope_count ? t->scope : &all;
	unsigned count = t->scope_count ? t->scope_count : 1;

	for (unsigned i = 0; i < count; i++)
		for (unsigned k = 0; k < t->rights_count; k++)
			join_pair(j, &scope[i], &t->rights[k]);
}

struct access *access_new(const struct store_token *token)
{
	struct join j = { .count = 0 };
	struct access *a;
	size_t text_len = 0, at;

	assert(token->scope_count <= STORE_RIGHTS_LIMIT && token->rights_count <= STORE_RIGHTS_LIMIT);
	join_token(&j, token);
	for (unsigned i = 0; i < j.count; i++)
		text_len += j.prefix[i].len;
	at = sizeof *a + j.count * sizeof a->rules[0];
	a = xcalloc(1, at + text_len);
	a->size_bytes = at + text_len;
	a->expires_s = token->expires_s;
	memcpy(a->user, token->user, sizeof a->user);
	memcpy(a->client, token->label, sizeof a->client);
	a->rule_count = j.count;
	for (unsigned i = 0; i < j.count; i++) {
		a->rules[i] = (struct rule){ (uint32_t)at, (uint32_t)j.prefix[i].len, j.write[i] };
		memcpy((char *)a + at, j.prefix[i].ptr, j.prefix[i].len);
		at += j.prefix[i].len;
	}
	return a;
}

size_t access_size(const struct access *a)
{
	return a->size_bytes;
}

static struct span prefix_of(const struct access *a, uint32_t i)
{
	return (struct span){ (const char *)a + a->rules[i].offset, a->rules[i].len };
}

static enum access_level level_of_clean(const struct access *a, struct span path)
{
	enum access_level best = ACCESS_NONE;

	for (uint32_t i = 0; i < a->rule_count; i++) {
		const struct rule *rule = &a->rules[i];
		struct span prefix = prefix_of(a, i);
		enum access_level level = ACCESS_NONE;

		if (path_is_within(path, prefix))
			level = rule->write ? ACCESS_WRITE : ACCESS_READ;
		else if (path_is_within(prefix, path))
			level = ACCESS_WAY;
		best = MAX(best, level);
	}
	return best;
}

bool access_may_write_somewhere(const struct access *a)
{
	for (uint32_t i = 0; i < a->rule_count; i++)
		if (a->rules[i].write)
			return true;
	return false;
}

static int by_bytes(const void *x, const void *y)
{
	const struct span *a = x, *b = y;
	int order = memcmp(a->ptr, b->ptr, MIN(a->len, b->len));

	return order ? order : (a->len > b->len) - (a->len < b->len);
}

size_t access_places(const struct access *a, struct span *out, size_t max)
{
	size_t count = 0;

	for (uint32_t i = 0; i < a->rule_count && count < max; i++) {
		bool is_covered = false;

		for (uint32_t k = 0; k < a->rule_count; k++)
			is_covered |= k != i && path_is_within(prefix_of(a, i), prefix_of(a, k));
		if (!is_covered)
			out[count++] = prefix_of(a, i);
	}
	return count;
}

void access_view(const struct access *a, unsigned char out[ACCESS_VIEW_SIZE])
{
	struct span places[RULES_LIMIT] = { { NULL, 0 } };
	size_t count = access_places(a, places, ARRAY_LEN(places));
	struct hasher *h = hasher_new();
	struct digest d;

	qsort(places, count, sizeof places[0], by_bytes);
	for (size_t i = 0; i < count; i++) {
		hasher_add(h, places[i].ptr, places[i].len);
		hasher_add(h, "", 1); /* no path holds a NUL */
	}
	d = hasher_finish(h);
	hasher_free(h);
	memcpy(out, d.bytes, ACCESS_VIEW_SIZE);
}

bool access_sees_same(const struct access *a, const struct access *b)
{
	unsigned char seen_by_a[ACCESS_VIEW_SIZE], seen_by_b[ACCESS_VIEW_SIZE];

	if (a == b)
		return true;
	access_view(a, seen_by_a);
	access_view(b, seen_by_b);
	return memcmp(seen_by_a, seen_by_b, ACCESS_VIEW_SIZE) == 0;
}

static bool is_ascii(struct span text)
{
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.ptr[i] >= 0x80)
			return false;
	return true;
}

enum access_level access_level(const struct access *a, struct span path)
{
	if (is_ascii(path))
		return level_of_clean(a, path);
	/* The tree finds a name by its NFC form, so a right must too. */
	autofree char *key = path_key(path);
	return level_of_clean(a, span_of(key));
}

bool access_may_write(const struct access *a, struct span path)
{
	return access_level(a, path) >= ACCESS_WRITE;
}

bool access_may_read(const struct access *a, struct span path)
{
	return access_level(a, path) >= ACCESS_READ;
}

const char *access_user(const struct access *a)
{
	return a->user;
}

const char *access_client(const struct access *a)
{
	return a->client;
}

const struct access_origin *access_origin(const struct access *a)
{
	return &a->origin;
}

void access_set_client(struct access *a, const char *client, enum access_kind kind)
{
	snprintf(a->client, sizeof a->client, "%s", client);
	a->origin.kind = kind;
}

void access_set_origin(struct access *a, const struct access_origin *origin)
{
	a->origin = *origin;
}

int64_t access_expires_s(const struct access *a)
{
	return a->expires_s;
}

/* "//a/b/" to "/a/b", in place. */
static void squeeze(char *path)
{
	char *out = path;

	for (const char *in = path; *in; in++)
		if (*in != '/' || (in[1] != '/' && in[1] != '\0') || in == path)
			*out++ = *in;
	*out = '\0';
	if (path[0] == '/' && path[1] == '/')
		memmove(path, path + 1, strlen(path));
}

enum err rights_parse(struct span text, struct store_right *out, char **out_prefix, struct note *why)
{
	struct span rest = text, word;
	bool write = span_starts(text, "write:");

	if (!write && !span_starts(text, "read:"))
		return note_set(why, E_BAD_REQUEST, "a right is read:/PATH or write:/PATH, not \"%.*s\"",
				(int)MIN(text.len, 60u), text.ptr);
	if (!span_cut(&rest, ':', &word) || rest.len > PATH_LIMIT || !span_starts(rest, "/") ||
	    memchr(rest.ptr, '\0', rest.len))
		return note_set(why, E_BAD_REQUEST, "the path of a right begins with a slash: read:/docs");
	autofree char *clean = span_dup(rest);
	squeeze(clean);
	if (path_check(span_of(clean)) != OK)
		return note_set(why, E_BAD_REQUEST, "not a path: %.100s", clean);
	*out_prefix = path_key(span_of(clean));
	*out = (struct store_right){ .write = write, .prefix = *out_prefix };
	return OK;
}
