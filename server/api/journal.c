/*
 * journal: the changes as records, and the chain's verdict (store_journal.h).
 */
#include "common/path.h"
#include "server/api/fields.h"
#include "server/api/streams.h"
#include "server/store/store_journal.h"

#include <stdlib.h>

/* ---- changes ---- */

struct listing {
	struct store *store;
	struct store_journal *journal;
	struct buf *out;
	enum err error;
};

static enum err read_request(struct span rest, struct store_journal_query *q, char **out_user, struct note *why)
{
	struct span key, value;

	while (fields_next(&rest, &key, &value)) {
		if (span_is(key, "path"))
			q->path = value;
		else if (span_is(key, "user") && !*out_user)
			*out_user = span_dup(value);
		else if (!(span_is(key, "since") && span_to_int64(value, &q->since)) &&
			 !(span_is(key, "since_ns") && span_to_int64(value, &q->since_ns)))
			return note_set(why, E_BAD_REQUEST, "the fields are path, user, since and since_ns");
	}
	q->user = *out_user;
	if (q->path.len && path_check(q->path) != OK)
		return note_set(why, E_BAD_REQUEST, "\"%.*s\" is no path", (int)MIN(q->path.len, 100u), q->path.ptr);
	return OK;
}

static enum err begin_journal(struct store *s, struct span request, void **out, struct note *why)
{
	struct store_journal_query query = { .path = span_of("") };
	autofree char *user = NULL;
	struct listing *l;
	enum err e = read_request(request, &query, &user, why);

	if (e != OK)
		return e;
	l = xcalloc(1, sizeof *l);
	l->store = s;
	l->journal = store_journal_new(s, &query);
	*out = l;
	return OK;
}

static enum err add_digest(struct buf *out, const char *key, const struct digest *d)
{
	char hex[DIGEST_HEX_SIZE];

	return d ? fields_add(out, key, digest_hex(d, hex)) : OK;
}

static enum err add_span(struct buf *out, const char *key, struct span value)
{
	return value.len ? buf_addf(out, "%s=%.*s\n", key, (int)value.len, value.ptr) : OK;
}

static enum err write_entry(const struct store_entry *entry, struct buf *out)
{
	enum err e;

	if ((e = fields_add_number(out, "number", entry->seq)) != OK ||
	    (e = fields_add_number(out, "at_ns", entry->at_ns)) != OK || (e = fields_add(out, "op", entry->op)) != OK ||
	    (e = add_span(out, "path", entry->path)) != OK || (e = add_span(out, "from", entry->from)) != OK ||
	    (e = fields_add_number(out, "node", entry->node)) != OK || (e = add_span(out, "user", entry->user)) != OK ||
	    (e = add_span(out, "client", entry->client)) != OK ||
	    (e = add_digest(out, "before", entry->before)) != OK || (e = add_digest(out, "after", entry->after)) != OK)
		return e;
	return fields_end(out);
}

/* A record that does not fit any more is not begun: it is given again. */
static bool list_entry(void *arg, const struct store_entry *entry)
{
	struct listing *l = arg;
	size_t before = l->out->len;

	l->error = write_entry(entry, l->out);
	if (l->error == OK)
		return true;
	l->out->len = before;
	l->out->data[before] = '\0';
	if (l->error == E_TOO_LARGE && before)
		l->error = OK;
	return false;
}

static enum err end_ok(struct buf *out)
{
	enum err e = fields_add(out, "end", "ok");

	return e == OK ? fields_end(out) : e;
}

/* Where it begins, for who asked for more than there is. */
static enum err end_journal(struct listing *l)
{
	struct store_journal_span span;
	enum err e = store_journal_span(l->store, &span);

	if (e == OK)
		e = fields_add_number(l->out, "first", span.first);
	return e == OK ? end_ok(l->out) : e;
}

static enum err produce_journal(void *arg, struct buf *out, bool *out_end)
{
	struct listing *l = arg;
	enum err e;

	l->out = out;
	e = store_journal_next(l->journal, list_entry, l, out_end);
	if (e != OK || l->error != OK)
		return e != OK ? e : l->error;
	return *out_end ? end_journal(l) : OK;
}

static void release_journal(void *arg)
{
	struct listing *l = arg;

	store_journal_free(l->journal);
	free(l);
}

const struct stream_kind stream_journal = { "/.sync/admin/stream/journal", begin_journal, produce_journal,
					    release_journal, 0 };

/* ---- the chain ---- */

struct chain {
	struct store *store;
	struct store_chain at;
};

static enum err begin_chain(struct store *s, struct span request not_used, void **out, struct note *why not_used)
{
	struct chain *c = xcalloc(1, sizeof *c);

	c->store = s;
	*out = c;
	return OK;
}

static enum err produce_chain(void *arg, struct buf *out, bool *out_end)
{
	struct chain *c = arg;
	char hex[DIGEST_HEX_SIZE];
	enum err e = store_journal_verify(c->store, &c->at, out_end);

	if (e == E_CORRUPT) {
		*out_end = true;
		if ((e = fields_add_number(out, "broken", c->at.seq)) != OK)
			return e;
		return end_ok(out);
	}
	if (e != OK || (e = fields_add_number(out, "number", c->at.seq)) != OK)
		return e;
	if (!*out_end)
		return fields_end(out);
	if ((e = fields_add_number(out, "first", c->at.first)) != OK)
		return e;
	e = fields_add(out, "chain", digest_hex(&c->at.chain, hex));
	return e == OK ? end_ok(out) : e;
}

const struct stream_kind stream_chain = { "/.sync/admin/stream/chain", begin_chain, produce_chain, free, 0 };
