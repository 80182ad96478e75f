#include "server/store/synctoken.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "server/store/readers.h"
#include "server/store/schema.h"
#include "server/store/state.h"

static const char scheme[] = "data:,";

/* ---- text ---- */

const char *sync_token_write(const struct sync_token *t, char out[STORE_SYNC_TOKEN_SIZE])
{
	char epoch[2 * SYNC_PART_SIZE + 1], chain[sizeof epoch], view[sizeof epoch];
	const struct sync_cursor *c = &t->cursor;
	int len;

	hex_encode(t->epoch, sizeof t->epoch, epoch);
	hex_encode(t->chain, sizeof t->chain, chain);
	hex_encode(t->view, sizeof t->view, view);
	len = snprintf(out, STORE_SYNC_TOKEN_SIZE, "%s%s.%" PRId64 ".%s.%s", scheme, epoch, t->number, chain, view);
	if (c->phase != SYNC_NONE)
		snprintf(out + len, STORE_SYNC_TOKEN_SIZE - (size_t)len,
			 ".%c-%" PRId64 "-%" PRId64 "-%" PRId64 "-%" PRId64, (char)c->phase, c->from, c->seq, c->node,
			 c->at);
	return out;
}

static bool read_part(struct span *rest, unsigned char out[SYNC_PART_SIZE])
{
	struct span part;

	return span_cut(rest, '.', &part) && hex_decode(part, out, SYNC_PART_SIZE);
}

static bool read_number(struct span *rest, char sep, int64_t *out)
{
	struct span part;

	return span_cut(rest, sep, &part) && span_to_int64(part, out);
}

static bool read_cursor(struct span text, struct sync_cursor *out)
{
	struct span phase;

	if (!span_cut(&text, '-', &phase) || phase.len != 1 || !strchr("gnwl", phase.ptr[0]))
		return false;
	out->phase = (enum sync_phase)phase.ptr[0];
	return read_number(&text, '-', &out->from) && read_number(&text, '-', &out->seq) &&
	       read_number(&text, '-', &out->node) && read_number(&text, '-', &out->at) && !text.len;
}

bool sync_token_read(struct span text, struct sync_token *out)
{
	struct span rest = text;
	char same[STORE_SYNC_TOKEN_SIZE];

	*out = (struct sync_token){ .number = 0 };
	if (text.len >= STORE_SYNC_TOKEN_SIZE || !span_starts(text, scheme) || memchr(text.ptr, '\0', text.len))
		return false;
	rest.ptr += sizeof scheme - 1;
	rest.len -= sizeof scheme - 1;
	if (!read_part(&rest, out->epoch) || !read_number(&rest, '.', &out->number) || !read_part(&rest, out->chain) ||
	    !read_part(&rest, out->view) || (rest.len && !read_cursor(rest, &out->cursor)))
		return false;
	/* One way to write each: no capitals, no leading zeros, nothing after it. */
	return span_is(text, sync_token_write(out, same));
}

/* ---- history ---- */

enum err sync_state_read(struct db *db, struct sync_state *out)
{
	autorows struct db_rows rows = { NULL, NULL };
	struct span epoch;
	enum err e =
	    db_select(db, "SELECT epoch, head, kept, kept_chain FROM ns WHERE id = ?1", &rows, DB_INT(SCHEMA_NS));

	if (e != OK || (e = db_next(&rows)) != OK)
		return e == E_NOT_FOUND ? E_CORRUPT : e;
	epoch = db_col_blob(&rows, 0);
	if (epoch.len != SYNC_PART_SIZE || !db_col_digest(&rows, 3, &out->kept_chain))
		return E_CORRUPT;
	memcpy(out->epoch, epoch.ptr, SYNC_PART_SIZE);
	out->head = db_col_int(&rows, 1);
	out->kept = db_col_int(&rows, 2);
	return OK;
}

/* The journal's chain at a number.  E_NOT_FOUND: purged, or not given yet. */
static enum err chain_at(struct db *db, const struct sync_state *state, int64_t number, struct digest *out)
{
	autorows struct db_rows rows = { NULL, NULL };
	enum err e;

	*out = state->kept_chain;
	if (number == state->kept)
		return OK;
	e = db_select(db, "SELECT chain FROM journal WHERE ns = ?1 AND seq = ?2", &rows, DB_INT(SCHEMA_NS),
		      DB_INT(number));
	if (e != OK || (e = db_next(&rows)) != OK)
		return e;
	return db_col_digest(&rows, 0, out) ? OK : E_CORRUPT;
}

enum err sync_token_at(struct db *db, const struct sync_state *state, int64_t number,
		       const unsigned char view[SYNC_PART_SIZE], struct sync_token *out)
{
	struct digest chain;
	enum err e = chain_at(db, state, number, &chain);

	if (e != OK)
		return e == E_NOT_FOUND ? E_CORRUPT : e;
	*out = (struct sync_token){ .number = number };
	memcpy(out->epoch, state->epoch, SYNC_PART_SIZE);
	memcpy(out->chain, chain.bytes, SYNC_PART_SIZE);
	memcpy(out->view, view, SYNC_PART_SIZE);
	return OK;
}

enum err sync_token_check(struct db *db, const struct sync_state *state, const struct sync_token *t)
{
	struct digest chain;
	enum err e;

	if (memcmp(t->epoch, state->epoch, SYNC_PART_SIZE) != 0)
		return E_PRECONDITION;
	e = chain_at(db, state, t->number, &chain);
	if (e != OK)
		return e == E_NOT_FOUND ? E_PRECONDITION : e;
	if (memcmp(t->chain, chain.bytes, SYNC_PART_SIZE) != 0)
		return E_PRECONDITION;
	/* A page in the middle of a report stands on the number at which that began as well. */
	if (t->cursor.phase != SYNC_NONE && t->cursor.phase != SYNC_LIST &&
	    (t->cursor.from < state->kept || t->cursor.from > t->number))
		return E_PRECONDITION;
	return OK;
}

enum err store_sync_token(struct store *s, const unsigned char view[STORE_SYNC_VIEW_SIZE],
			  char out[STORE_SYNC_TOKEN_SIZE])
{
	autoreader struct reader reader = { NULL, NULL };
	autotx struct tx tx = { NULL };
	struct sync_state state;
	struct sync_token token;
	enum err e;

	if ((e = reader_take(s->readers, &reader)) != OK || (e = db_begin_read(reader.db, &tx)) != OK ||
	    (e = sync_state_read(reader.db, &state)) != OK ||
	    (e = sync_token_at(reader.db, &state, state.head, view, &token)) != OK)
		return e;
	sync_token_write(&token, out);
	return tx_commit(&tx);
}
