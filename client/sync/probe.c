/*
 * How a foreign server is tried out (foreign.h).  All of it happens with one name, ".sync-<random>.part", that every client of ours ignores.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/remote/members.h"
#include "client/sync/davlock.h"
#include "client/sync/foreign.h"
#include "client/sync/tag.h"
#include "common/clock.h"
#include "common/rand.h"
#include "common/uri.h"

enum {
	RANDOM = 8,
	WRITES = 4,
	RACERS = 8,
	BODY_SIZE = 16,
	MTIME = 1000000000,
	LOCK_S = 60,
	RACES = 3,
	YOUNG_MS = 1100
};

struct probe {
	struct http *http;
	const char *collection;
	char *path, *other; /* clean, below the remote's root */
	struct note *why;
};

/* One request of ours with a short body. */
struct sending {
	struct http_request req;
	char body[BODY_SIZE];
};

static void answered(struct http_request *req not_used)
{
}

static char *target_of(const char *path)
{
	struct arena *arena = arena_new();
	char *target = xstrdup(uri_encode_path(span_of(path), arena) + 1);

	arena_free(arena);
	return target;
}

/* `number`: two digits, so that all bodies have one length; negative: no body. */
static void prepare(struct sending *s, const char *method, const char *path, int number)
{
	http_request_init(&s->req, method, target_of(path));
	s->req.arg = s;
	s->req.done = answered;
	if (number < 0)
		return;
	snprintf(s->body, sizeof s->body, "probe %02d\n", number % 100);
	http_request_text(&s->req, s->body);
}

/* The status; 0 with `why` when none came. */
static int ask(struct probe *p, struct sending *s)
{
	int status;

	if (http_do(p->http, &s->req) != OK)
		(void)note_set(p->why, s->req.answer.err, "%s", s->req.answer.why.text);
	status = s->req.answer.err == OK ? s->req.answer.status : 0;
	http_request_clear(&s->req);
	return status;
}

static bool is_done(int status)
{
	return status >= 200 && status < 300 && status != 207;
}

static int put(struct probe *p, int number, const char *field, const char *value)
{
	struct sending s;

	prepare(&s, "PUT", p->path, number);
	if (field)
		http_request_set(&s.req, field, "%s", value);
	return ask(p, &s);
}

static int simple(struct probe *p, const char *method, const char *path, const char *field, const char *value)
{
	struct sending s;

	prepare(&s, method, path, -1);
	if (field)
		http_request_set(&s.req, field, "%s", value);
	return ask(p, &s);
}

/* What the server says of our file. */
static enum err look(struct probe *p, struct tag *out)
{
	struct members m;
	struct note why = { "" };
	enum err e = members_ask(p->http, p->path, false, false, &m, &why);

	*out = (struct tag){ .kind = PLAN_FILE, .size_bytes = m.self.size_bytes, .mtime_s = m.self.mtime_s };
	tag_set_etag(out, m.self.etag);
	members_clear(&m);
	return e;
}

/* ---- tags ---- */

static enum foreign_tags try_tags(struct probe *p)
{
	struct tag seen[WRITES];
	bool all_differ = true, any_within_a_second = false;

	for (int i = 0; i < WRITES; i++) {
		if (!is_done(put(p, i, NULL, NULL)) || look(p, &seen[i]) != OK || !seen[i].etag[0])
			return FOREIGN_TAGS_COARSE;
		for (int j = 0; j < i; j++) {
			bool is_same = strcmp(seen[i].etag, seen[j].etag) == 0;

			all_differ &= !is_same;
			/* Only within one second of the server's clock two tags show that it looks closer. */
			any_within_a_second |= !is_same && seen[i].mtime_s && seen[i].mtime_s == seen[j].mtime_s;
		}
	}
	if (!any_within_a_second)
		return FOREIGN_TAGS_COARSE;
	return all_differ ? FOREIGN_TAGS_EXACT : FOREIGN_TAGS_CLOCK;
}

/* Would a tag made of time and size tell two contents with one time apart?  Then the times of files are better not set. */
static bool try_mtime(struct probe *p)
{
	char text[BODY_SIZE];
	struct tag first, second;

	snprintf(text, sizeof text, "%d", MTIME);
	return is_done(put(p, 1, "X-OC-Mtime", text)) && look(p, &first) == OK && first.mtime_s == MTIME &&
	       is_done(put(p, 2, "X-OC-Mtime", text)) && look(p, &second) == OK && first.etag[0] &&
	       strcmp(first.etag, second.etag) != 0;
}

/* ---- conditions ---- */

/* Several writers with one condition: how many win? */
static size_t race(struct probe *p, const char *field, const char *value)
{
	autofree struct sending *all = xcalloc(RACERS, sizeof *all);
	size_t won = 0;

	for (int i = 0; i < RACERS; i++) {
		prepare(&all[i], "PUT", p->path, i);
		http_request_set(&all[i].req, field, "%s", value);
		all[i].req.is_once = true;
		http_start(p->http, &all[i].req);
	}
	http_run(p->http, NULL, NULL);
	for (int i = 0; i < RACERS; i++) {
		won += all[i].req.answer.err == OK && is_done(all[i].req.answer.status);
		http_request_clear(&all[i].req);
	}
	return won;
}

/* A tag that is too young to be strong matches nothing yet. */
static bool one_replaces(struct probe *p)
{
	size_t won = 0;

	for (int i = 0; i < RACES && won == 0; i++) {
		autofree char *quoted = NULL;
		bool never = false;
		struct tag now;

		if (look(p, &now) != OK || !now.etag[0])
			return false;
		quoted = xasprintf("\"%s\"", now.etag);
		won = race(p, "If-Match", quoted);
		if (won == 0)
			http_wait(p->http, -1, YOUNG_MS, &never);
	}
	return won == 1;
}

static bool has_conditions(struct probe *p)
{
	if (!is_done(put(p, 1, NULL, NULL)) || put(p, 2, "If-Match", "\"no such tag\"") != 412 ||
	    put(p, 3, "If-None-Match", "*") != 412 ||
	    simple(p, "DELETE", p->path, "If-Match", "\"no such tag\"") != 412)
		return false;
	for (int i = 0; i < RACES; i++) {
		if (!one_replaces(p) || !is_done(simple(p, "DELETE", p->path, NULL, NULL)) ||
		    race(p, "If-None-Match", "*") != 1)
			return false;
	}
	return true;
}

/* ---- locks ---- */

/*
 * Several that want the lock at once: one gets it?  All that got one give it up.  A server that grants it to two, forgets one,
 * or keeps a name as its own kind of nothing (RFC 2518's lock-null resources) while it is locked, is Apache: its lists of locks
 * are not safe from its own threads, so that they are left in peace, one lock after the other.
 */
static bool one_gets_the_lock(struct probe *p, bool is_there, bool *is_serial)
{
	struct davlock locks[RACERS];
	size_t won = 0, granted = 0;

	for (int i = 0; i < RACERS; i++)
		davlock_start(&locks[i], p->http, p->path, false, "probe", LOCK_S);
	http_run(p->http, NULL, NULL);
	for (int i = 0; i < RACERS; i++) {
		struct members m;
		struct note why = { "" };

		granted += davlock_is_held(&locks[i]);
		*is_serial |= davlock_is_held(&locks[i]) && !is_there && !locks[i].is_made;
		if (davlock_is_held(&locks[i]))
			won += members_ask(p->http, p->path, false, false, &m, &why) != OK ||
			       davlock_is_borne_out(&locks[i], &m);
		else
			memset(&m, 0, sizeof m);
		members_clear(&m);
	}
	for (int i = 0; i < RACERS; i++) {
		davlock_give_up(&locks[i]);
		*is_serial |= locks[i].is_lost;
		davlock_clear(&locks[i]);
	}
	*is_serial |= granted > 1;
	return won == 1;
}

/* Are others kept out, and we let in?  With nothing there at the end. */
static bool lock_holds(struct probe *p, bool is_tagged)
{
	struct davlock lock;
	autofree char *condition = NULL;
	bool has = false;

	if (!is_done(put(p, 1, NULL, NULL)))
		return false;
	davlock_start(&lock, p->http, p->path, false, "probe", LOCK_S);
	http_run(p->http, NULL, NULL);
	if (davlock_is_held(&lock)) {
		condition = davlock_condition(&lock, is_tagged);
		has = put(p, 2, NULL, NULL) == 423 && simple(p, "DELETE", p->path, NULL, NULL) == 423 &&
		      is_done(put(p, 3, "If", condition)) && is_done(simple(p, "DELETE", p->path, "If", condition));
		davlock_give_up(&lock);
	}
	davlock_clear(&lock);
	return has;
}

static bool has_locks(struct probe *p, struct foreign *out)
{
	bool has = lock_holds(p, false);

	if (!has)
		has = out->is_tagged = lock_holds(p, true);
	/* With nothing there, and with something there. */
	for (int i = 0; has && i < RACES; i++)
		has = one_gets_the_lock(p, false, &out->is_serial) && is_done(put(p, 1, NULL, NULL)) &&
		      one_gets_the_lock(p, true, &out->is_serial) && is_done(simple(p, "DELETE", p->path, NULL, NULL));
	return has;
}

/* ---- moves ---- */

static bool keeps_existing(struct probe *p)
{
	autofree char *target = target_of(p->other);
	struct sending s;
	bool keeps = false;

	prepare(&s, "PUT", p->other, 1);
	if (!is_done(put(p, 1, NULL, NULL)) || !is_done(ask(p, &s)))
		return false;
	prepare(&s, "MOVE", p->path, -1);
	http_request_set(&s.req, "Destination", "%s%s%s", http_base(p->http), http_root(p->http), target);
	http_request_set(&s.req, "Overwrite", "F");
	keeps = ask(p, &s) == 412;
	return simple(p, "DELETE", p->other, NULL, NULL) && keeps;
}

/* ---- */

static enum err may_write(struct probe *p)
{
	struct sending s;
	struct tag told;
	enum err e;

	prepare(&s, "PUT", p->path, 0);
	http_do(p->http, &s.req);
	e = http_status_err(&s.req.answer, p->why);
	http_request_clear(&s.req);
	if (e == OK && (e = look(p, &told)) == OK && told.size_bytes != (int64_t)strlen(s.body))
		e = note_set(p->why, E_BAD_REQUEST,
			     "the server does not tell how long a file is that was just written: nothing can be "
			     "compared with it");
	return e;
}

enum err foreign_probe(struct http *http, const char *collection, struct foreign *out, struct note *why)
{
	char random[2 * RANDOM + 1];
	struct probe p = { .http = http, .collection = collection, .why = why };
	enum err e;

	*out = (struct foreign){ .guard = FOREIGN_UNSAFE };
	rand_hex(random, RANDOM);
	p.path = xasprintf("%s/.sync-%s.part", collection[1] ? collection : "", random);
	rand_hex(random, RANDOM);
	p.other = xasprintf("%s/.sync-%s.part", collection[1] ? collection : "", random);
	why->text[0] = '\0';
	if ((e = may_write(&p)) == OK) {
		out->tags = try_tags(&p);
		out->has_mtime = try_mtime(&p);
		out->keeps_existing = keeps_existing(&p);
		if (has_locks(&p, out))
			out->guard = FOREIGN_LOCK;
		else if (has_conditions(&p))
			out->guard = FOREIGN_CONDITION;
		simple(&p, "DELETE", p.path, NULL, NULL);
		if (why->text[0])
			e = E_NETWORK;
	}
	free(p.path);
	free(p.other);
	return e;
}
