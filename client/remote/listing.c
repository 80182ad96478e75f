#include "client/remote/listing.h"

#include <stdlib.h>
#include <string.h>

#include "common/path.h"

enum { LINE_LIMIT = 2 + 65 + 20 + PATH_NAME_LIMIT + 2 };

bool listing_is_bare(const struct listing_entry *e)
{
	return !e->is_folder && e->size_bytes < 0 && !e->mtime_s && !e->etag;
}

void listing_init(struct listing *l)
{
	memset(l, 0, sizeof *l);
	l->partial = buf_new(LINE_LIMIT);
}

void listing_clear(struct listing *l)
{
	for (size_t i = 0; i < l->count; i++) {
		free(l->entries[i].name);
		free(l->entries[i].etag);
	}
	free(l->entries);
	buf_clear(&l->partial);
	listing_init(l);
}

/* Names come sorted and once each: an order that does not rise is a broken (or lying) server. */
static bool rises(const struct listing *l, struct span name)
{
	const char *last;
	int order;

	if (l->count == 0)
		return true;
	last = l->entries[l->count - 1].name;
	order = memcmp(last, name.ptr, MIN(strlen(last), name.len));
	return order < 0 || (order == 0 && strlen(last) < name.len);
}

static bool read_entry(struct span line, struct listing_entry *out, struct span *name)
{
	struct span kind, hash, size;

	if (!span_cut(&line, ' ', &kind) || !span_cut(&line, ' ', &hash) || !span_cut(&line, ' ', &size))
		return false;
	if (!span_is(kind, "f") && !span_is(kind, "d"))
		return false;
	out->is_folder = span_is(kind, "d");
	if (!digest_from_hex(hash, &out->digest) || !span_to_int64(size, &out->size_bytes))
		return false;
	if (out->is_folder && (line.len == 0 || line.ptr[--line.len] != '/'))
		return false;
	*name = line;
	return path_check_name(line) == OK;
}

void listing_add_entry(struct listing *l, const struct listing_entry *entry)
{
	if (l->count == l->room) {
		l->room = MAX(2 * l->room, (size_t)16);
		l->entries = xrealloc(l->entries, l->room * sizeof *l->entries);
	}
	l->entries[l->count++] = *entry;
}

static enum err take_line(struct listing *l, struct span line, struct note *why)
{
	struct listing_entry entry = { .has_digest = true };
	struct span name;

	if (!read_entry(line, &entry, &name) || !rises(l, name))
		return note_set(why, E_BAD_REQUEST, "not a folder listing: \"%.*s\"", (int)MIN(line.len, (size_t)80),
				line.ptr);
	entry.name = span_dup(name);
	listing_add_entry(l, &entry);
	return OK;
}

enum err listing_add(struct listing *l, const void *bytes, size_t len, struct note *why)
{
	struct span rest = { bytes, len };
	enum err e = OK;

	l->taken_bytes += len;
	if (l->taken_bytes > LISTING_LIMIT)
		return note_set(why, E_BAD_REQUEST, "the listing is longer than %d MiB", LISTING_LIMIT >> 20);
	while (rest.len && e == OK) {
		const char *end = memchr(rest.ptr, '\n', rest.len);
		size_t part = end ? (size_t)(end - rest.ptr) : rest.len;

		if (buf_add(&l->partial, rest.ptr, part) != OK)
			return note_set(why, E_BAD_REQUEST, "not a folder listing: a line without end");
		if (end) {
			e = take_line(l, buf_span(&l->partial), why);
			buf_reset(&l->partial);
			part++;
		}
		rest.ptr += part;
		rest.len -= part;
	}
	return e;
}

enum err listing_end(struct listing *l, struct note *why)
{
	if (l->partial.len)
		return note_set(why, E_BAD_REQUEST, "the listing ends in the middle of a line");
	return OK;
}
