#include "server/api/locks.h"

#include <string.h>

#include "common/uuid.h"
#include "server/api/fields.h"

enum { OWNER_SHOWN = 200 };

/* The words of the owner's XML: no tags, and nothing that ends a field. */
static void write_owner(struct span xml, char out[OWNER_SHOWN + 1])
{
	bool in_tag = false;
	size_t n = 0;

	for (size_t i = 0; i < xml.len && n < OWNER_SHOWN; i++) {
		char c = xml.ptr[i];
		bool is_blank = (c >= 0 && c <= ' ') || c == 0x7f;

		if (c == '<' || c == '>')
			in_tag = c == '<';
		else if (!in_tag && !is_blank)
			out[n++] = c;
		else if (!in_tag && n && out[n - 1] != ' ')
			out[n++] = ' ';
	}
	if (n == OWNER_SHOWN) /* not in the middle of a character */
		while (n && ((unsigned char)out[n - 1] & 0xc0) == 0x80)
			n--;
	if (n && (unsigned char)out[n - 1] >= 0xc0)
		n--;
	while (n && out[n - 1] == ' ')
		n--;
	out[n] = '\0';
}

struct listing {
	struct buf *out;
	enum err error;
};

static enum err write_lock(const struct store_lock *lock, struct buf *out)
{
	char token[UUID_URI_SIZE], owner[OWNER_SHOWN + 1];
	autofree char *path = span_dup(lock->root);
	enum err e;

	write_owner(lock->owner, owner);
	if ((e = fields_add(out, "token", uuid_write(lock->token, token))) != OK ||
	    (e = fields_add(out, "path", path)) != OK || (e = fields_add(out, "user", lock->principal)) != OK)
		return e;
	if ((e = fields_add(out, "owner", owner)) == E_BAD_REQUEST)
		e = fields_add(out, "owner", "?");
	if (e != OK || (e = fields_add(out, "scope", lock->is_shared ? "shared" : "exclusive")) != OK ||
	    (e = fields_add(out, "depth", lock->is_infinite ? "infinity" : "0")) != OK ||
	    (e = fields_add_number(out, "expires", lock->expires_s)) != OK)
		return e;
	return fields_end(out);
}

static bool list_lock(void *arg, const struct store_lock *lock)
{
	struct listing *l = arg;

	l->error = write_lock(lock, l->out);
	return l->error == OK;
}

enum err locks_list(struct store *s, struct buf *out, struct note *why)
{
	struct listing l = { .out = out };
	enum err e = store_locks_list(s, list_lock, &l);

	if (e == OK && l.error == E_TOO_LARGE)
		return note_set(why, l.error, "more locks than one answer holds");
	return e == OK ? l.error : e;
}

enum err locks_remove(struct store *s, struct span text, struct note *why)
{
	unsigned char token[STORE_LOCK_TOKEN_SIZE];
	enum err e;

	if (!uuid_read(text, token))
		return note_set(why, E_BAD_REQUEST, "a token is the urn:uuid:... that `syncd locks` shows");
	e = store_lock_remove(s, token);
	return e == E_NOT_FOUND ? note_set(why, e, "no such lock; `syncd locks` shows those there are") : e;
}
