/*
 * The journal of a collection for who may read it (sync-protocol(7), "History"): each change as a response on the path where it
 * happened.  An answer ends when it has told of CHANGES_MOST, or looked at LOOKS_MOST batches of the journal, which is everybody's: then
 * the last response, on the collection's own href and without `change`, has the number to go on before.
 */
#include "server/dav/changelog.h"

#include "common/clock.h"
#include "common/when.h"
#include "server/dav/davhdr.h"
#include "server/dav/kept.h"
#include "server/dav/multistatus.h"
#include "server/store/store_history.h"
#include "server/store/store_journal.h"

enum { CHANGES_MOST = 1000, LOOKS_MOST = 200 };

struct changelog {
	struct call *call;
	struct store_journal *journal;
	struct buf *out;
	unsigned shown, looks;
	bool is_begun;
	enum err error;
};

/* ---- one change ---- */

static bool may_read(const struct changelog *l, const struct store_entry *entry)
{
	struct arena *arena = arena_new();
	struct span now;
	/* What is gone for good is nowhere else. */
	enum err e = store_path_now(l->call->dav->store, entry->node, arena, &now);
	bool may = entry->path.len && kept_may_read(l->call, entry->path, e == OK ? now : entry->path);

	arena_free(arena);
	return may && (e == OK || e == E_NOT_FOUND);
}

static enum err write_element(struct buf *out, const char *name, struct span text)
{
	enum err e;

	if (!text.len)
		return OK;
	if ((e = buf_addf(out, "<%s>", name)) != OK || (e = xml_escape(out, text)) != OK)
		return e;
	return buf_addf(out, "</%s>", name);
}

static enum err write_from(const struct changelog *l, const struct store_entry *entry, struct buf *out)
{
	enum err e;

	if (!entry->from.len || !access_may_read(l->call->access, entry->from))
		return OK;
	if ((e = buf_add_text(out, "<s:from><D:href>")) != OK || (e = buf_add_text(out, l->call->prefix)) != OK ||
	    (e = uri_add_path(out, entry->from)) != OK)
		return e;
	return buf_add_text(out, "</D:href></s:from>");
}

static enum err write_change(const struct changelog *l, const struct store_entry *entry, struct buf *out)
{
	char time[WHEN_SIZE], tag[DIGEST_ETAG_SIZE];
	enum err e;

	if ((e = multistatus_resource(out, l->call->prefix, entry->path, entry->is_collection)) != OK ||
	    (e = multistatus_propstat(out)) != OK ||
	    (e = buf_addf(out, "<D:version-name>%lld</D:version-name><s:change>%s</s:change>", (long long)entry->seq,
			  entry->op)) != OK ||
	    (e = write_element(out, "D:creationdate", span_of(when_format(entry->at_ns, time)))) != OK ||
	    (e = write_element(out, "D:creator-displayname", entry->user)) != OK ||
	    (e = write_element(out, "s:client", entry->client)) != OK || (e = write_from(l, entry, out)) != OK)
		return e;
	if (entry->after && !entry->is_collection &&
	    (e = buf_addf(out, "<D:getetag>%s</D:getetag>", digest_etag(entry->after, tag))) != OK)
		return e;
	if ((e = multistatus_propstat_end(out, 200, NULL)) != OK)
		return e;
	return multistatus_response_end(out);
}

/* One that does not fit any more is given again. */
static bool take_entry(void *arg, const struct store_entry *entry)
{
	struct changelog *l = arg;

	if (l->out->len >= REQ_STREAM_PIECE || l->shown == CHANGES_MOST)
		return false;
	if (!may_read(l, entry))
		return true;
	l->shown++;
	l->error = write_change(l, entry, l->out);
	return l->error == OK;
}

/* ---- the answer ---- */

static enum err write_cut(const struct changelog *l, struct buf *out)
{
	struct call *c = l->call;
	enum err e;

	if ((e = multistatus_resource(out, c->prefix, c->path, true)) != OK || (e = multistatus_propstat(out)) != OK ||
	    (e = buf_addf(out, "<D:version-name>%lld</D:version-name>", (long long)store_journal_at(l->journal))) !=
		OK ||
	    (e = multistatus_propstat_end(out, 200, NULL)) != OK)
		return e;
	return multistatus_response_end(out);
}

static enum err produce(void *arg, struct buf *out, bool *out_end) /* on a worker */
{
	struct changelog *l = arg;
	enum err e = l->is_begun ? OK : multistatus_begin(out);
	bool is_all = false;

	l->is_begun = true;
	l->out = out;
	while (e == OK && !is_all && l->shown < CHANGES_MOST && l->looks < LOOKS_MOST && out->len < REQ_STREAM_PIECE) {
		l->looks++;
		if ((e = store_journal_next(l->journal, take_entry, l, &is_all)) == OK)
			e = l->error;
	}
	if (e != OK || (!is_all && l->shown < CHANGES_MOST && l->looks < LOOKS_MOST))
		return e;
	*out_end = true;
	if (!is_all && (e = write_cut(l, out)) != OK)
		return e;
	return multistatus_end(out);
}

static void release(void *arg)
{
	struct changelog *l = arg;

	store_journal_free(TAKE(l->journal));
}

void changelog_report(struct call *c, const struct xml_node *root)
{
	struct changelog *l = arena_zalloc(req_arena(c->req), sizeof *l);
	struct store_journal_query query = { .path = c->path, .is_newest_first = true };
	const struct xml_node *before = xml_child(root, NS_SYNCD, "before");
	enum depth depth;

	if (davhdr_depth(c->req, DEPTH_0, &depth) != OK || depth != DEPTH_0) {
		call_reply_error(c, E_BAD_REQUEST, "the Depth of changes is 0");
	} else if (before && (!span_to_int64(xml_text(before, req_arena(c->req)), &query.until) || query.until < 1)) {
		call_reply_error(c, E_BAD_REQUEST, "before has the number of a change");
	} else {
		l->call = c;
		l->journal = store_journal_new(c->dav->store, &query);
		davhdr_note_preferences(c->req);
		req_reply_stream(c->req, 207, DAV_XML_TYPE, false, produce, release, l);
	}
}
