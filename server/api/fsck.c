/*
 * fsck: findings as records, one record now and then to say that it goes on, and the totals (store_fsck.h).
 */
#include "server/api/fields.h"
#include "server/api/streams.h"
#include "server/store/store_fsck.h"

#include <stdlib.h>

struct fsck {
	struct store_fsck *check;
	struct buf *out;
	enum err error;
};

static enum err begin(struct store *s, struct span request, void **out, struct note *why)
{
	struct fsck *f;
	struct span key, value;
	bool repair = false;

	while (fields_next(&request, &key, &value)) {
		repair = span_is(key, "repair") && span_is(value, "yes");
		if (!repair)
			return note_set(why, E_BAD_REQUEST, "the field is repair=yes, or none");
	}
	f = xcalloc(1, sizeof *f);
	f->check = store_fsck_new(s, repair);
	*out = f;
	return OK;
}

static enum err write_finding(const struct store_finding *finding, struct buf *out)
{
	char hex[DIGEST_HEX_SIZE];
	enum err e;

	if ((e = fields_add(out, "damage", finding->what)) != OK || (e = fields_add(out, "why", finding->why)) != OK ||
	    (e = fields_add(out, "repaired", finding->is_repaired ? "yes" : "no")) != OK)
		return e;
	if (finding->path.len && (e = buf_addf(out, "path=%.*s\n", (int)finding->path.len, finding->path.ptr)) != OK)
		return e;
	if (finding->is_gone && (e = fields_add(out, "deleted", "yes")) != OK)
		return e;
	if (finding->version && (e = fields_add_number(out, "version", finding->version)) != OK)
		return e;
	if (finding->digest && (e = fields_add(out, "digest", digest_hex(finding->digest, hex))) != OK)
		return e;
	return fields_end(out);
}

/* What does not fit the piece is counted in the totals all the same: nobody reads a thousand of them in a second. */
static void add_finding(void *arg, const struct store_finding *finding)
{
	struct fsck *f = arg;
	size_t before = f->out->len;
	enum err e = write_finding(finding, f->out);

	if (e == OK)
		return;
	f->out->len = before;
	f->out->data[before] = '\0';
	if (e != E_TOO_LARGE && e != E_BAD_REQUEST)
		f->error = e;
}

static enum err write_totals(const struct store_fsck_totals *t, bool is_end, struct buf *out)
{
	const struct {
		const char *key;
		int64_t value;
	} numbers[] = {
		{ "folders", t->folders },   { "files", t->files },           { "versions", t->versions },
		{ "contents", t->contents }, { "bytes", t->content_bytes },   { "damaged", t->damaged },
		{ "repaired", t->repaired }, { "strays", t->strays },         { "stray_bytes", t->stray_bytes },
		{ "dead", t->dead },         { "dead_bytes", t->dead_bytes },
	};
	enum err e = is_end ? fields_add(out, "end", "ok") : fields_add(out, "at", t->at);

	for (size_t i = 0; i < ARRAY_LEN(numbers) && e == OK; i++)
		e = fields_add_number(out, numbers[i].key, numbers[i].value);
	return e == OK ? fields_end(out) : e;
}

static enum err produce(void *arg, struct buf *out, bool *out_end)
{
	enum { TOTALS_MOST = 1024 };
	struct fsck *f = arg;
	struct store_fsck_totals totals;
	autobuf struct buf findings = buf_new(out->max - TOTALS_MOST);
	enum err e;

	f->out = &findings;
	e = store_fsck_next(f->check, add_finding, f, &totals, out_end);
	if (e != OK || f->error != OK)
		return e != OK ? e : f->error;
	e = buf_add_span(out, buf_span(&findings));
	return e == OK ? write_totals(&totals, *out_end, out) : e;
}

static void release(void *arg)
{
	struct fsck *f = arg;

	store_fsck_free(f->check);
	free(f);
}

const struct stream_kind stream_fsck = { "/.sync/admin/stream/fsck", begin, produce, release, 0 };
