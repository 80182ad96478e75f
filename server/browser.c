/*
 * There are no cookies here: a page can do nothing with what a browser holds by itself but HTTP credentials a person typed
 * in, and those CORS never lets go with a request (Access-Control-Allow-Credentials is never sent).
 */
#include "server/browser.h"

#include <string.h>

/* Fields that pages may send and read: those of WebDAV and of conditional requests, and ours. */
#define SENT_FIELDS \
	"Authorization, Content-Type, Content-Range, Depth, Destination, If, If-Match, If-Modified-Since, " \
	"If-None-Match, If-Range, " \
	"If-Unmodified-Since, Lock-Token, Overwrite, Prefer, Range, Repr-Digest, Content-Digest, Timeout, " \
	"Want-Repr-Digest, " \
	"X-OC-Mtime, X-Requested-With, X-Update-Range, Sync-Features"
#define READ_FIELDS \
	"Allow, Content-Location, Content-Range, DAV, ETag, Last-Modified, Lock-Token, Preference-Applied, " \
	"Repr-Digest, " \
	"Content-Digest, Retry-After, Sync-Features, WWW-Authenticate, X-OC-Mtime"
#define PREFLIGHT_AGE_S "600"

static bool is_allowed(const struct browser_origins *allowed, struct span origin)
{
	for (unsigned i = 0; i < allowed->count; i++)
		if (span_eq_nocase(origin, allowed->items[i]))
			return true;
	return false;
}

/* A browser that another site made to send a change, with whatever credentials. */
static bool is_cross_site_change(struct req *r)
{
	struct span site = req_header(r, "Sec-Fetch-Site");

	if (!site.ptr || !span_eq_nocase(site, "cross-site"))
		return false;
	switch (req_method(r)) {
	case METHOD_GET:
	case METHOD_HEAD:
	case METHOD_OPTIONS:
	case METHOD_PROPFIND:
	case METHOD_REPORT:
	case METHOD_SEARCH:
		return false;
	default:
		return true;
	}
}

/* Fetch §3.2.2: any method that has a name here; what it may do the method itself decides, with its credentials. */
static void answer_preflight(struct req *r, struct span wanted)
{
	enum method m = method_from_span(wanted);

	if (m == METHOD_UNKNOWN || m == METHOD_TRACE || m == METHOD_CONNECT) {
		req_reply_error(r, E_FORBIDDEN, "no page may use that method here");
		return;
	}
	req_set_header(r, "Access-Control-Allow-Methods", method_name(m));
	req_set_header(r, "Access-Control-Allow-Headers", SENT_FIELDS);
	req_set_header(r, "Access-Control-Max-Age", PREFLIGHT_AGE_S);
	req_reply(r, 204);
}

bool browser_answer(struct req *r, const struct browser_origins *allowed)
{
	struct span origin = req_header(r, "Origin"), wanted = req_header(r, "Access-Control-Request-Method");
	bool is_ours = origin.ptr && is_allowed(allowed, origin);

	if (allowed->count)
		req_add_header(r, "Vary", "Origin"); /* a cache must not hand one origin's answer to another */
	if (is_ours) {
		req_set_header(r, "Access-Control-Allow-Origin", req_header_text(r, "Origin"));
		req_set_header(r, "Access-Control-Expose-Headers", READ_FIELDS);
	}
	if (is_ours && req_method(r) == METHOD_OPTIONS && wanted.ptr) {
		answer_preflight(r, wanted);
		return true;
	}
	if (is_cross_site_change(r) && !is_ours) {
		req_reply_error(r, E_FORBIDDEN, "another site's page may not change anything here");
		return true;
	}
	return false;
}
