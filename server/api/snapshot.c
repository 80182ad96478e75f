/*
 * snapshot: a snapshot's name as a record, and the hold prolonged (store_snapshot.h).
 */
#include "server/api/fields.h"
#include "server/api/streams.h"
#include "server/store/store_snapshot.h"

static enum err begin(struct store *s, struct span request not_used, void **out, struct note *why not_used)
{
	*out = s;
	return OK;
}

static enum err produce_snapshot(void *arg, struct buf *out, bool *out_end)
{
	char name[STORE_SNAPSHOT_SIZE];
	enum err e;

	*out_end = true;
	if ((e = store_snapshot(arg, name)) != OK || (e = fields_add(out, "name", name)) != OK ||
	    (e = fields_add(out, "end", "ok")) != OK)
		return e;
	return fields_end(out);
}

static enum err produce_hold(void *arg, struct buf *out, bool *out_end)
{
	enum err e;

	*out_end = true;
	store_hold(arg);
	return (e = fields_add(out, "end", "ok")) == OK ? fields_end(out) : e;
}

static void release(void *arg not_used)
{
}

const struct stream_kind stream_snapshot = { "/.sync/admin/stream/snapshot", begin, produce_snapshot, release, 0 };
const struct stream_kind stream_hold = { "/.sync/admin/stream/hold", begin, produce_hold, release, 0 };
