#include "client/remote/davask.h"

struct asking {
	const struct davask *ask;
	struct davanswer *answer;
	enum err error; /* of the answer's body */
};

static enum err take_bytes(struct http_request *req, const void *bytes, size_t len)
{
	struct asking *a = req->arg;

	if (req->answer.status != 207)
		return OK; /* a page instead: its status says enough */
	a->error = davanswer_add(a->answer, bytes, len);
	return a->error;
}

static bool start_over(struct http_request *req)
{
	struct asking *a = req->arg;

	davanswer_free(a->answer);
	a->answer = davanswer_new(a->ask->take, a->ask->arg);
	a->error = OK;
	a->ask->restart(a->ask->arg);
	return true;
}

static enum err judge(struct asking *a, const struct answer *answer, struct note *why)
{
	enum err e = http_status_err(answer, why);

	if (a->error != OK)
		return note_set(why, a->error, "the answer to %s cannot be read", a->ask->method);
	if (answer->status == 405 || answer->status == 501 || answer->status == 403)
		return note_set(why, answer->status == 403 ? E_FORBIDDEN : E_BAD_REQUEST,
				"this server keeps no history that could be asked for (%d)", answer->status);
	if (e != OK)
		return e;
	if (answer->status != 207)
		return note_set(why, E_BAD_REQUEST, "no answer to %s (%d)", a->ask->method, answer->status);
	if (davanswer_end(a->answer) != OK)
		return note_set(why, E_BAD_REQUEST, "the answer to %s is cut off", a->ask->method);
	return OK;
}

enum err davask(struct http *h, const struct davask *ask, struct note *why)
{
	struct asking a = { .ask = ask };
	struct http_request req;
	enum err e;

	http_request_init(&req, ask->method, ask->target);
	if (ask->depth)
		http_request_set(&req, "Depth", "%s", ask->depth);
	http_request_set(&req, "Content-Type", "application/xml; charset=utf-8");
	req.is_at_origin = ask->is_at_origin;
	req.is_once = req.is_patient = ask->is_once;
	http_request_text(&req, ask->body);
	req.body = take_bytes;
	req.again = start_over;
	req.arg = &a;
	start_over(&req);
	http_do(h, &req);
	e = judge(&a, &req.answer, why);
	http_request_clear(&req);
	davanswer_free(a.answer);
	return e;
}
