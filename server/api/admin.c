/*
 * admin: the resources behind the admin socket.  Each runs one function of tokens.h, accounts.h or locks.h on a worker and answers its
 * text.
 */
#include "server/api/accounts.h"
#include "server/api/internal.h"
#include "server/api/locks.h"
#include "server/api/quotas.h"
#include "server/api/tokens.h"

#include <string.h>

struct admin {
	struct api *api;
	struct req *req;
	void (*work)(struct admin *ad);
	struct span text; /* the body, or the last segment of the path */
	struct accounts_address at;
	int status; /* when it went well */
	struct buf answer;
	struct note why;
	enum err error;
};

static void run(void *arg)
{
	struct admin *ad = arg;

	ad->work(ad);
}

static void reply(void *arg)
{
	struct admin *ad = arg;

	req_set_header(ad->req, "Cache-Control", "no-store");
	if (ad->error != OK)
		req_reply_error(ad->req, ad->error, ad->why.text[0] ? ad->why.text : NULL);
	else if (ad->status == 204)
		req_reply(ad->req, 204);
	else
		req_reply_buf(ad->req, ad->status, "text/plain; charset=utf-8", &ad->answer);
	buf_clear(&ad->answer);
}

static struct admin *admin_new(struct api *a, struct req *r, int status, void (*work)(struct admin *ad))
{
	struct admin *ad = arena_zalloc(req_arena(r), sizeof *ad);

	ad->api = a;
	ad->req = r;
	ad->work = work;
	ad->status = status;
	ad->answer = buf_new_secret(TOKENS_LIST_LIMIT);
	return ad;
}

static void got_text(struct req *r, void *arg, struct span body)
{
	struct admin *ad = arg;

	ad->text.ptr = arena_span(req_arena(r), body);
	ad->text.len = body.len;
	req_work(r, run, reply, ad);
}

/* ---- on a worker ---- */

static void list_tokens(struct admin *ad)
{
	ad->error = tokens_list(ad->api->store, &ad->answer, &ad->why);
}

static void add_token(struct admin *ad)
{
	ad->error = tokens_add(ad->api->store, ad->text, &ad->answer, &ad->why);
}

static void remove_token(struct admin *ad)
{
	ad->error = tokens_remove(ad->api->store, ad->text, &ad->why);
}

static void list_locks(struct admin *ad)
{
	ad->error = locks_list(ad->api->store, &ad->answer, &ad->why);
}

static void remove_lock(struct admin *ad)
{
	ad->error = locks_remove(ad->api->store, ad->text, &ad->why);
}

static void list_quotas(struct admin *ad)
{
	ad->error = quotas_list(ad->api->store, &ad->answer, &ad->why);
}

static void set_quota(struct admin *ad)
{
	ad->error = quotas_set(ad->api->store, ad->text, &ad->answer, &ad->why);
}

static void add_code(struct admin *ad)
{
	ad->error = tokens_add_code(ad->api->store, ad->text, &ad->answer, &ad->why);
}

static void list_users(struct admin *ad)
{
	ad->error = accounts_list(ad->api->store, &ad->answer, &ad->why);
}

static void add_user(struct admin *ad)
{
	ad->error = accounts_add(ad->api->store, ad->text, &ad->answer, &ad->why);
}

static void remove_user(struct admin *ad)
{
	ad->error = accounts_remove(ad->api->store, ad->text, &ad->why);
}

static void set_rights(struct admin *ad)
{
	ad->error = accounts_set_rights(ad->api->store, ad->text, &ad->answer, &ad->why);
}

static void set_password(struct admin *ad)
{
	ad->error = accounts_set_password(ad->api->store, ad->text, &ad->why);
	explicit_bzero((char *)(uintptr_t)ad->text.ptr, ad->text.len); /* in the request's own memory */
}

static void invite(struct admin *ad)
{
	ad->error = accounts_invite(ad->api->store, &ad->at, ad->text, &ad->answer, &ad->why);
}

/* ---- on the loop ---- */

static void ask(struct api *a, struct req *r, void (*work)(struct admin *ad))
{
	req_work(r, run, reply, admin_new(a, r, 200, work));
}

/* With the body for a request. */
static void tell(struct api *a, struct req *r, int status, void (*work)(struct admin *ad))
{
	req_read_text(r, TOKENS_REQUEST_LIMIT, got_text, admin_new(a, r, status, work));
}

/* With the last segment of the path for a request. */
static void removes(struct api *a, struct req *r, void (*work)(struct admin *ad))
{
	struct admin *ad = admin_new(a, r, 204, work);

	ad->text = path_name(span_of(req_target(r)->path));
	req_work(r, run, reply, ad);
}

void api_list_tokens(struct api *a, struct req *r)
{
	ask(a, r, list_tokens);
}

void api_add_token(struct api *a, struct req *r)
{
	tell(a, r, 201, add_token);
}

void api_remove_token(struct api *a, struct req *r)
{
	removes(a, r, remove_token);
}

void api_list_locks(struct api *a, struct req *r)
{
	ask(a, r, list_locks);
}

void api_remove_lock(struct api *a, struct req *r)
{
	removes(a, r, remove_lock);
}

void api_list_quotas(struct api *a, struct req *r)
{
	ask(a, r, list_quotas);
}

void api_set_quota(struct api *a, struct req *r)
{
	tell(a, r, 200, set_quota);
}

void api_add_code(struct api *a, struct req *r)
{
	tell(a, r, 201, add_code);
}

void api_list_users(struct api *a, struct req *r)
{
	ask(a, r, list_users);
}

void api_add_user(struct api *a, struct req *r)
{
	tell(a, r, 201, add_user);
}

void api_remove_user(struct api *a, struct req *r)
{
	removes(a, r, remove_user);
}

void api_set_rights(struct api *a, struct req *r)
{
	tell(a, r, 200, set_rights);
}

void api_set_password(struct api *a, struct req *r)
{
	tell(a, r, 204, set_password);
}

/* The address is asked for here: what a loop sees of the settings is good for this turn of it. */
void api_invite(struct api *a, struct req *r)
{
	struct admin *ad = admin_new(a, r, 201, invite);
	struct accounts_address at = { NULL, NULL };

	a->options.address(a->options.arg, &at);
	ad->at.url = at.url ? arena_strdup(req_arena(r), at.url) : NULL;
	ad->at.pin = at.pin ? arena_strdup(req_arena(r), at.pin) : NULL;
	req_read_text(r, ACCOUNTS_REQUEST_LIMIT, got_text, ad);
}
