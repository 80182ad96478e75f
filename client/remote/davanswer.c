#include "client/remote/davanswer.h"

#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/httpdate.h"
#include "common/uri.h"
#include "common/xmlstream.h"

#define APACHE        "http://apache.org/dav/props/"
#define PROPFIND_HEAD "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<D:propfind xmlns:D=\"DAV:\"><D:prop>"
#define PROPFIND_FOUR "<D:resourcetype/><D:getcontentlength/><D:getlastmodified/><D:getetag/>"

const char davanswer_ask[] = PROPFIND_HEAD PROPFIND_FOUR "</D:prop></D:propfind>\n";
const char davanswer_ask_locks[] = PROPFIND_HEAD PROPFIND_FOUR "<D:lockdiscovery/></D:prop></D:propfind>\n";
const char davanswer_prop_changes[] =
    "<D:prop>" PROPFIND_FOUR "<D:resource-id/><A:executable xmlns:A=\"" APACHE "\"/></D:prop>";

enum element {
	OTHER,
	MULTISTATUS,
	RESPONSE,
	HREF,
	STATUS,
	PROPSTAT,
	PROP,
	RESOURCETYPE,
	COLLECTION,
	LENGTH,
	MODIFIED,
	ETAG,
	LOCKDISCOVERY,
	ACTIVELOCK,
	LOCKTOKEN,
	OWNER,
	TIMEOUT,
	RESOURCE_ID,
	SYNC_TOKEN,
	EXECUTABLE, /* Apache's */
	FIRST_TEXT, /* in the order of enum davanswer_text */
	VERSION_NAME = FIRST_TEXT,
	CREATOR,
	CLIENT_NAME,
	CREATED,
	CHECKED_IN,
	ORIGINAL,
	UNDONE,
	FROM,
	CHANGE,
	LAST_TEXT = CHANGE
};

static bool is_text(enum element e)
{
	return e >= FIRST_TEXT && e <= LAST_TEXT;
}

static const char *const names[] = {
	[MULTISTATUS] = "multistatus",
	[RESPONSE] = "response",
	[HREF] = "href",
	[STATUS] = "status",
	[PROPSTAT] = "propstat",
	[PROP] = "prop",
	[RESOURCETYPE] = "resourcetype",
	[COLLECTION] = "collection",
	[LENGTH] = "getcontentlength",
	[MODIFIED] = "getlastmodified",
	[ETAG] = "getetag",
	[LOCKDISCOVERY] = "lockdiscovery",
	[ACTIVELOCK] = "activelock",
	[LOCKTOKEN] = "locktoken",
	[OWNER] = "owner",
	[TIMEOUT] = "timeout",
	[RESOURCE_ID] = "resource-id",
	[SYNC_TOKEN] = "sync-token",
	[EXECUTABLE] = "executable",
	[VERSION_NAME] = "version-name",
	[CREATOR] = "creator-displayname",
	[CLIENT_NAME] = "client",
	[CREATED] = "creationdate",
	[CHECKED_IN] = "checked-in",
	[ORIGINAL] = "original-path",
	[UNDONE] = "undone",
	[FROM] = "from",
	[CHANGE] = "change",
};

static const char *ns_of(enum element e)
{
	if (e == EXECUTABLE)
		return APACHE;
	return e == CLIENT_NAME || e == ORIGINAL || e == UNDONE || e == FROM || e == CHANGE ? "urn:x-syncd:" : "DAV:";
}

/* What a propstat says, until its status tells whether it counts. */
struct props {
	bool has_kind, is_folder, is_locked, is_executable;
	int64_t size_bytes, mtime_s, timeout_s;
	struct buf etag, token, owner, id, texts[DAVANSWER_TEXTS];
};

struct davanswer {
	struct xmlstream *xml;
	davanswer_fn *fn;
	void *arg;
	enum element open[XMLSTREAM_DEPTH_LIMIT + 1];
	unsigned depth;
	bool is_root_seen;
	struct buf text, href, sync_token;
	int status, propstat_status;
	bool has_good_props;
	struct props now, kept; /* of the propstat; of the response */
};

static void props_reset(struct props *p)
{
	buf_reset(&p->etag);
	buf_reset(&p->token);
	buf_reset(&p->owner);
	for (size_t i = 0; i < DAVANSWER_TEXTS; i++)
		buf_reset(&p->texts[i]);
	buf_reset(&p->id);
	p->has_kind = p->is_folder = p->is_locked = p->is_executable = false;
	p->size_bytes = p->timeout_s = -1;
	p->mtime_s = 0;
}

static void props_init(struct props *p)
{
	p->etag = buf_new(DAVANSWER_TEXT_LIMIT);
	p->token = buf_new(DAVANSWER_TEXT_LIMIT);
	p->owner = buf_new(DAVANSWER_TEXT_LIMIT);
	for (size_t i = 0; i < DAVANSWER_TEXTS; i++)
		p->texts[i] = buf_new(DAVANSWER_TEXT_LIMIT);
	p->id = buf_new(DAVANSWER_TEXT_LIMIT);
	props_reset(p);
}

static void props_clear(struct props *p)
{
	buf_clear(&p->etag);
	buf_clear(&p->token);
	buf_clear(&p->owner);
	for (size_t i = 0; i < DAVANSWER_TEXTS; i++)
		buf_clear(&p->texts[i]);
	buf_clear(&p->id);
}

/* Without the white space that XML may be laid out with. */
static struct span trim(struct span s)
{
	while (s.len && strchr(" \t\r\n", s.ptr[0]))
		s.ptr++, s.len--;
	while (s.len && strchr(" \t\r\n", s.ptr[s.len - 1]))
		s.len--;
	return s;
}

/* ---- elements ---- */

static bool is_open(const struct davanswer *m, enum element e)
{
	for (unsigned i = 0; i < m->depth; i++)
		if (m->open[i] == e)
			return true;
	return false;
}

static enum element above(const struct davanswer *m)
{
	return m->depth > 1 ? m->open[m->depth - 2] : OTHER;
}

static enum err on_start(void *arg, struct span ns, struct span name)
{
	struct davanswer *m = arg;
	enum element e = OTHER;

	for (size_t i = 1; i < ARRAY_LEN(names); i++)
		if (span_is(name, names[i]) && span_is(ns, ns_of((enum element)i)))
			e = (enum element)i;
	if (m->depth == 0 && e != MULTISTATUS)
		return E_BAD_REQUEST;
	m->is_root_seen = true;
	m->open[m->depth++] = e;
	buf_reset(&m->text);
	if (e == RESPONSE) {
		buf_reset(&m->href);
		props_reset(&m->kept);
		m->status = 0;
		m->has_good_props = false;
	} else if (e == PROPSTAT) {
		props_reset(&m->now);
		m->propstat_status = 0;
	} else if (e == COLLECTION && above(m) == RESOURCETYPE) {
		m->now.is_folder = true;
	} else if (e == RESOURCETYPE && m->depth > 1 && m->open[m->depth - 2] == PROP) {
		m->now.has_kind = true;
	} else if (e == ACTIVELOCK) {
		m->now.is_locked = true;
	}
	return OK;
}

static enum err on_text(void *arg, struct span text)
{
	struct davanswer *m = arg;

	if (is_open(m, OWNER) && is_open(m, ACTIVELOCK))
		return buf_add_span(&m->now.owner, text) == OK ? OK : E_BAD_REQUEST;
	return buf_add_span(&m->text, text) == OK ? OK : E_BAD_REQUEST;
}

/* "HTTP/1.1 200 OK"; 0: not a status line. */
static int read_status(struct span line)
{
	struct span version, code;
	int64_t number;

	if (!span_cut(&line, ' ', &version) || !span_starts(version, "HTTP/"))
		return 0;
	span_cut(&line, ' ', &code);
	return code.len == 3 && span_to_int64(code, &number) && number >= 100 ? (int)number : 0;
}

/* RFC 4918 §10.7: "Second-3600", "Infinite". */
static int64_t read_timeout(struct span text)
{
	static const char unit[] = "Second-";
	int64_t seconds;

	if (!span_starts(text, unit))
		return -1;
	text.ptr += sizeof unit - 1;
	text.len -= sizeof unit - 1;
	return span_to_int64(text, &seconds) && seconds >= 0 ? seconds : -1;
}

static enum err set(struct buf *to, struct span text)
{
	if (to->len) /* the first one counts */
		return OK;
	return buf_add_span(to, text) == OK ? OK : E_BAD_REQUEST;
}

/* A leaf's text is there. */
static enum err take(struct davanswer *m, enum element e, struct span text)
{
	enum element parent = above(m);

	if (e == HREF && parent == RESPONSE)
		return set(&m->href, text);
	if (e == HREF && parent == LOCKTOKEN)
		return set(&m->now.token, text);
	if (is_text(e) && parent == PROP)
		return set(&m->now.texts[e - FIRST_TEXT], text);
	if (e == HREF && is_text(parent))
		return set(&m->now.texts[parent - FIRST_TEXT], text);
	if (e == HREF && parent == RESOURCE_ID)
		return set(&m->now.id, text);
	if (e == ETAG && parent == PROP)
		return set(&m->now.etag, text);
	if (e == SYNC_TOKEN && parent == MULTISTATUS)
		return set(&m->sync_token, text);
	if (e == EXECUTABLE && parent == PROP)
		m->now.is_executable = span_is(text, "T");
	if (e == STATUS && parent == RESPONSE)
		m->status = read_status(text);
	else if (e == STATUS && parent == PROPSTAT)
		m->propstat_status = read_status(text);
	else if (e == TIMEOUT && parent == ACTIVELOCK)
		m->now.timeout_s = read_timeout(text);
	else if (e == LENGTH && parent == PROP && (!span_to_int64(text, &m->now.size_bytes) || m->now.size_bytes < 0))
		m->now.size_bytes = -1;
	else if (e == MODIFIED && parent == PROP && !httpdate_parse(text, clock_now_s(), &m->now.mtime_s))
		m->now.mtime_s = 0;
	return OK;
}

/* Properties that the resource has go with a 200; others are none (RFC 4918 §9.1). */
static enum err end_propstat(struct davanswer *m)
{
	struct props *to = &m->kept;
	const struct props *from = &m->now;
	enum err e;

	if (m->propstat_status != 200)
		return OK;
	m->has_good_props = true;
	to->has_kind |= from->has_kind;
	to->is_folder |= from->is_folder;
	to->is_executable |= from->is_executable;
	to->is_locked |= from->is_locked;
	if (from->size_bytes >= 0)
		to->size_bytes = from->size_bytes;
	if (from->mtime_s)
		to->mtime_s = from->mtime_s;
	to->timeout_s = from->timeout_s;
	for (size_t i = 0; i < DAVANSWER_TEXTS; i++)
		if ((e = set(&to->texts[i], buf_span(&from->texts[i]))) != OK)
			return e;
	if ((e = set(&to->etag, buf_span(&from->etag))) != OK || (e = set(&to->id, buf_span(&from->id))) != OK ||
	    (e = set(&to->token, buf_span(&from->token))) != OK)
		return e;
	return set(&to->owner, trim(buf_span(&from->owner)));
}

static enum err end_response(struct davanswer *m)
{
	struct arena *arena = arena_new();
	struct target target;
	enum err e = uri_to_target(buf_span(&m->href), arena, &target);

	if (e == OK) {
		struct davanswer_resource r = {
			.path = target.path,
			.has_slash = target.has_trailing_slash,
			.status = m->status           ? m->status
				  : m->has_good_props ? 200
						      : 404,
			.has_kind = m->kept.has_kind,
			.is_folder = m->kept.is_folder,
			.is_executable = m->kept.is_executable,
			.size_bytes = m->kept.size_bytes,
			.mtime_s = m->kept.mtime_s,
			.etag = m->kept.etag.data,
			.id = m->kept.id.data,
			.is_locked = m->kept.is_locked,
			.lock = { m->kept.token.data, m->kept.owner.data, m->kept.timeout_s },
		};

		for (size_t i = 0; i < DAVANSWER_TEXTS; i++)
			r.texts[i] = m->kept.texts[i].data;
		e = m->fn(m->arg, &r);
	} else {
		e = E_BAD_REQUEST;
	}
	arena_free(arena);
	return e;
}

static enum err on_end(void *arg)
{
	struct davanswer *m = arg;
	enum element e = m->open[m->depth - 1];
	enum err error = OK;

	if (e == PROPSTAT)
		error = end_propstat(m);
	else if (e == RESPONSE && above(m) == MULTISTATUS)
		error = end_response(m);
	else if (e != OTHER && !(is_open(m, OWNER)))
		error = take(m, e, trim(buf_span(&m->text)));
	buf_reset(&m->text);
	m->depth--;
	return error;
}

/* ---- */

static const struct xmlstream_calls calls = { on_start, on_end, on_text };

struct davanswer *davanswer_new(davanswer_fn *fn, void *arg)
{
	struct davanswer *m = xcalloc(1, sizeof *m);

	m->fn = fn;
	m->arg = arg;
	m->text = buf_new(DAVANSWER_TEXT_LIMIT);
	m->href = buf_new(DAVANSWER_TEXT_LIMIT);
	m->sync_token = buf_new(DAVANSWER_TEXT_LIMIT);
	props_init(&m->now);
	props_init(&m->kept);
	m->xml = xmlstream_new(&calls, m);
	return m;
}

void davanswer_free(struct davanswer *m)
{
	if (!m)
		return;
	xmlstream_free(m->xml);
	props_clear(&m->now);
	props_clear(&m->kept);
	buf_clear(&m->text);
	buf_clear(&m->href);
	buf_clear(&m->sync_token);
	free(m);
}

enum err davanswer_add(struct davanswer *m, const void *bytes, size_t len)
{
	enum err e = xmlstream_add(m->xml, bytes, len);

	return e == E_TOO_LARGE ? E_BAD_REQUEST : e;
}

enum err davanswer_end(struct davanswer *m)
{
	enum err e = xmlstream_end(m->xml);

	return e == E_TOO_LARGE ? E_BAD_REQUEST : e;
}

const char *davanswer_token(const struct davanswer *m)
{
	return m->sync_token.data;
}
