/*
 * who: step 4 of a request's way.  Nothing here waits: an unseen token or user costs one bounded query, a known one a hash; a
 * password that was not lately seen to fit goes to the verifier and comes back.
 *
 * Comparing is safe in time: a token is looked up by its SHA-256, of which a stranger can choose no prefix; a password by a MAC
 * or by its yescrypt hash.
 */
#include "server/auth/who.h"

#include "common/clock.h"
#include "common/network.h"
#include "server/auth/basic.h"
#include "server/auth/password.h"
#include "server/auth/secret.h"
#include "server/auth/throttle.h"
#include "server/auth/verifier.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* Only tokens and users that exist get in, so a stranger cannot push others out. */
enum { TOKEN_SLOTS = 256, USER_SLOTS = 64 };

struct token_slot {
	struct digest secret;
	struct access *access;
	int64_t noted_s; /* when its use was last noted */
};

struct user_slot {
	struct access *access;
	char hash[STORE_PASSWORD_SIZE]; /* of the password; "": none */
};

/* One thread's memory. */
struct cache {
	struct hasher *hasher;
	struct token_slot tokens[TOKEN_SLOTS];
	struct user_slot users[USER_SLOTS];
};

struct auth {
	struct store *store;
	struct verifier *verifier;
	struct throttle *throttle;
	pthread_key_t cache;
};

/* ---- life ---- */

static void cache_free(void *arg)
{
	struct cache *c = arg;

	if (!c)
		return;
	for (size_t i = 0; i < TOKEN_SLOTS; i++)
		free(c->tokens[i].access);
	for (size_t i = 0; i < USER_SLOTS; i++)
		free(c->users[i].access);
	hasher_free(c->hasher);
	explicit_bzero(c, sizeof *c);
	free(c);
}

struct auth *auth_new(struct store *store, struct checker *checker)
{
	struct auth *a = xcalloc(1, sizeof *a);

	a->store = store;
	a->throttle = throttle_new();
	a->verifier = verifier_new(checker);
	if (pthread_key_create(&a->cache, cache_free) != 0)
		abort();
	return a;
}

void auth_free(struct auth *a)
{
	if (!a)
		return;
	verifier_free(a->verifier);
	throttle_free(a->throttle);
	cache_free(pthread_getspecific(a->cache)); /* the caller's own; the loops' went with their threads */
	pthread_key_delete(a->cache);
	free(a);
}

static struct cache *cache_of_thread(struct auth *a)
{
	struct cache *c = pthread_getspecific(a->cache);

	if (c)
		return c;
	c = xcalloc(1, sizeof *c);
	c->hasher = hasher_new();
	if (pthread_setspecific(a->cache, c) != 0)
		abort();
	return c;
}

static bool is_current(struct auth *a, const struct access *access)
{
	return access && access_origin(access)->version == store_access_version(a->store);
}

static bool has_expired(const struct access *access)
{
	int64_t expires_s = access_expires_s(access);

	return expires_s && expires_s <= clock_now_s();
}

/* Takes the place of what the slot held. */
static void keep(struct access **slot, const struct store_token *token, const struct access_origin *origin)
{
	free(*slot);
	*slot = access_new(token);
	access_set_origin(*slot, origin);
}

/* ---- tokens ---- */

static enum err find_token(struct auth *a, const struct digest *secret, struct token_slot *slot)
{
	struct access_origin origin = { .version = store_access_version(a->store), .witness = *secret };
	struct store_token token;
	enum err e = store_token_find(a->store, secret, &token);

	if (e != OK)
		return e == E_NOT_FOUND ? E_UNAUTHENTICATED : e;
	slot->secret = *secret;
	slot->noted_s = token.used_s;
	keep(&slot->access, &token, &origin);
	store_token_clear(&token);
	return OK;
}

static enum err look_up(struct auth *a, const struct digest *secret, const struct access **out)
{
	struct token_slot *slot = &cache_of_thread(a)->tokens[secret->bytes[0] % TOKEN_SLOTS];
	int64_t now_s = clock_now_s();
	enum err e;

	if (!is_current(a, slot->access) || !digest_equal(&slot->secret, secret))
		if ((e = find_token(a, secret, slot)) != OK)
			return e;
	if (has_expired(slot->access))
		return E_UNAUTHENTICATED;
	if (now_s - slot->noted_s >= STORE_USE_PAUSE_S) {
		slot->noted_s = now_s;
		store_token_used(a->store, secret, now_s);
	}
	*out = slot->access;
	return OK;
}

enum err auth_look_up(struct auth *a, struct span secret, const struct access **out)
{
	struct cache *c = cache_of_thread(a);
	struct digest digest;

	if (!secret.len || secret.len > SECRET_LIMIT)
		return E_UNAUTHENTICATED;
	hasher_add(c->hasher, secret.ptr, secret.len);
	digest = hasher_finish(c->hasher);
	return look_up(a, &digest, out);
}

/* ---- users ---- */

/* Windows puts its own domain in front. */
static const char *without_domain(const char *typed)
{
	const char *backslash = strrchr(typed, '\\');

	return backslash ? backslash + 1 : typed;
}

static enum err find_user(struct auth *a, const char *name, struct user_slot *slot)
{
	struct access_origin origin = { .version = store_access_version(a->store), .kind = ACCESS_BY_PASSWORD };
	struct store_token as_token = { .label = "password" };
	struct store_user user;
	enum err e = store_user_find(a->store, name, &user);

	if (e != OK)
		return e == E_NOT_FOUND ? E_UNAUTHENTICATED : e;
	memcpy(as_token.user, user.name, sizeof as_token.user);
	memcpy(as_token.rights, user.rights, sizeof as_token.rights); /* the prefixes stay the user's */
	as_token.rights_count = user.rights_count;
	memcpy(slot->hash, user.password, sizeof slot->hash);
	origin.witness = digest_of(user.password, strlen(user.password));
	keep(&slot->access, &as_token, &origin);
	store_user_clear(&user);
	return OK;
}

/* The user whom somebody typed.  E_UNAUTHENTICATED: there is none. */
static enum err look_up_user(struct auth *a, const char *typed, struct user_slot **out)
{
	const char *name = without_domain(typed);
	unsigned hash = 0;

	if (!name[0] || strlen(name) >= STORE_USER_SIZE)
		return E_UNAUTHENTICATED;
	for (const char *p = name; *p; p++)
		hash = hash * 31 + ((unsigned char)*p | 32u);
	*out = &cache_of_thread(a)->users[hash % USER_SLOTS];
	if (is_current(a, (*out)->access) && basic_is_user(name, access_user((*out)->access)))
		return OK;
	return find_user(a, name, *out);
}

/* ---- a request ---- */

/* RFC 6750 §2.1.  Several Authorization lines were joined by ", ": a comma is in neither scheme's alphabet. */
static bool read_bearer(struct span authorization, struct span *out_secret)
{
	struct span rest = authorization, scheme;

	if (!span_cut(&rest, ' ', &scheme) || !span_eq_nocase(scheme, "bearer"))
		return false;
	*out_secret = span_trim(rest);
	return !out_secret->len || !memchr(out_secret->ptr, ',', out_secret->len);
}

/* One that waits for the verifier; in the request's arena. */
struct identification {
	struct auth *auth;
	struct req *req;
	struct basic basic;
	auth_done_fn *done;
	void *arg;
	bool has_credentials, has_certificate;
	struct verification job;
};

static void refuse_now(void *arg)
{
	struct identification *i = arg;

	i->done(i->arg, E_UNAUTHENTICATED, NULL);
}

/* Wrong ones, not none: the answer waits, longer each time.  Nobody else does, nor who has right ones. */
static bool has_to_wait(const struct identification *i, enum err e)
{
	struct network network;

	return e == E_UNAUTHENTICATED && i->has_credentials && network_of(req_peer(i->req), &network);
}

static void succeed(struct identification *i, const struct access *found)
{
	struct access *copy = arena_alloc(req_arena(i->req), access_size(found));

	memcpy(copy, found, access_size(found));
	if (i->has_certificate)
		access_set_client(copy, "certificate", ACCESS_BY_CERTIFICATE);
	req_set_user(i->req, access_user(copy), access_client(copy));
	i->done(i->arg, OK, copy);
}

static void finish(struct identification *i, enum err e, const struct access *found)
{
	if (i->basic.secret)
		explicit_bzero((char *)(uintptr_t)i->basic.secret, strlen(i->basic.secret));
	if (has_to_wait(i, e)) {
		req_after(i->req, throttle_failed(i->auth->throttle, req_peer(i->req)), refuse_now, i);
		return;
	}
	if (e != OK)
		i->done(i->arg, e, NULL);
	else
		succeed(i, found);
}

static void verified(void *arg)
{
	struct identification *i = arg;
	struct user_slot *slot = NULL;
	enum err e = i->job.answer;

	if (e == OK)
		e = look_up_user(i->auth, i->basic.user, &slot);
	/* It may have been changed while it was checked. */
	if (e == OK && strcmp(slot->hash, i->job.hash) != 0)
		e = E_UNAUTHENTICATED;
	explicit_bzero(i->job.hash, sizeof i->job.hash);
	finish(i, e, e == OK ? slot->access : NULL);
}

/* Who is not there, or has no password, waits as long as who is wrong. */
static void identify_by_password(struct identification *i)
{
	struct auth *a = i->auth;
	struct user_slot *slot;
	size_t len = strlen(i->basic.secret);
	enum err e = look_up_user(a, i->basic.user, &slot);

	if ((e != OK && e != E_UNAUTHENTICATED) || !len || len > PASSWORD_MOST) {
		finish(i, e == OK ? E_UNAUTHENTICATED : e, NULL);
		return;
	}
	i->job.secret = i->basic.secret;
	i->job.user = i->basic.user;
	i->job.address = req_peer(i->req);
	i->job.is_nobody = e != OK;
	if (e == OK) {
		i->job.user = arena_strdup(req_arena(i->req), access_user(slot->access));
		memcpy(i->job.hash, slot->hash, sizeof i->job.hash);
		if (verifier_knows(a->verifier, i->job.user, i->job.secret, i->job.hash)) {
			finish(i, OK, slot->access);
			return;
		}
	}
	if (!verifier_has_room(a->verifier)) {
		finish(i, E_BUSY, NULL);
		return;
	}
	i->job.ticket = req_hold(i->req, verified, i);
	verifier_put(a->verifier, &i->job);
}

/* The user whose name an authority of ours has signed. */
static enum err identify_by_certificate(struct identification *i, const char *name, const struct access **out)
{
	struct user_slot *slot;
	enum err e = strchr(name, '\\') ? E_UNAUTHENTICATED : look_up_user(i->auth, name, &slot);

	i->has_certificate = e == OK;
	*out = e == OK ? slot->access : NULL;
	return e;
}

void auth_identify(struct auth *a, struct req *r, auth_done_fn *done, void *arg)
{
	struct identification *i = arena_zalloc(req_arena(r), sizeof *i);
	struct span authorization = req_header(r, "Authorization"), secret = { NULL, 0 };
	const struct access *found = NULL;
	const char *name;
	enum err e = E_UNAUTHENTICATED;

	*i = (struct identification){
		.auth = a, .req = r, .done = done, .arg = arg, .has_credentials = authorization.ptr
	};
	if (authorization.ptr && !read_bearer(authorization, &secret) &&
	    basic_read(authorization, req_arena(r), &i->basic)) {
		secret = span_of(i->basic.secret);
		if (!password_is_token(secret)) {
			identify_by_password(i);
			return;
		}
	}
	if (secret.ptr)
		e = auth_look_up(a, secret, &found);
	else if (!authorization.ptr && (name = req_certificate_name(r)) != NULL)
		e = identify_by_certificate(i, name, &found);
	if (e == OK && i->basic.user && !basic_is_user(i->basic.user, access_user(found)))
		e = E_UNAUTHENTICATED;
	finish(i, e, found);
}

enum err auth_renew(struct auth *a, const struct access *access, const struct access **out)
{
	const struct access_origin *origin = access_origin(access);
	struct user_slot *slot;
	struct digest witness;
	enum err e;

	*out = access;
	if (is_current(a, access))
		return has_expired(access) ? E_UNAUTHENTICATED : OK;
	if (origin->kind == ACCESS_BY_TOKEN)
		return look_up(a, &origin->witness, out);
	if ((e = look_up_user(a, access_user(access), &slot)) != OK)
		return e;
	witness = digest_of(slot->hash, strlen(slot->hash));
	*out = slot->access;
	return origin->kind == ACCESS_BY_CERTIFICATE || digest_equal(&witness, &origin->witness) ? OK
												 : E_UNAUTHENTICATED;
}

void auth_challenge(struct req *r, const char *why)
{
	req_add_header(r, "WWW-Authenticate", "Basic realm=\"syncd\", charset=\"UTF-8\"");
	req_add_header(r, "WWW-Authenticate", "Bearer");
	req_reply_error(r, E_UNAUTHENTICATED, why);
}
