#include "client/decide.h"

#include <stdio.h>
#include <string.h>

#include "client/remote/http.h"
#include "common/clock.h"
#include "common/etag.h"
#include "common/httpdate.h"
#include "common/status.h"

static bool is_strong(const char *field)
{
	struct etag tag;

	return etag_parse(span_of(field), &tag) && !tag.is_weak;
}

enum send_plan decide_send(const struct seen *seen, bool is_ours, bool force)
{
	if (force)
		return SEND_FORCED;
	if (!is_ours || (seen && !is_strong(seen->etag)))
		return SEND_LOOK;
	return seen ? SEND_REPLACE : SEND_CREATE;
}

bool decide_is_seen(const struct seen *seen, const struct answer *found)
{
	struct etag was, is;
	int64_t modified_s;

	if (etag_parse(span_of(seen->etag), &was) && etag_parse(answer_field(found, ANSWER_ETAG), &is))
		return etag_equal_weak(was, is);
	/* No tag came with our own PUT: the same size, and not changed after it (by the server's own clock). */
	if (seen->size_bytes >= 0 && answer_length(found) != seen->size_bytes)
		return false;
	if (seen->modified[0] && found->fields[ANSWER_LAST_MODIFIED])
		return strcmp(seen->modified, found->fields[ANSWER_LAST_MODIFIED]) == 0;
	return seen->written_s &&
	       httpdate_parse(answer_field(found, ANSWER_LAST_MODIFIED), clock_now_s(), &modified_s) &&
	       modified_s <= seen->written_s + 1;
}

void decide_note(const struct answer *a, bool is_put, char *out, size_t size)
{
	static const struct {
		unsigned fault;
		const char *words;
	} sentences[] = {
		{ STATUS_FAULT_LENGTH_WITH_204, "the server sent a Content-Length with its 204, which has no content" },
		{ STATUS_FAULT_ENCODING_WITH_204,
		  "the server sent a Transfer-Encoding with its 204, which has no content" },
		{ STATUS_FAULT_BODY_WITH_204, "the server sent a body with its 204; it was ignored" },
		{ STATUS_FAULT_NO_ETAG, "the server gave no ETag; the next change looks before it writes" },
		{ STATUS_FAULT_WEAK_ETAG, "the server gave a weak ETag; the next change looks before it writes" },
	};
	struct status_seen seen = {
		.status = a->status,
		.is_put = is_put,
		.has_length = a->fields[ANSWER_CONTENT_LENGTH] != NULL,
		.has_transfer_encoding = a->fields[ANSWER_TRANSFER_ENCODING] != NULL,
		.has_body_bytes = a->has_extra_bytes || (a->status == 204 && a->body.len),
		.etag = answer_field(a, ANSWER_ETAG),
	};
	unsigned faults = status_faults(&seen);
	size_t len = 0;

	out[0] = '\0';
	for (size_t i = 0; i < ARRAY_LEN(sentences); i++)
		if ((faults & sentences[i].fault) && len < size)
			len += (size_t)snprintf(out + len, size - len, "%s%s", len ? "; " : "", sentences[i].words);
}

static bool is_page(const struct answer *a)
{
	return a->status == 200 && span_starts(answer_field(a, ANSWER_CONTENT_TYPE), "text/html");
}

static void put_failed(struct put_end *out, enum err e, const char *why)
{
	out->err = e;
	out->word = e == E_PRECONDITION ? RESULT_CONFLICT : RESULT_FAILED;
	snprintf(out->why, sizeof out->why, "%s", why);
}

/* A 2xx: does the tag say what was sent? */
static void put_done(const struct answer *a, const struct digest *sent, bool is_creation, bool has_digest_tags,
		     struct put_end *out)
{
	struct digest stored;
	bool has_digest = answer_digest(a, &stored);

	if (is_page(a)) {
		put_failed(out, E_BAD_REQUEST, "a page came instead of an answer (200, text/html)");
	} else if (a->status != 200 && a->status != 201 && a->status != 204) {
		snprintf(out->why, sizeof out->why, "not a definite answer: %d %s", a->status,
			 status_reason(a->status));
		out->err = E_BAD_REQUEST;
		out->word = RESULT_FAILED;
	} else if ((has_digest && !digest_equal(&stored, sent)) ||
		   (!has_digest && has_digest_tags && is_strong(a->fields[ANSWER_ETAG]))) {
		put_failed(out, E_CORRUPT, "the server's ETag is not the digest of what was sent");
		out->is_breach = true;
	} else {
		out->word = a->status == 201 || (a->status == 200 && is_creation) ? RESULT_CREATED : RESULT_SAVED;
		out->remember = true;
	}
	decide_note(a, true, out->note, sizeof out->note);
}

void decide_put(const struct answer *a, const struct digest *sent, bool is_creation, bool has_digest_tags,
		struct put_end *out)
{
	struct digest current;
	struct note why;

	memset(out, 0, sizeof *out);
	if (a->err != OK) {
		put_failed(out, a->err, a->why.text);
	} else if (a->status >= 200 && a->status < 300) {
		put_done(a, sent, is_creation, has_digest_tags, out);
	} else if (a->status == 412 && answer_digest(a, &current) && digest_equal(&current, sent)) {
		/* protocol.md, "Retries": the server has this very content; after a lost answer it is ours. */
		out->remember = true;
		out->word = !a->is_lost ? RESULT_UNCHANGED : is_creation ? RESULT_CREATED : RESULT_SAVED;
	} else if (a->status == 412) {
		put_failed(out, E_PRECONDITION,
			   is_creation
			       ? "there is another file of that name on the server, which you have not seen (412)"
			   : has_digest_tags && !a->fields[ANSWER_ETAG] /* ours tells what is there, if anything is */
			       ? "removed on the server since you last had it (412)"
			       : "changed on the server since you last had it (412)");
	} else {
		enum err e = http_status_err(a, &why);

		out->is_parent_missing = a->status == 409;
		put_failed(out, e == OK ? E_BAD_REQUEST : e, e == OK ? "not a definite answer" : why.text);
	}
}

enum pull_verdict decide_pull(const struct here *here, const struct answer *found, bool force)
{
	struct digest theirs;
	bool has_digest = answer_digest(found, &theirs);

	if (here->state == HERE_NOTHING)
		return PULL_FETCH;
	if (has_digest && digest_equal(&theirs, &here->digest))
		return PULL_KEEP;
	if (here->state == HERE_SAME && !here->seen.etag[0] && decide_is_seen(&here->seen, found))
		return PULL_KEEP; /* our own PUT to a server that gave no tag for it */
	if (here->state == HERE_SAME || force)
		return PULL_FETCH;
	if (here->state == HERE_CHANGED && decide_is_seen(&here->seen, found))
		return PULL_KEEP; /* only this side changed */
	return !has_digest && answer_length(found) == here->id.size_bytes ? PULL_COMPARE : PULL_CONFLICT;
}

struct span decide_bare_tag(const char *field, char *buffer, size_t size)
{
	struct etag tag;

	if (!etag_parse(span_of(field), &tag))
		return (struct span){ "", 0 };
	snprintf(buffer, size, "%s%.*s", tag.is_weak ? "W/" : "", (int)tag.opaque.len, tag.opaque.ptr);
	return span_of(buffer);
}
