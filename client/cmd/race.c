#include "client/cmd/race.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/cmd/known.h"
#include "common/etag.h"

enum { WRITERS = 8, TEXT_SIZE = 32, TAG_TRIES = 6, TAG_WAIT_MS = 700 };

struct writer {
	char text[TEXT_SIZE];
	struct http_request req;
};

static void answered(struct http_request *req not_used)
{
}

static void prepare(struct writer *w, const char *path, const char *condition, const char *tag, size_t number)
{
	snprintf(w->text, sizeof w->text, "writer %zu\n", number);
	http_request_init(&w->req, "PUT", session_target(path, false));
	http_request_set(&w->req, condition, "%s", tag);
	http_request_text(&w->req, w->text);
	w->req.is_once = true; /* one that is sent twice would count twice */
	w->req.done = answered;
	w->req.arg = w;
}

/* E_BAD_REQUEST: the tag is none to race with. */
static enum err ask_tag(struct session *s, const char *path, char **out_tag, struct note *why)
{
	struct http_request head;
	struct etag tag;
	enum err e;

	http_request_init(&head, "HEAD", session_target(path, false));
	http_do(s->http, &head);
	e = http_status_err(&head.answer, why);
	if (e == OK && (!etag_parse(answer_field(&head.answer, ANSWER_ETAG), &tag) || tag.is_weak))
		e = note_set(why, E_BAD_REQUEST, "the server gives no strong ETag: there is nothing to race with");
	if (e == OK)
		*out_tag = span_dup(answer_field(&head.answer, ANSWER_ETAG));
	http_request_clear(&head);
	return e;
}

static enum err make_file(struct session *s, const char *path, struct note *why)
{
	struct writer first;
	enum err e;

	prepare(&first, path, "If-None-Match", "*", 0);
	http_do(s->http, &first.req);
	e = http_status_err(&first.req.answer, why);
	http_request_clear(&first.req);
	if (e == E_PRECONDITION)
		return note_set(why, e, "%s is there already; name a file that is not", path);
	return e;
}

/* The tag of the file as it is before the race.  What was just written has a weak one with Apache, for a second or two. */
static enum err wait_for_tag(struct session *s, const char *path, char **out_tag, struct note *why)
{
	bool never = false;
	enum err e = ask_tag(s, path, out_tag, why);

	for (int i = 0; i < TAG_TRIES && e == E_BAD_REQUEST; i++) {
		http_wait(s->http, -1, TAG_WAIT_MS, &never);
		e = ask_tag(s, path, out_tag, why);
	}
	return e;
}

static void remove_file(struct session *s, const char *path)
{
	struct http_request req;

	http_request_init(&req, "DELETE", session_target(path, false));
	http_do(s->http, &req);
	http_request_clear(&req);
}

static void run(struct session *s, const char *path, const char *tag, struct race_result *out)
{
	autofree struct writer *writers = xcalloc(WRITERS, sizeof *writers);

	for (size_t i = 0; i < WRITERS; i++) {
		prepare(&writers[i], path, "If-Match", tag, i + 1);
		http_start(s->http, &writers[i].req);
	}
	http_run(s->http, NULL, NULL);
	for (size_t i = 0; i < WRITERS; i++) {
		const struct answer *a = &writers[i].req.answer;

		out->won += a->err == OK && a->status >= 200 && a->status < 300;
		http_request_clear(&writers[i].req);
	}
}

enum err race_run(struct session *s, const char *word, struct race_result *out, struct note *why)
{
	autofree char *tag = NULL, *copy = xstrdup(word);
	char *words[] = { copy };
	const char *path;
	struct operands operands;
	enum err e = known_words(s, words, 1, &operands);

	*out = (struct race_result){ .writers = WRITERS };
	if (e != OK)
		return note_set(why, e, "%s is no path", word);
	path = operands.items[0].remote;
	if ((e = make_file(s, path, why)) == OK) {
		if ((e = wait_for_tag(s, path, &tag, why)) == OK)
			run(s, path, tag, out);
		remove_file(s, path);
	}
	operands_clear(&operands);
	return e;
}
