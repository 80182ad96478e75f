/*
 * gc: the totals so far as records, now and then, and at the end (store_gc.h).
 */
#include "server/api/fields.h"
#include "server/api/streams.h"
#include "server/store/store_gc.h"

static enum err begin(struct store *s, struct span request, void **out, struct note *why)
{
	struct span key, value;
	unsigned flags = 0;

	while (fields_next(&request, &key, &value)) {
		if (!span_is(value, "yes") || (!span_is(key, "rehearse") && !span_is(key, "history")))
			return note_set(why, E_BAD_REQUEST, "the fields are rehearse=yes and history=yes, or none");
		flags |= span_is(key, "rehearse") ? STORE_GC_REHEARSE : STORE_GC_HISTORY;
	}
	*out = store_gc_new(s, flags);
	return OK;
}

static enum err write_totals(const struct store_gc_totals *t, bool is_end, struct buf *out)
{
	const struct {
		const char *key;
		int64_t value;
	} numbers[] = {
		{ "versions", t->versions },
		{ "trashed", t->trashed },
		{ "changes", t->changes },
		{ "contents", t->contents },
		{ "content_bytes", t->content_bytes },
		{ "segments", t->segments },
		{ "moved_bytes", t->moved_bytes },
		{ "strays", t->strays },
		{ "stray_bytes", t->stray_bytes },
		{ "freed_bytes", t->freed_bytes },
		{ "expired", t->expired },
	};
	enum err e = is_end ? fields_add(out, "end", "ok") : fields_add(out, "at", t->at);

	for (size_t i = 0; i < ARRAY_LEN(numbers) && e == OK; i++)
		e = fields_add_number(out, numbers[i].key, numbers[i].value);
	return e == OK ? fields_end(out) : e;
}

static enum err produce(void *arg, struct buf *out, bool *out_end)
{
	struct store_gc_totals totals;
	enum err e = store_gc_next(arg, &totals, out_end);

	if (e == E_BUSY) {
		*out_end = true;
		e = fields_add(out, "failed", "a backup or an export copies from the store: try again when it is done");
		return e == OK ? fields_end(out) : e;
	}
	return e == OK ? write_totals(&totals, *out_end, out) : e;
}

static void release(void *arg)
{
	store_gc_free(arg);
}

const struct stream_kind stream_gc = { "/.sync/admin/stream/gc", begin, produce, release, 0 };
