#include "client/cmd/history.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "client/cmd/known.h"
#include "client/decide.h"
#include "client/remote/members.h"
#include "common/clock.h"
#include "common/path.h"
#include "common/when.h"

enum { PREFIX_MIN = 4 };

static enum err read_moment(struct session *s, const char *text, const char *where, char out[HISTORY_AT_SIZE])
{
	int64_t number, at_ns;
	time_t seconds;
	struct tm tm;
	size_t len;

	if (span_to_int64(span_of(text), &number) && number >= 0) {
		snprintf(out, HISTORY_AT_SIZE, "%" PRId64, number);
		return OK;
	}
	if (!when_parse(span_of(text), true, clock_now_ns(), &at_ns))
		return known_error(s, E_USAGE, where, "not a time: 2026-01-31, 2026-01-31T12:00, 2h, 3d, yesterday");
	seconds = (time_t)(at_ns / NS_PER_S);
	len = strftime(out, HISTORY_AT_SIZE, "%Y-%m-%dT%H:%M:%S", gmtime_r(&seconds, &tm));
	snprintf(out + len, HISTORY_AT_SIZE - len, ".%09dZ", (int)(at_ns % NS_PER_S));
	return OK;
}

enum err history_at(struct session *s, char out[HISTORY_AT_SIZE])
{
	out[0] = '\0';
	return s->cli->at ? read_moment(s, s->cli->at, "--at", out) : OK;
}

enum err history_moment(struct session *s, const char *text, char out[HISTORY_AT_SIZE])
{
	return read_moment(s, text, text, out);
}

enum err history_find(const struct versions *v, const char *wanted, const struct version **out, struct note *why)
{
	size_t len = strlen(wanted);
	int64_t number;

	*out = NULL;
	for (size_t i = 0; i < v->count; i++) {
		const struct version *one = &v->list[i];

		if (len < PREFIX_MIN || strncasecmp(one->etag, wanted, len) != 0)
			continue;
		if (*out && strcmp((*out)->etag, one->etag) != 0)
			return note_set(why, E_USAGE, "more than one version begins with %s: more of it, please",
					wanted);
		if (!*out)
			*out = one;
	}
	for (size_t i = 0; i < v->count && !*out; i++)
		if (span_to_int64(span_of(wanted), &number) && v->list[i].number == number)
			*out = &v->list[i];
	return *out ? OK : note_set(why, E_NOT_FOUND, "no version %.80s is kept of it", wanted);
}

char *history_who(const char *author, const char *client)
{
	size_t len = strlen(author);

	if (!*client || strcmp(client, author) == 0)
		return xstrdup(*author ? author : "-");
	if (strncmp(client, author, len) == 0 && client[len] == '@')
		return xstrdup(client);
	return xasprintf("%s@%s", author, client);
}

enum err history_look(struct session *s, const char *path, bool *out_is_folder, char **out_etag, struct note *why)
{
	struct http_request req;
	const struct answer *a = &req.answer;
	struct span place;
	enum err e;

	http_request_init(&req, "HEAD", session_target(path, strcmp(path, "/") == 0));
	http_do(s->http, &req);
	e = http_status_err(a, why);
	place = answer_field(a, ANSWER_CONTENT_LOCATION);
	*out_is_folder = strcmp(path, "/") == 0 || a->is_folder || (place.len && place.ptr[place.len - 1] == '/');
	*out_etag = e == OK && a->fields[ANSWER_ETAG] ? xstrdup(a->fields[ANSWER_ETAG]) : NULL;
	http_request_clear(&req);
	return e;
}

/* ---- having something back ---- */

static enum err judge(const struct history_back *b, const struct answer *a, struct note *why)
{
	enum err e = http_status_err(a, why);

	if (a->err != OK)
		return e;
	if (a->status == 412)
		return note_set(why, E_PRECONDITION, "%s changed on the server meanwhile (412)", b->path);
	if (a->status == 409)
		return note_set(why, E_CONFLICT,
				"the folder it belongs in is not there, or something else is at its place");
	if (a->status == 405 || a->status == 501)
		return note_set(why, E_BAD_REQUEST, "this server cannot bring anything back (%d)", a->status);
	if (e == OK && a->status != 201 && a->status != 204)
		return note_set(why, E_BAD_REQUEST, "not a definite answer (%d)", a->status);
	return e;
}

enum err history_bring(struct session *s, const struct history_back *b, int *out_status, char **out_etag,
		       struct note *why)
{
	autofree char *destination = session_url(s, b->path, b->is_folder);
	struct http_request req;
	enum err e;

	http_request_init(&req, b->method, session_target(b->from, b->is_folder));
	req.is_at_origin = !b->is_in_tree;
	req.is_patient = true;
	req.is_once = true; /* the second time it would meet what the first one made */
	http_request_set(&req, "Destination", "%s", destination);
	http_request_set(&req, "Overwrite", b->force || b->if_match ? "T" : "F");
	/* Of what comes out of the tree itself the condition would be about the source. */
	if (!b->force && b->if_match && !b->is_in_tree)
		http_request_set(&req, "If-Match", "%s", b->if_match);
	session_submit_locks(s, &req, b->path, b->is_in_tree ? b->from : NULL);
	http_do(s->http, &req);
	e = judge(b, &req.answer, why);
	*out_status = req.answer.status;
	*out_etag = e == OK && req.answer.fields[ANSWER_ETAG] ? xstrdup(req.answer.fields[ANSWER_ETAG]) : NULL;
	http_request_clear(&req);
	return e;
}

void history_remember(struct session *s, const char *path, const char *etag)
{
	struct seen seen = { .size_bytes = -1, .modified = xstrdup("") };

	if (etag) {
		seen.etag = xstrdup(etag);
		session_remember(s, path, "", &seen);
	}
	seen_clear(&seen);
}

/* ---- two folders ---- */

struct comparison {
	struct session *s;
	const char *at, *until; /* `until` NULL: now */
	history_change_fn *fn;
	void *arg;
	struct note *why;
};

static enum err compare(struct comparison *c, const char *path, bool was_there, bool is_there);

/* The same tag: all below is the same.  Who may not read all of it gets zeroes, or none. */
static bool is_same_folder(const struct listing_entry *a, const struct listing_entry *b)
{
	return a->etag && b->etag && strspn(a->etag, "\"0") < strlen(a->etag) && strcmp(a->etag, b->etag) == 0;
}

/* The same name on both sides; one of them may be NULL. */
static enum err compare_entry(struct comparison *c, const char *path, const struct listing_entry *then,
			      const struct listing_entry *now)
{
	if (then && now && then->is_folder && now->is_folder && is_same_folder(then, now))
		return OK;
	if (then && now && then->is_folder && now->is_folder)
		return path_check(span_of(path)) == OK
			   ? compare(c, path, true, true)
			   : note_set(c->why, E_BAD_REQUEST, "the server's folders go too deep");
	if (then && now && !then->is_folder && !now->is_folder) {
		if (!then->etag || !now->etag || strcmp(then->etag, now->etag) != 0)
			c->fn(c->arg, path, false, HISTORY_CHANGED);
		return OK;
	}
	if (then)
		c->fn(c->arg, path, then->is_folder, HISTORY_REMOVED);
	if (now)
		c->fn(c->arg, path, now->is_folder, HISTORY_ADDED);
	return OK;
}

static enum err merge(struct comparison *c, const char *path, const struct listing *then, const struct listing *now)
{
	size_t i = 0, k = 0;
	enum err e = OK;

	while (e == OK && (i < then->count || k < now->count) && !session_interrupted) {
		int order = i == then->count  ? 1
			    : k == now->count ? -1
					      : strcmp(then->entries[i].name, now->entries[k].name);
		const struct listing_entry *a = order <= 0 ? &then->entries[i++] : NULL;
		const struct listing_entry *b = order >= 0 ? &now->entries[k++] : NULL;
		autofree char *child = xasprintf("%s/%s", path[1] ? path : "", a ? a->name : b->name);

		e = compare_entry(c, child, a, b);
	}
	return session_interrupted ? E_INTERRUPTED : e;
}

static enum err compare(struct comparison *c, const char *path, bool was_there, bool is_there)
{
	struct members then, now;
	enum err e = OK;

	memset(&then, 0, sizeof then);
	memset(&now, 0, sizeof now);
	if (was_there)
		e = members_ask_at(c->s->http, path, c->at, &then, c->why);
	if (e == OK && is_there)
		e = members_ask_at(c->s->http, path, c->until, &now, c->why);
	if (e == OK)
		e = merge(c, path, &then.list, &now.list);
	members_clear(&then);
	members_clear(&now);
	return e;
}

enum err history_compare(struct session *s, const char *path, const char *at, const char *until, history_change_fn *fn,
			 void *arg, struct note *why)
{
	struct comparison c = { s, at, until, fn, arg, why };
	autofree char *etag = NULL;
	bool is_folder;
	enum err e;

	if (until)
		return compare(&c, path, true, true);
	e = history_look(s, path, &is_folder, &etag, why);
	if (e != OK && e != E_NOT_FOUND)
		return e;
	return compare(&c, path, true, e == OK && is_folder);
}
