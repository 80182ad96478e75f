/*
 * Random histories, and clients that follow them by reports: any token, any size of page, with changes between the pages.
 * Whenever a report says that it is complete, what the client has is what a full listing has.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/store/store_sync.h"
#include "tests/unit/store_check.h"
#include "tests/unit/store_help.h"
#include "tests/unit/test.h"

enum { HISTORIES = 300, CLIENTS = 8, ENTRIES = 4000, PATH_SIZE = 512, BATCH = 6, ROUNDS = 6, CROWDED = 100 };

struct entry {
	char href[PATH_SIZE]; /* of a collection with a slash at the end */
	struct store_node node;
};

struct listing {
	struct entry entries[ENTRIES];
	size_t count;
};

struct client {
	const char *target;
	bool is_deep, knows_ids;
	char token[STORE_SYNC_TOKEN_SIZE];
	struct listing known;
};

static unsigned seed;
static struct store *store;
static unsigned reports[2], restarts[2]; /* of plain clients, and of those that know ids */

static unsigned below(unsigned n)
{
	return (unsigned)rand_r(&seed) % n;
}

/* ---- listings ---- */

static const char *href_of(char out[PATH_SIZE], struct span path, bool is_collection)
{
	assert_true(path.len + 1 < PATH_SIZE);
	snprintf(out, PATH_SIZE, "%.*s%s", (int)path.len, path.ptr, is_collection ? "/" : "");
	return out;
}

static void add(struct listing *l, const char *href, const struct store_node *node)
{
	struct entry *e = &l->entries[l->count++];

	assert_true(l->count < ENTRIES);
	snprintf(e->href, sizeof e->href, "%s", href);
	e->node = *node;
}

static struct entry *find(struct listing *l, const char *href)
{
	for (size_t i = 0; i < l->count; i++)
		if (strcmp(l->entries[i].href, href) == 0)
			return &l->entries[i];
	return NULL;
}

/* What a 404 for that href means to a client: it goes, and if it is a collection all below it. */
static void forget(struct listing *l, const char *href)
{
	size_t len = strlen(href), kept = 0;

	for (size_t i = 0; i < l->count; i++) {
		const char *have = l->entries[i].href;

		if (strcmp(have, href) != 0 && (href[len - 1] != '/' || strncmp(have, href, len) != 0))
			l->entries[kept++] = l->entries[i];
	}
	l->count = kept;
}

struct lister {
	struct listing *out;
	const char *above;
	bool is_deep;
};

static bool list_member(void *arg, const struct store_node *m)
{
	const struct lister *up = arg;
	char path[PATH_SIZE], href[PATH_SIZE];
	bool is_collection = m->kind == STORE_COLLECTION;
	struct lister down = { up->out, path, true };

	snprintf(path, sizeof path, "%s/%.20s", up->above, m->name);
	add(up->out, href_of(href, span_of(path), is_collection), m);
	if (is_collection && up->is_deep)
		assert_ok(store_list(store, m->id, "", 1000, list_member, &down));
	return true;
}

static void list(struct listing *out, const char *target, bool is_deep)
{
	struct lister l = { out, target[1] ? target : "", is_deep };
	struct store_node node;

	out->count = 0;
	assert_ok(store_lookup(store, span_of(target), &node));
	assert_ok(store_list(store, node.id, "", 1000, list_member, &l));
}

/* ---- history ---- */

/* The third and the fourth are one name in two normal forms. */
static const char *const names[] = { "a", "b", "\xc3\xa9", "e\xcc\x81" };

static struct listing now; /* what there is before the next changes */

/* Something that is there; "" when nothing is. */
static void random_node(char out[PATH_SIZE], bool is_collection)
{
	size_t first = now.count ? below((unsigned)now.count) : 0;

	out[0] = '\0';
	for (size_t i = 0; i < now.count && !out[0]; i++) {
		const struct entry *e = &now.entries[(first + i) % now.count];

		if (!is_collection || e->node.kind == STORE_COLLECTION)
			snprintf(out, PATH_SIZE, "%.*s", (int)strlen(e->href) - (e->node.kind == STORE_COLLECTION),
				 e->href);
	}
}

/* A name in some collection, taken or not. */
static void random_place(char out[PATH_SIZE])
{
	size_t len;

	random_node(out, true);
	if (below(3) == 0)
		out[0] = '\0';
	len = strlen(out);
	snprintf(out + len, PATH_SIZE - len, "/%s", names[below(ARRAY_LEN(names))]);
}

/* Back to where the last one came from: what clients cannot see by a resource-id. */
static void move_back(char path[PATH_SIZE], char destination[PATH_SIZE])
{
	static char last_path[PATH_SIZE], last_destination[PATH_SIZE];

	if (below(4) == 0 && last_path[0]) {
		memcpy(path, last_destination, PATH_SIZE);
		memcpy(destination, last_path, PATH_SIZE);
	}
	memcpy(last_path, path, PATH_SIZE);
	memcpy(last_destination, destination, PATH_SIZE);
}

static struct store_step random_step(char path[PATH_SIZE], char destination[PATH_SIZE])
{
	static const enum store_op ops[] = { STORE_PUT,   STORE_PUT,  STORE_PUT,  STORE_MKCOL,     STORE_MKCOL,
					     STORE_MKCOL, STORE_MOVE, STORE_MOVE, STORE_COPY,      STORE_DELETE,
					     STORE_MOVE,  STORE_MOVE, STORE_PUT,  STORE_PROPPATCH, STORE_DELETE };
	static const struct store_prop_change prop = { .prop = { { "DAV:", 4 }, { "x", 1 }, { "", 0 }, { "y", 1 } } };
	struct store_step step = { .op = ops[below(ARRAY_LEN(ops))], .mtime_ns = STORE_MTIME_NOW };
	unsigned content = below(5);

	random_place(destination);
	if (step.op == STORE_PUT || step.op == STORE_MKCOL)
		random_place(path);
	else
		random_node(path, below(2));
	if (step.op == STORE_MOVE)
		move_back(path, destination);
	if (step.op == STORE_PUT) {
		step.upload = help_upload(store, &content, sizeof content);
	} else if (step.op == STORE_MOVE || step.op == STORE_COPY) {
		step.destination = span_of(destination);
		step.overwrite = below(2);
	} else if (step.op == STORE_PROPPATCH) {
		step.props = &prop;
		step.prop_count = 1;
	}
	step.path = span_of(path[0] ? path : "/");
	return step;
}

/* Copies and moves into one another grow trees without end. */
static void thin_out(void)
{
	list(&now, "/", true);
	for (size_t i = 0; i < ARRAY_LEN(names) && now.count > CROWDED; i++) {
		autofree char *path = xasprintf("/%s", names[i]);

		help_delete(store, path, NULL);
		list(&now, "/", true);
	}
}

/* Some changes, of which many share a commit. */
static void change(unsigned count)
{
	struct help_waiter *waiters[BATCH];

	thin_out();

	for (unsigned i = 0; i < count; i++) {
		char path[PATH_SIZE], destination[PATH_SIZE];
		struct store_txn *t = store_txn_new(NULL);
		struct store_step step = random_step(path, destination);

		store_txn_add(t, &step);
		waiters[i] = help_waiter_new();
		store_submit(store, t, help_done, waiters[i]);
	}
	for (unsigned i = 0; i < count; i++)
		help_wait(waiters[i]);
}

/* ---- clients ---- */

static void compare(struct client *c)
{
	static struct listing full;

	list(&full, c->target, c->is_deep);
	for (size_t i = 0; i < full.count; i++) {
		struct entry *want = &full.entries[i], *have = find(&c->known, want->href);

		if (!have)
			fail_msg("%s misses %s", c->target, want->href);
		assert_int_equal(have->node.id, want->node.id);
		assert_int_equal(have->node.seq, want->node.seq);
		assert_int_equal(have->node.mtime_ns, want->node.mtime_ns);
		assert_true(digest_equal(&have->node.digest, &want->node.digest));
	}
	for (size_t i = 0; i < c->known.count; i++)
		if (!find(&full, c->known.entries[i].href))
			fail_msg("%s still has %s", c->target, c->known.entries[i].href);
}

/*
 * A client that knows ids takes a name, with a slash or without, for one thing: when that is another one or gone, so is what
 * was below.
 */
static void forget_other(struct client *c, struct span path, bool is_gone, int64_t id)
{
	char href[PATH_SIZE];
	struct entry *e;

	for (int is_collection = 0; is_collection < 2; is_collection++) {
		e = find(&c->known, href_of(href, path, is_collection));
		if (e && (is_gone || e->node.id != id))
			forget(&c->known, href);
	}
}

static void apply(struct client *c, const struct store_change *ch, struct listing *page)
{
	char href[PATH_SIZE];
	struct entry *e;

	href_of(href, ch->path, ch->is_collection);
	/* RFC 6578 §3.4: each member is in a report once. */
	if (find(page, href))
		fail_msg("%s twice in a page", href);
	add(page, href, &ch->node);
	if (c->knows_ids)
		forget_other(c, ch->path, ch->is_gone, ch->node.id);
	if (ch->is_gone) {
		forget(&c->known, href);
		return;
	}
	assert_int_equal(ch->is_collection, ch->node.kind == STORE_COLLECTION);
	if ((e = find(&c->known, href)) != NULL)
		e->node = ch->node;
	else
		add(&c->known, href, &ch->node);
}

static void start_over(struct client *c)
{
	c->token[0] = '\0';
	c->known.count = 0;
}

static enum err page(struct client *c, unsigned limit, enum store_sync_state *out_state)
{
	static struct listing shown;
	struct store_sync_query q = { .path = span_of(c->target),
				      .token = span_of(c->token),
				      .is_deep = c->is_deep,
				      .knows_ids = c->knows_ids,
				      .limit = limit };
	struct store_sync *y = store_sync_new(store, &q);
	const struct store_change *changes;
	size_t count = 0, given = 0;
	enum err e;

	shown.count = 0;
	do {
		if ((e = store_sync_next(y, &changes, &count, out_state)) != OK)
			break;
		for (size_t i = 0; i < count; i++)
			apply(c, &changes[i], &shown);
		given += count;
		assert_true(given <= limit);
	} while (*out_state == STORE_SYNC_MORE);
	if (e == OK || given)
		snprintf(c->token, sizeof c->token, "%s", store_sync_end(y));
	store_sync_free(y);
	if (e != OK && given) {
		*out_state = STORE_SYNC_CUT;
		e = OK;
	}
	return e;
}

/* Pages until the report is complete, or until the client has enough of it for now. */
static void follow(struct client *c)
{
	unsigned disturbances = below(12), patience = below(8) ? 10000 : below(3);
	unsigned limit = below(3) ? 1 + below(6) : 5000;
	enum store_sync_state state = STORE_SYNC_CUT;

	reports[c->knows_ids]++;
	while (state != STORE_SYNC_DONE && patience--) {
		enum err e = page(c, limit, &state);

		if (e == E_PRECONDITION) {
			assert_int_not_equal(c->token[0], '\0');
			restarts[c->knows_ids]++;
			start_over(c);
			state = STORE_SYNC_CUT;
		} else if (e == E_NOT_FOUND) { /* its collection is gone, or the last page of it was read */
			start_over(c);
			return;
		} else {
			assert_ok(e);
		}
		if (state == STORE_SYNC_DONE)
			compare(c);
		else if (disturbances && below(2) && disturbances--)
			change(1 + below(3));
	}
}

/* What the client knows because it made it, or asked for it, between two reports. */
static void see_what_is_there(struct client *c)
{
	struct store_node node;
	struct entry *e;

	if (!c->token[0] || store_lookup(store, span_of(c->target), &node) != OK || node.kind != STORE_COLLECTION)
		return;
	list(&now, c->target, c->is_deep);
	for (size_t i = 0; i < now.count; i++) {
		const struct entry *seen = &now.entries[i];

		if (c->knows_ids)
			forget_other(
			    c, (struct span){ seen->href, strlen(seen->href) - (seen->node.kind == STORE_COLLECTION) },
			    false, seen->node.id);
		if ((e = find(&c->known, seen->href)) != NULL)
			e->node = seen->node;
		else
			add(&c->known, seen->href, &seen->node);
	}
}

static void run_history(struct client *clients)
{
	static const char *const targets[] = { "/", "/a", "/a/b", "/" };

	for (unsigned i = 0; i < CLIENTS; i++) {
		clients[i].target = targets[below(ARRAY_LEN(targets))];
		clients[i].is_deep = below(4) != 0;
		clients[i].knows_ids = i % 2;
		start_over(&clients[i]);
	}
	for (unsigned round = 0; round < ROUNDS; round++) {
		change(1 + below(BATCH));
		for (unsigned i = 0; i < CLIENTS; i++) {
			if (below(4) == 0)
				see_what_is_there(&clients[i]);
			if (below(3) == 0)
				follow(&clients[i]);
		}
	}
}

TEST(sync_reports_add_up_to_a_full_listing)
{
	struct client *clients = xcalloc(CLIENTS, sizeof *clients);

	char *folder;

	store = help_store_open();
	folder = strdup(store_folder(store));
	for (unsigned h = 0; h < HISTORIES; h++) {
		seed = h;
		run_history(clients);
	}
	store_close(store);
	assert_true(check_store(folder));
	free(folder);
	free(clients);
	print_message("restarts: plain %u of %u, with ids %u of %u\n", restarts[0], reports[0], restarts[1],
		      reports[1]);
	assert_true(restarts[0] * 3 < reports[0]);
	assert_true(restarts[1] * 20 < reports[1]);
}
