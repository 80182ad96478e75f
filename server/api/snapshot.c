/*
 * snapshot: a snapshot's name as a record, and the hold prolonged (store_snapshot.h).
 */
#include "server/api/fields.h"
#include "server/api/streams.h"
#include "server/store/store_snapshot.h"

#include <stdlib.h>

struct held {
	struct store *store;
	int64_t let_go; /* of this hold; 0: hold */
};

static enum err begin(struct store *s, struct span request, void **out, struct note *why)
{
	struct held *h = xcalloc(1, sizeof *h);
	struct span key, value;

	h->store = s;
	*out = h;
	while (fields_next(&request, &key, &value))
		if (!span_is(key, "let_go") || !span_to_int64(value, &h->let_go)) {
			free(h);
			return note_set(why, E_BAD_REQUEST, "the field is let_go, with what the last hold was");
		}
	return OK;
}

static enum err end(struct buf *out, int64_t hold)
{
	enum err e;

	if ((e = fields_add_number(out, "hold", hold)) != OK || (e = fields_add(out, "end", "ok")) != OK)
		return e;
	return fields_end(out);
}

static enum err produce_snapshot(void *arg, struct buf *out, bool *out_end)
{
	struct held *h = arg;
	char name[STORE_SNAPSHOT_SIZE];
	int64_t hold;
	enum err e;

	*out_end = true;
	if ((e = store_snapshot(h->store, name, &hold)) != OK || (e = fields_add(out, "name", name)) != OK)
		return e;
	return end(out, hold);
}

static enum err produce_hold(void *arg, struct buf *out, bool *out_end)
{
	struct held *h = arg;

	*out_end = true;
	if (!h->let_go)
		return end(out, store_hold(h->store));
	store_let_go(h->store, h->let_go);
	return end(out, 0);
}

const struct stream_kind stream_snapshot = { "/.sync/admin/stream/snapshot", begin, produce_snapshot, free, 0 };
const struct stream_kind stream_hold = { "/.sync/admin/stream/hold", begin, produce_hold, free, 0 };
