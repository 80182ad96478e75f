#include "server/dav/past.h"

#include <inttypes.h>

#include "common/clock.h"
#include "common/httpdate.h"
#include "common/when.h"
#include "server/store/store_history.h"

struct past {
	struct call *call;
	void (*found)(struct call *c);
	bool is_time;
	int64_t moment_ns; /* asked for; then: of what was found */
	int64_t number;
	struct store_node node;
	enum err error;
};

static bool is_read(const struct call *c)
{
	enum method m = req_method(c->req);

	return m == METHOD_GET || m == METHOD_HEAD || m == METHOD_PROPFIND;
}

static enum err query_at(struct call *c, const char **out)
{
	return uri_query_value(req_target(c->req)->query, "at", req_arena(c->req), out);
}

bool past_is_asked(struct call *c)
{
	const char *at;

	if (is_read(c) && req_has_header(c->req, "Accept-Datetime"))
		return true;
	/* Of a change the rule that it takes no query is enough. */
	return (is_read(c) || req_method(c->req) == METHOD_REPORT) && query_at(c, &at) != E_NOT_FOUND;
}

/* The moment that is asked for.  False: it cannot be read. */
static bool read_moment(struct past *p)
{
	struct call *c = p->call;
	const char *at;
	enum err e = query_at(c, &at);
	int64_t seconds;

	if (e == OK && span_to_int64(span_of(at), &p->number))
		return p->number >= 0;
	p->is_time = true;
	if (e == OK)
		return when_parse(span_of(at), false, 0, &p->moment_ns);
	if (e != E_NOT_FOUND || !httpdate_parse(req_header(c->req, "Accept-Datetime"), clock_now_s(), &seconds))
		return false;
	p->moment_ns = (MIN(seconds, INT64_MAX / NS_PER_S - 1) + 1) * NS_PER_S - 1; /* the end of that second */
	return true;
}

/* ---- on a worker ---- */

bool past_may_read_now(const struct call *c, int64_t node)
{
	struct arena *arena;
	struct span now;
	bool may;

	if (access_may_read(c->access, span_of("/")))
		return true;
	arena = arena_new();
	may = store_path_now(c->dav->store, node, arena, &now) == OK && access_level(c->access, now) != ACCESS_NONE;
	arena_free(arena);
	return may;
}

static void find(void *arg) /* on a worker */
{
	struct past *p = arg;
	struct call *c = p->call;
	struct store *store = c->dav->store;
	enum err e = p->is_time ? store_number_at(store, p->moment_ns, &p->number) : OK;

	if (e == OK && p->number > store_head(store))
		e = E_NOT_FOUND;
	if (e == OK)
		e = store_lookup_at(store, c->path, p->number, &p->node);
	if (e == OK && !past_may_read_now(c, p->node.id))
		e = E_NOT_FOUND;
	if (e == OK && p->node.kind == STORE_COLLECTION) {
		c->at = p->number;
		c->budget = (struct store_past_budget){ .left = PAST_BUDGET };
		past_sum(c, &p->node);
	}
	/* Of a file: since when it was so; of a collection there is only the moment itself. */
	if (e == OK && p->node.kind == STORE_FILE)
		p->moment_ns = p->node.ctime_ns;
	else if (e == OK && !p->is_time && store_time_of(store, p->number, &p->moment_ns) != OK)
		p->moment_ns = 0;
	p->error = e;
}

void past_sum(struct call *c, struct store_node *io_node)
{
	if (!access_may_read(c->access, span_of("/")) || store_sum_at(c->dav->store, c->at, io_node, &c->budget) != OK)
		io_node->size_bytes = -1;
}

bool past_is_vague(const struct call *c, const struct store_node *node)
{
	return c->is_past && node->kind == STORE_COLLECTION && node->size_bytes < 0;
}

/* ---- on the loop ---- */

void past_set_fields(struct call *c, int64_t moment_ns, const char *original)
{
	char text[HTTPDATE_SIZE];

	if (moment_ns)
		req_set_header(c->req, "Memento-Datetime",
			       httpdate_format(MIN(moment_ns / NS_PER_S, clock_now_s()), text));
	req_set_header(c->req, "Link", arena_printf(req_arena(c->req), "<%s>; rel=\"original timegate\"", original));
}

static void finish(void *arg)
{
	struct past *p = arg;
	struct call *c = p->call;
	bool is_folder = p->node.kind == STORE_COLLECTION;
	const char *original;

	if (p->error != OK && p->error != E_NOT_FOUND) {
		call_reply_error(c, p->error, NULL);
		return;
	}
	c->is_past = true;
	c->at = p->number;
	c->exists = p->error == OK;
	c->missing = E_NOT_FOUND;
	c->node = p->node;
	req_add_header(c->req, "Vary", "accept-datetime");
	if (c->exists) {
		original = call_href(c, c->path, is_folder);
		past_set_fields(c, p->moment_ns, original);
		/* RFC 7089 §4.2.1: where this very state has its own URL. */
		req_set_header(c->req, "Content-Location",
			       arena_printf(req_arena(c->req), "%s?at=%" PRId64, original, c->at));
	}
	p->found(c);
}

void past_find(struct call *c, void (*found)(struct call *c))
{
	struct past *p = arena_zalloc(req_arena(c->req), sizeof *p);

	p->call = c;
	p->found = found;
	if (!is_read(c))
		call_reply_error(c, E_BAD_REQUEST, "`at` is for GET, HEAD and PROPFIND");
	else if (!read_moment(p))
		call_reply_error(c, E_BAD_REQUEST, "`at` is a number, or a time like 2026-01-31T12:00:00Z");
	else
		req_work(c->req, find, finish, p);
}
