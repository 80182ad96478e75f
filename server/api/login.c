/*
 * login: a one-time code for a token (protocol.md, "Login").
 */
#include "server/api/internal.h"
#include "server/api/tokens.h"
#include "server/auth/basic.h"
#include "server/auth/secret.h"
#include "server/auth/who.h"

#include <stdlib.h>

struct login {
	struct api *api;
	struct req *req;
	struct basic basic;
	struct span label;
	struct buf answer;
	struct note why;
	enum err error;
};

static void refuse(void *arg)
{
	struct login *l = arg;

	auth_challenge(l->req, "the code is wrong, used or expired");
}

static void redeem(void *arg)
{
	struct login *l = arg;

	l->error = tokens_redeem(l->api->store, l->basic.user, l->basic.secret, l->label, &l->answer, &l->why);
}

static void reply(void *arg)
{
	struct login *l = arg;

	if (l->error == E_UNAUTHENTICATED) {
		req_after(l->req, throttle_failed(l->api->throttle, req_peer(l->req)), refuse, l);
	} else if (l->error != OK) {
		req_reply_error(l->req, l->error, l->why.text[0] ? l->why.text : NULL);
	} else {
		req_set_user(l->req, l->basic.user, "");
		req_set_header(l->req, "Cache-Control", "no-store");
		req_reply_buf(l->req, 200, "text/plain; charset=utf-8", &l->answer);
	}
	buf_clear(&l->answer);
}

static void got_label(struct req *r, void *arg, struct span body)
{
	struct login *l = arg;

	while (body.len && (body.ptr[body.len - 1] == '\n' || body.ptr[body.len - 1] == '\r'))
		body.len--;
	l->label = span_of(arena_span(req_arena(r), body));
	req_work(r, redeem, reply, l);
}

void api_login(struct api *a, struct req *r)
{
	struct login *l = arena_zalloc(req_arena(r), sizeof *l);

	l->api = a;
	l->req = r;
	l->answer = buf_new_secret(SECRET_LIMIT);
	if (!basic_read(req_header(r, "Authorization"), req_arena(r), &l->basic))
		auth_challenge(r, "a login needs Basic credentials: the user and the code of the link");
	else
		req_read_text(r, STORE_LABEL_SIZE + 1, got_label, l);
}
