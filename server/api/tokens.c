#include "server/api/tokens.h"

#include "common/clock.h"
#include "server/api/accounts.h"
#include "server/api/fields.h"
#include "server/auth/rights.h"
#include "server/auth/secret.h"

#include <stdlib.h>
#include <string.h>

enum { DAYS_LIMIT = 36500, DAY_S = 24 * 60 * 60 };

static enum err read_days(struct span value, struct store_token *t, struct note *why)
{
	int64_t days;

	if (!span_to_int64(value, &days) || days < 1 || days > DAYS_LIMIT)
		return note_set(why, E_BAD_REQUEST, "days is a number from 1 to %d", DAYS_LIMIT);
	t->expires_s = t->created_s + days * DAY_S;
	return OK;
}

static enum err read_request(struct span rest, struct store_token *t, struct note *why)
{
	struct span key, value;
	enum err e = OK;

	while (e == OK && fields_next(&rest, &key, &value)) {
		if (span_is(key, "user"))
			e = fields_copy(value, t->user, sizeof t->user, "user name", why);
		else if (span_is(key, "label"))
			e = fields_copy(value, t->label, sizeof t->label, "label", why);
		else if (span_is(key, "scope"))
			e = accounts_read_right(value, t->scope, &t->scope_count,
						why); /* store_token_clear() frees it */
		else if (span_is(key, "days"))
			e = read_days(value, t, why);
		else
			e = note_set(why, E_BAD_REQUEST, "unknown field \"%.*s\"", (int)MIN(key.len, 40u), key.ptr);
	}
	if (e == OK && !t->user[0])
		e = note_set(why, E_BAD_REQUEST, "no user named");
	return e;
}

static enum err write_token(const struct store_token *t, struct buf *out)
{
	char id[SECRET_ID_SIZE];
	enum err e;

	if ((e = fields_add(out, "id", secret_id(&t->secret, id))) != OK ||
	    (e = fields_add(out, "user", t->user)) != OK || (e = fields_add(out, "label", t->label)) != OK)
		return e;
	if ((e = accounts_write_rights(out, "scope", t->scope, t->scope_count)) != OK ||
	    (e = fields_add_number(out, "created", t->created_s)) != OK ||
	    (e = fields_add_number(out, "expires", t->expires_s)) != OK ||
	    (e = fields_add_number(out, "used", t->used_s)) != OK)
		return e;
	return fields_end(out);
}

enum err tokens_add(struct store *s, struct span request, struct buf *out, struct note *why)
{
	struct store_token t = { .created_s = clock_now_s() };
	char secret[SECRET_TOKEN_SIZE];
	enum err e;

	if ((e = read_request(request, &t, why)) == OK && (e = accounts_make_first(s, t.user, why)) == OK) {
		secret_new_token(secret, &t.secret);
		e = store_token_add(s, &t);
		if (e == E_NOT_FOUND)
			note_set(why, e, "no user %s; `syncd user ls` shows who is there", t.user);
	}
	if (e == OK && (e = fields_add(out, "token", secret)) == OK)
		e = write_token(&t, out);
	explicit_bzero(secret, sizeof secret);
	store_token_clear(&t);
	return e;
}

struct listing {
	struct buf *out;
	enum err error;
};

static bool list_token(void *arg, const struct store_token *t)
{
	struct listing *l = arg;

	l->error = write_token(t, l->out);
	return l->error == OK;
}

enum err tokens_list(struct store *s, struct buf *out, struct note *why)
{
	struct listing l = { .out = out };
	enum err e = store_token_list(s, list_token, &l);

	if (e == OK && l.error == E_TOO_LARGE)
		return note_set(why, l.error, "more tokens than one answer holds");
	return e == OK ? l.error : e;
}

enum err tokens_remove(struct store *s, struct span id, struct note *why)
{
	unsigned char bytes[DIGEST_SIZE];
	char text[DIGEST_HEX_SIZE];
	enum err e;

	if (id.len < SECRET_ID_SIZE - 1 || id.len >= sizeof text ||
	    !hex_decode((struct span){ id.ptr, id.len & ~1u }, bytes, id.len / 2))
		return note_set(why, E_BAD_REQUEST, "an id is the 8 hex digits that `syncd token ls` shows");
	memcpy(text, id.ptr, id.len);
	text[id.len] = '\0';
	for (char *p = text; *p; p++)
		if (*p >= 'A' && *p <= 'F')
			*p |= 32;
	e = store_token_remove(s, text);
	if (e == E_NOT_FOUND)
		return note_set(why, e, "no token %s", text);
	if (e == E_CONFLICT)
		return note_set(why, e, "several tokens begin with %s: give more digits", text);
	return e;
}

enum err tokens_add_code(struct store *s, struct span request, struct buf *out, struct note *why)
{
	struct store_token t = { .created_s = clock_now_s() };
	char code[SECRET_CODE_SIZE];
	struct digest digest;
	enum err e = read_request(request, &t, why);

	secret_new_code(code, &digest);
	if (e == OK && (t.scope_count || t.expires_s))
		e = note_set(why, E_BAD_REQUEST, "a code has no scope and no days");
	if (e == OK && (e = store_code_add(s, t.user, &digest, t.created_s + SECRET_CODE_LIFE_S)) == E_NOT_FOUND)
		note_set(why, e, "no user %s", t.user);
	if (e == OK && (e = fields_add(out, "code", code)) == OK && (e = fields_add(out, "user", t.user)) == OK)
		e = fields_add_number(out, "expires", t.created_s + SECRET_CODE_LIFE_S);
	explicit_bzero(code, sizeof code);
	store_token_clear(&t);
	return e;
}

enum err tokens_redeem(struct store *s, const char *user, const char *code, struct span label, struct buf *out,
		       struct note *why)
{
	struct store_token t = { .created_s = clock_now_s() };
	struct digest digest = digest_of(code, strlen(code));
	char secret[SECRET_TOKEN_SIZE];
	enum err e;

	if ((e = fields_copy(label, t.label, sizeof t.label, "label", why)) != OK)
		return e;
	if (fields_copy(span_of(user), t.user, sizeof t.user, "user name", NULL) != OK)
		return E_UNAUTHENTICATED;
	secret_new_token(secret, &t.secret);
	if ((e = store_code_redeem(s, t.user, &digest, &t)) == OK && (e = buf_add_text(out, secret)) == OK)
		e = buf_add_text(out, "\n");
	explicit_bzero(secret, sizeof secret);
	store_token_clear(&t);
	return e;
}
