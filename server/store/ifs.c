#include "server/store/ifs.h"

#include "common/etag.h"
#include "common/uuid.h"
#include "server/store/changes.h"
#include "server/store/readers.h"
#include "server/store/state.h"
#include "server/store/tree.h"

/* What one list is about. */
struct subject {
	struct store *store;
	struct db *db;
	struct lock_chain chain;
	struct tree_row row; /* if it exists */
	bool is_nowhere;
};

/*
 * A state token is a lock's that covers the resource, names the resource itself (RFC 5842 §3.1), or what is below it (RFC 6578
 * §5).  Others are unknown: false.
 */
static enum err token_holds(const struct subject *s, struct span text, bool *out)
{
	unsigned char token[STORE_LOCK_TOKEN_SIZE];

	*out = false;
	if (s->is_nowhere)
		return OK;
	if (s->chain.exists && store_resource_node(s->store, text) == s->row.node.id) {
		*out = true;
		return OK;
	}
	if (span_starts(text, "data:"))
		return s->chain.exists && s->row.node.kind == STORE_COLLECTION
			   ? changes_token_holds(s->db, text, s->row.node.id, out)
			   : OK;
	return uuid_read(text, token) ? lock_covers(s->db, &s->chain, token, out) : OK;
}

static bool tag_holds(const struct subject *s, struct span text)
{
	char current_text[DIGEST_ETAG_SIZE];
	struct etag wanted, current;

	if (s->is_nowhere || !s->chain.exists || !etag_parse(text, &wanted))
		return false;
	return etag_parse(span_of(digest_etag(&s->row.node.digest, current_text)), &current) &&
	       etag_equal_strong(wanted, current);
}

static enum err term_holds(const struct subject *s, const struct store_if_term *term, bool *out)
{
	enum err e = OK;

	if (term->kind == STORE_IF_TAG)
		*out = tag_holds(s, term->text);
	else
		e = token_holds(s, term->text, out);
	*out ^= term->is_not;
	return e;
}

static enum err list_holds(struct store *store, struct db *db, const struct store_if_list *list,
			   const struct txn_path *path, bool *out)
{
	struct subject s = { .store = store, .db = db, .is_nowhere = list->is_nowhere };
	enum err e = lock_chain(db, path, &s.chain);

	if (e == OK && s.chain.exists)
		e = tree_node(db, s.chain.ids[s.chain.count - 1], &s.row);
	*out = true;
	for (unsigned i = 0; i < list->term_count && e == OK && *out; i++)
		e = term_holds(&s, &list->terms[i], out);
	return e;
}

enum err ifs_evaluate(struct store *s, struct db *db, const struct store_if *ifs, const struct txn_path *paths,
		      bool *out)
{
	*out = false;
	for (unsigned i = 0; i < ifs->list_count && !*out; i++) {
		enum err e = list_holds(s, db, &ifs->lists[i], &paths[i], out);

		if (e != OK)
			return e;
	}
	return OK;
}

enum err store_if_evaluate(struct store *s, const struct store_if *ifs, bool *out)
{
	autoreader struct reader reader = { NULL, NULL };
	autotx struct tx tx = { NULL };
	struct arena *arena = arena_new();
	struct txn_path *paths = arena_zalloc(arena, (ifs->list_count + 1) * sizeof *paths);
	enum err e;

	for (unsigned i = 0; i < ifs->list_count; i++)
		paths[i] = txn_path_split(arena, ifs->lists[i].path);
	e = reader_take(s->readers, &reader);
	if (e == OK)
		e = db_begin_read(reader.db, &tx);
	if (e == OK)
		e = ifs_evaluate(s, reader.db, ifs, paths, out);
	arena_free(arena);
	return e;
}
