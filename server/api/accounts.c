#include "server/api/accounts.h"

#include "common/clock.h"
#include "server/api/fields.h"
#include "server/auth/password.h"
#include "server/auth/rights.h"
#include "server/auth/secret.h"

#include <stdlib.h>
#include <string.h>

static const struct store_right all_rights = { .write = true, .prefix = "/" };

/* What a request says. */
struct wish {
	char user[STORE_USER_SIZE], password[PASSWORD_MOST + 1];
	bool has_password;
	struct store_right rights[STORE_RIGHTS_LIMIT];
	unsigned rights_count;
};

static void wish_clear(struct wish *w)
{
	explicit_bzero(w->password, sizeof w->password);
	while (w->rights_count)
		free((char *)(uintptr_t)w->rights[--w->rights_count].prefix);
}

enum err accounts_read_right(struct span value, struct store_right *rights, unsigned *count, struct note *why)
{
	char *prefix;
	enum err e;

	if (*count == STORE_RIGHTS_LIMIT)
		return note_set(why, E_BAD_REQUEST, "more than %d rights", STORE_RIGHTS_LIMIT);
	if ((e = rights_parse(value, &rights[*count], &prefix, why)) == OK)
		++*count;
	return e;
}

enum err accounts_write_rights(struct buf *out, const char *key, const struct store_right *rights, unsigned count)
{
	enum err e = OK;

	for (unsigned i = 0; i < count && e == OK; i++)
		e = buf_addf(out, "%s=%s:%s\n", key, rights[i].write ? "write" : "read", rights[i].prefix);
	return e;
}

static enum err read_field(struct wish *w, struct span key, struct span value, struct note *why)
{
	enum err e;

	if (span_is(key, "user"))
		return fields_copy(value, w->user, sizeof w->user, "user name", why);
	if (span_is(key, "right"))
		return accounts_read_right(value, w->rights, &w->rights_count, why);
	if (!span_is(key, "password"))
		return note_set(why, E_BAD_REQUEST, "unknown field \"%.*s\"", (int)MIN(key.len, 40u), key.ptr);
	if ((e = password_check(value, why)) != OK)
		return e;
	w->has_password = true;
	return fields_copy(value, w->password, sizeof w->password, "password", why);
}

static enum err read_wish(struct span rest, struct wish *w, struct note *why)
{
	struct span key, value;
	enum err e = OK;

	while (e == OK && fields_next(&rest, &key, &value))
		e = read_field(w, key, value, why);
	if (e == OK && !w->user[0])
		e = note_set(why, E_BAD_REQUEST, "no user named");
	return e;
}

/* ---- making ---- */

static enum err no_user(const char *name, struct note *why)
{
	return note_set(why, E_NOT_FOUND, "no user %s; `syncd user ls` shows who is there", name);
}

static enum err add(struct store *s, const struct wish *w, struct note *why)
{
	enum err e = store_user_add(s, w->user, w->rights, w->rights_count);

	if (e == E_BAD_REQUEST)
		return note_set(why, e, "a user's name is 1 to 64 of A-Z a-z 0-9 . _ @ -: \"%s\"", w->user);
	return e;
}

/* Whoever sets a server up is its first user: all of it is his, unless somebody says otherwise. */
static enum err add_with_default(struct store *s, struct wish *w, struct note *why)
{
	int64_t count;
	enum err e = store_user_count(s, &count);

	if (e != OK)
		return e;
	if (!count && !w->rights_count) {
		w->rights[0] = (struct store_right){ all_rights.write, xstrdup(all_rights.prefix) };
		w->rights_count = 1;
	}
	return add(s, w, why);
}

enum err accounts_make_first(struct store *s, const char *user, struct note *why)
{
	struct wish w = { .rights_count = 1, .rights = { all_rights } };
	int64_t count;
	enum err e = store_user_count(s, &count);

	if (e != OK || count)
		return e;
	memcpy(w.user, user, strlen(user) + 1);
	e = add(s, &w, why);
	return e == E_CONFLICT ? OK : e; /* another command was as quick */
}

/* A user's record, as it is in the store now. */
static enum err write_user(struct buf *out, const struct store_user *u, bool is_full)
{
	enum err e;

	if ((e = fields_add(out, "user", u->name)) != OK ||
	    (e = accounts_write_rights(out, "right", u->rights, u->rights_count)) != OK ||
	    (is_full && ((e = fields_add(out, "password", u->password[0] ? "yes" : "no")) != OK ||
			 (e = fields_add_number(out, "tokens", u->tokens)) != OK)) ||
	    (e = fields_add_number(out, "created", u->created_s)) != OK)
		return e;
	return fields_end(out);
}

static enum err answer_user(struct store *s, const char *name, struct buf *out)
{
	struct store_user u;
	enum err e = store_user_find(s, name, &u);

	if (e != OK)
		return e;
	e = write_user(out, &u, false);
	store_user_clear(&u);
	return e;
}

enum err accounts_add(struct store *s, struct span request, struct buf *out, struct note *why)
{
	struct wish w = { .user = "" };
	enum err e = read_wish(request, &w, why);

	if (e == OK && w.has_password)
		e = note_set(why, E_BAD_REQUEST, "a password is set by itself");
	if (e == OK && (e = add_with_default(s, &w, why)) == E_CONFLICT)
		note_set(why, e, "there is a user %s already", w.user);
	if (e == OK)
		e = answer_user(s, w.user, out);
	wish_clear(&w);
	return e;
}

/* ---- listing, removing, changing ---- */

struct listing {
	struct buf *out;
	enum err error;
};

static bool list_user(void *arg, const struct store_user *u)
{
	struct listing *l = arg;

	l->error = write_user(l->out, u, true);
	return l->error == OK;
}

enum err accounts_list(struct store *s, struct buf *out, struct note *why)
{
	struct listing l = { .out = out };
	enum err e = store_user_list(s, list_user, &l);

	if (e == OK && l.error == E_TOO_LARGE)
		return note_set(why, l.error, "more users than one answer holds");
	return e == OK ? l.error : e;
}

enum err accounts_remove(struct store *s, struct span name, struct note *why)
{
	char text[STORE_USER_SIZE];
	enum err e;

	if ((e = fields_copy(name, text, sizeof text, "user name", why)) != OK)
		return e;
	e = store_user_remove(s, text);
	return e == E_NOT_FOUND ? no_user(text, why) : e;
}

enum err accounts_set_rights(struct store *s, struct span request, struct buf *out, struct note *why)
{
	struct wish w = { .user = "" };
	enum err e = read_wish(request, &w, why);

	if (e == OK && (e = store_user_set_rights(s, w.user, w.rights, w.rights_count)) == E_NOT_FOUND)
		e = no_user(w.user, why);
	if (e == OK)
		e = answer_user(s, w.user, out);
	wish_clear(&w);
	return e;
}

enum err accounts_set_password(struct store *s, struct span request, struct note *why)
{
	struct wish w = { .user = "" };
	char hash[PASSWORD_HASH_SIZE] = "";
	enum err e = read_wish(request, &w, why);

	if (e == OK && w.rights_count)
		e = note_set(why, E_BAD_REQUEST, "a password comes without rights");
	if (e == OK && w.has_password && (e = password_hash(w.password, hash)) != OK)
		note_set(why, e, "libcrypt makes no yescrypt hash here");
	if (e == OK && (e = store_user_set_password(s, w.user, w.has_password ? hash : NULL)) == E_NOT_FOUND)
		e = no_user(w.user, why);
	explicit_bzero(hash, sizeof hash);
	wish_clear(&w);
	return e;
}

/* ---- inviting ---- */

char *accounts_link(const struct accounts_address *at, const char *user, const char *code)
{
	bool has_slash = at->url[0] && at->url[strlen(at->url) - 1] == '/';

	const char *parts[] = {
		at->url, has_slash ? "" : "/", "#", user, ":", code, at->pin ? "~" : "", at->pin ? at->pin : ""
	};
	struct buf link = buf_new_secret(SIZE_MAX / 4);

	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		if (buf_add_text(&link, parts[i]) != OK)
			abort(); /* longer than memory */
	return buf_take(&link);
}

/* Does he have exactly these already?  Then naming them again is no request to change anything. */
static bool has_rights(const struct store_user *u, const struct wish *w)
{
	for (unsigned i = 0; i < w->rights_count; i++) {
		bool has = false;

		for (unsigned k = 0; k < u->rights_count; k++)
			has |= u->rights[k].write == w->rights[i].write &&
			       strcmp(u->rights[k].prefix, w->rights[i].prefix) == 0;
		if (!has)
			return false;
	}
	return true;
}

static enum err find_or_add(struct store *s, struct wish *w, struct note *why)
{
	struct store_user u;
	enum err e = add_with_default(s, w, why);

	if (e != E_CONFLICT || (e = store_user_find(s, w->user, &u)) != OK)
		return e;
	if (!has_rights(&u, w))
		e = note_set(why, E_CONFLICT, "%s is there with other rights; `syncd user rights` changes them",
			     u.name);
	memcpy(w->user, u.name, sizeof w->user); /* as it is written there */
	store_user_clear(&u);
	return e;
}

static enum err write_link(struct store *s, const struct accounts_address *at, const char *name, const char *code,
			   int64_t expires_s, struct buf *out)
{
	autofree char *link = accounts_link(at, name, code);
	struct store_user u;
	enum err e = store_user_find(s, name, &u);

	if (e == OK && (e = fields_add(out, "user", name)) == OK &&
	    (e = accounts_write_rights(out, "right", u.rights, u.rights_count)) == OK &&
	    (e = fields_add(out, "link", link)) == OK)
		e = fields_add_number(out, "expires", expires_s);
	explicit_bzero(link, strlen(link));
	store_user_clear(&u);
	return e;
}

enum err accounts_invite(struct store *s, const struct accounts_address *at, struct span request, struct buf *out,
			 struct note *why)
{
	struct wish w = { .user = "" };
	char code[SECRET_CODE_SIZE];
	int64_t expires_s = clock_now_s() + SECRET_CODE_LIFE_S;
	struct digest digest;
	enum err e = read_wish(request, &w, why);

	if (e == OK && !at->url)
		e = note_set(why, E_BAD_REQUEST, "no address for a link is known: set public-url in the config");
	if (e == OK && w.has_password)
		e = note_set(why, E_BAD_REQUEST, "a password is set by itself");
	if (e == OK)
		e = find_or_add(s, &w, why);
	secret_new_code(code, &digest);
	if (e == OK && (e = store_code_add(s, w.user, &digest, expires_s)) == OK)
		e = write_link(s, at, w.user, code, expires_s, out);
	explicit_bzero(code, sizeof code);
	wish_clear(&w);
	return e;
}
