/*
 * aside: damaged bytes, out of the way and not lost: DATA/bad/<64 hex>.<segment>.<number>, what was found at the place of a content in
 * place of it.  Its row then names no place (segment 0, number 0), is marked bad, and healed as ever by the next upload of the same
 * bytes; a segment with nothing but such in it can be compacted.  What turns out to be good after all is brought back.  Once a good copy
 * is there, or nothing refers to the content any more, the bad one goes (aside_sweep()).
 */
#ifndef SERVER_STORE_ASIDE_H
#define SERVER_STORE_ASIDE_H

#include "server/store/object.h"
#include "server/store/state.h"

/* Does the row name no place any more? */
bool aside_is_put(const struct place *place);

/*
 * Puts what is at `place` aside and has the row of the content `id` say so, in this order: a copy, synced; the row, COMMIT; the old
 * name.  Blocks.  `out_done` false: somebody copies from the store (store_hold()), or the content is not there any more.  E_NO_SPACE,
 * E_IO, and errors of the database.
 */
enum err aside_put(struct store *s, int64_t id, const struct digest *hash, const struct place *place,
		   bool *out_done) must_check;

/* Is there anything of it?  And if so, is it good: then it gets a place anew, and the row names that.  Blocks. */
enum err aside_look(struct store *s, const struct digest *hash, bool *out_found) must_check;
enum err aside_bring_back(struct store *s, int64_t id, const struct digest *hash, int64_t size_bytes,
			  bool *out_done) must_check;

/* Removes what is of no use any more.  `rehearses`: only counts it. */
enum err aside_sweep(struct store *s, struct db *db, bool rehearses, struct object_strays *out) must_check;

#endif
