#include "server/dav/props.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/clock.h"
#include "common/httpdate.h"
#include "common/uuid.h"
#include "common/when.h"
#include "common/xml.h"
#include "server/dav/multistatus.h"
#include "server/http/mime.h"
#include "server/store/store_history.h"
#include "server/store/store_quota.h"
#include "server/store/store_sync.h"

enum { ON_FILES = 1, ON_FOLDERS = 2, ON_BOTH = 3, IN_ALLPROP = 4, HIDDEN_IF_BARE = 8, WRITABLE = 16, SLOW = 32 };

struct live_prop {
	const char *ns, *name;
	unsigned flags;
	enum err (*write)(const struct prop_subject *s, struct buf *out);
};

static bool is_folder(const struct prop_subject *s)
{
	return s->node->kind == STORE_COLLECTION;
}

/* ---- RFC 4918 §15 ---- */

/* RFC 3339, in UTC (§15.1). */
static enum err write_creationdate(const struct prop_subject *s, struct buf *out)
{
	time_t seconds = s->node->created_ns / NS_PER_S;
	char text[sizeof "2026-01-01T00:00:00Z" + 16];
	struct tm tm;

	strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&seconds, &tm));
	return buf_add_text(out, text);
}

static enum err write_length(const struct prop_subject *s, struct buf *out)
{
	return buf_add_number(out, s->node->size_bytes);
}

static enum err write_type(const struct prop_subject *s, struct buf *out)
{
	const char *type = s->node->type[0] ? s->node->type : mime_from_name(span_of(s->node->name));

	return xml_escape(out, span_of(type));
}

static enum err write_etag(const struct prop_subject *s, struct buf *out)
{
	char text[DIGEST_ETAG_SIZE];

	return buf_add_text(out, digest_etag(&s->node->digest, text));
}

static enum err write_modified(const struct prop_subject *s, struct buf *out)
{
	char text[HTTPDATE_SIZE];

	return buf_add_text(out, httpdate_format(MIN(s->node->mtime_ns / NS_PER_S, clock_now_s()), text));
}

static enum err write_resourcetype(const struct prop_subject *s, struct buf *out)
{
	return is_folder(s) ? buf_add_text(out, "<D:collection/>") : OK;
}

static enum err write_supportedlock(const struct prop_subject *s, struct buf *out)
{
	if (call_is_fixed(s->call))
		return OK;
	return buf_add_text(out,
			    "<D:lockentry><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype>"
			    "</D:lockentry><D:lockentry><D:lockscope><D:shared/></D:lockscope><D:locktype><D:write/>"
			    "</D:locktype></D:lockentry>");
}

/* §14.1: what the lock is, how long, by whose word, its token, and where it was made. */
enum err prop_write_activelock(const struct call *c, const struct store_lock *lock, struct buf *out)
{
	char token[UUID_URI_SIZE];
	int64_t left_s = MAX(lock->expires_s - clock_now_s(), 0);
	enum err e = buf_addf(out,
			      "<D:activelock><D:locktype><D:write/></D:locktype><D:lockscope><D:%s/></D:lockscope>"
			      "<D:depth>%s</D:depth>",
			      lock->is_shared ? "shared" : "exclusive", lock->is_infinite ? "infinity" : "0");

	if (e == OK && lock->owner.len)
		e = buf_addf(out, "<D:owner>%.*s</D:owner>", (int)lock->owner.len, lock->owner.ptr);
	if (e != OK)
		return e;
	return buf_addf(out,
			"<D:timeout>Second-%" PRId64 "</D:timeout><D:locktoken><D:href>%s</D:href></D:locktoken>"
			"<D:lockroot><D:href>%s</D:href></D:lockroot></D:activelock>",
			left_s, uuid_write(lock->token, token), call_href(c, lock->root, lock->root_is_collection));
}

struct discovery {
	const struct call *call;
	struct buf *out;
	enum err error;
};

static bool add_lock(void *arg, const struct store_lock *lock)
{
	struct discovery *d = arg;

	/* Where one may not look one learns nothing of who locked what. */
	if (!access_may_read(d->call->access, lock->root))
		return true;
	d->error = prop_write_activelock(d->call, lock, d->out);
	return d->error == OK;
}

static enum err write_lockdiscovery(const struct prop_subject *s, struct buf *out)
{
	struct discovery d = { s->call, out, OK };
	enum err e;

	if (!store_has_locks(s->call->dav->store) || call_is_fixed(s->call))
		return OK;
	e = store_locks_at(s->call->dav->store, s->path, add_lock, &d);
	return e != OK ? e : d.error;
}

/* ---- RFC 4331 ---- */

static enum err write_available(const struct prop_subject *s, struct buf *out)
{
	struct store *store = s->call->dav->store;
	int64_t left;
	enum err e = call_is_fixed(s->call) ? E_NOT_FOUND : store_quota_left(store, s->path, &left);

	return e == OK ? buf_add_number(out, MIN(left, store_space_left(store))) : e;
}

/* ---- RFC 5397, RFC 3744, RFC 5842, RFC 3253 ---- */

static enum err write_principal(const struct prop_subject *s, struct buf *out)
{
	struct arena *arena = arena_new();
	enum err e = buf_addf(out, "<D:href>/.sync/users/%s/</D:href>",
			      uri_encode_path(span_of(access_user(s->call->access)), arena));

	arena_free(arena);
	return e;
}

static enum err write_privileges(const struct prop_subject *s, struct buf *out)
{
	static const char reads[] = "<D:privilege><D:read/></D:privilege>"
				    "<D:privilege><D:read-current-user-privilege-set/></D:privilege>";
	static const char writes[] =
	    "<D:privilege><D:write/></D:privilege><D:privilege><D:write-content/></D:privilege>"
	    "<D:privilege><D:write-properties/></D:privilege><D:privilege><D:bind/></D:privilege>"
	    "<D:privilege><D:unbind/></D:privilege><D:privilege><D:unlock/></D:privilege>";
	enum err e = buf_add_text(out, reads);

	if (e != OK || call_is_fixed(s->call) || !access_may_write(s->call->access, s->path))
		return e;
	return buf_add_text(out, writes);
}

static enum err write_resource_id(const struct prop_subject *s, struct buf *out)
{
	char text[STORE_RESOURCE_ID_SIZE];

	return buf_addf(out, "<D:href>%s</D:href>", store_resource_id(s->call->dav->store, s->node->id, text));
}

/* ---- RFC 6578, RFC 3253 §3.1.5 ---- */

static enum err write_sync_token(const struct prop_subject *s, struct buf *out)
{
	unsigned char view[STORE_SYNC_VIEW_SIZE];
	char text[STORE_SYNC_TOKEN_SIZE];
	enum err e;

	access_view(s->call->access, view);
	e = store_sync_token(s->call->dav->store, view, text);
	return e == OK ? buf_add_text(out, text) : e;
}

static enum err write_reports(const struct prop_subject *s, struct buf *out)
{
	if (call_is_fixed(s->call))
		return OK;
	return buf_addf(out, "<D:supported-report><D:report><%s/></D:report></D:supported-report>%s",
			is_folder(s) ? "D:sync-collection" : "D:version-tree",
			is_folder(s) ? "<D:supported-report><D:report><s:changes/></D:report></D:supported-report>"
				     : "");
}

/* ---- history: RFC 3253 §3.3.1, §3.1.2, §3.2.1, and what it has no names for ---- */

/* The number by which a state can be had: of a content when it came; of a collection, which changes with all below it, the asked one. */
static int64_t version_number(const struct prop_subject *s)
{
	return is_folder(s) ? s->call->at : s->node->seq;
}

static bool is_version(const struct prop_subject *s)
{
	return s->version || s->call->is_past;
}

static enum err write_version_name(const struct prop_subject *s, struct buf *out)
{
	return is_version(s) ? buf_add_number(out, version_number(s)) : E_NOT_FOUND;
}

static enum err write_checked_in(const struct prop_subject *s, struct buf *out)
{
	char text[STORE_RESOURCE_ID_SIZE];

	if (!is_version(s))
		return E_NOT_FOUND;
	store_resource_id(s->call->dav->store, s->node->id, text);
	return buf_addf(out, "<D:href>" DAV_VERSIONS "/%s/%" PRId64 "%s</D:href>", text + sizeof "urn:uuid:" - 1,
			version_number(s), is_folder(s) ? "/" : "");
}

static enum err write_creator(const struct prop_subject *s, struct buf *out)
{
	return s->version ? xml_escape(out, span_of(s->version->author)) : E_NOT_FOUND;
}

static enum err write_client(const struct prop_subject *s, struct buf *out)
{
	return s->version ? xml_escape(out, span_of(s->version->client)) : E_NOT_FOUND;
}

/* The number that ended it; none while it is current. */
static enum err write_until(const struct prop_subject *s, struct buf *out)
{
	return s->version && s->version->until ? buf_add_number(out, s->version->until) : E_NOT_FOUND;
}

static enum err write_original_path(const struct prop_subject *s, struct buf *out)
{
	struct arena *arena;
	enum err e;

	if (!s->trashed)
		return E_NOT_FOUND;
	arena = arena_new();
	e = buf_addf(out, "<D:href>%s%s</D:href>", uri_encode_path(s->trashed->then, arena), is_folder(s) ? "/" : "");
	arena_free(arena);
	return e;
}

static enum err write_deleted(const struct prop_subject *s, struct buf *out)
{
	char text[WHEN_SIZE];

	return s->trashed ? buf_add_text(out, when_format(s->trashed->deleted_ns, text)) : E_NOT_FOUND;
}

static enum err write_deleted_by(const struct prop_subject *s, struct buf *out)
{
	return s->trashed ? xml_escape(out, span_of(s->trashed->by)) : E_NOT_FOUND;
}

/* ---- Apache, ownCloud, CalendarServer ---- */

static enum err write_executable(const struct prop_subject *s, struct buf *out)
{
	return buf_add_text(out, s->node->is_executable ? "T" : "F");
}

/* A number that survives moves, then the store's: one text that is unique among servers. */
static enum err write_oc_id(const struct prop_subject *s, struct buf *out)
{
	char text[STORE_RESOURCE_ID_SIZE];

	store_resource_id(s->call->dav->store, s->node->id, text);
	return buf_addf(out, "%08" PRId64 "%.8s", s->node->id, text + sizeof "urn:uuid:" - 1);
}

/* Computed when they are first asked for, over the whole content; one that is damaged has none. */
static enum err write_checksums(const struct prop_subject *s, struct buf *out)
{
	char sha1[2 * STORE_SHA1_SIZE + 1], md5[2 * STORE_MD5_SIZE + 1], sha256[DIGEST_HEX_SIZE];
	struct store_sums sums;

	if (store_content_sums(s->call->dav->store, s->node, &sums) != OK)
		return E_NOT_FOUND;
	hex_encode(sums.sha1, sizeof sums.sha1, sha1);
	hex_encode(sums.md5, sizeof sums.md5, md5);
	return buf_addf(out, "<oc:checksum>SHA1:%s MD5:%s SHA256:%s</oc:checksum>", sha1, md5,
			digest_hex(&s->node->digest, sha256));
}

/* G readable; D deletable, N renamable, V movable; W writable file; C, K: files and folders may be made in it. */
static enum err write_oc_permissions(const struct prop_subject *s, struct buf *out)
{
	if (call_is_fixed(s->call) || !access_may_write(s->call->access, s->path))
		return buf_add_text(out, "G");
	return buf_add_text(out, is_folder(s) ? "GDNVCK" : "GDNVW");
}

static enum err write_fingerprint(const struct prop_subject *s, struct buf *out)
{
	char text[STORE_EPOCH_TEXT_SIZE];

	return buf_add_text(out, store_epoch(s->call->dav->store, text));
}

/* ---- the table ---- */

static const struct live_prop table[] = {
	{ NS_DAV, "creationdate", ON_BOTH | IN_ALLPROP, write_creationdate },
	{ NS_DAV, "getcontentlength", ON_FILES | IN_ALLPROP, write_length },
	{ NS_DAV, "getcontenttype", ON_FILES | IN_ALLPROP, write_type },
	{ NS_DAV, "getetag", ON_BOTH | IN_ALLPROP | HIDDEN_IF_BARE, write_etag },
	{ NS_DAV, "getlastmodified", ON_BOTH | IN_ALLPROP | WRITABLE | HIDDEN_IF_BARE, write_modified },
	{ NS_DAV, "resourcetype", ON_BOTH | IN_ALLPROP, write_resourcetype },
	{ NS_DAV, "supportedlock", ON_BOTH | IN_ALLPROP, write_supportedlock },
	{ NS_DAV, "lockdiscovery", ON_BOTH | IN_ALLPROP, write_lockdiscovery },
	{ NS_DAV, "quota-available-bytes", ON_FOLDERS | HIDDEN_IF_BARE, write_available },
	{ NS_DAV, "quota-used-bytes", ON_FOLDERS | HIDDEN_IF_BARE, write_length },
	{ NS_DAV, "current-user-principal", ON_BOTH, write_principal },
	{ NS_DAV, "current-user-privilege-set", ON_BOTH | HIDDEN_IF_BARE, write_privileges },
	{ NS_DAV, "resource-id", ON_BOTH | HIDDEN_IF_BARE, write_resource_id },
	{ NS_DAV, "sync-token", ON_FOLDERS | HIDDEN_IF_BARE, write_sync_token },
	{ NS_DAV, "supported-report-set", ON_BOTH | HIDDEN_IF_BARE, write_reports },
	{ NS_DAV, "version-name", ON_BOTH, write_version_name },
	{ NS_DAV, "checked-in", ON_BOTH, write_checked_in },
	{ NS_DAV, "creator-displayname", ON_FILES, write_creator },
	{ NS_SYNCD, "client", ON_FILES, write_client },
	{ NS_SYNCD, "until", ON_FILES, write_until },
	{ NS_SYNCD, "original-path", ON_BOTH, write_original_path },
	{ NS_SYNCD, "deleted", ON_BOTH, write_deleted },
	{ NS_SYNCD, "deleted-by", ON_BOTH, write_deleted_by },
	{ NS_APACHE, "executable", ON_FILES | WRITABLE, write_executable },
	{ NS_OC, "id", ON_BOTH | HIDDEN_IF_BARE, write_oc_id },
	{ NS_OC, "permissions", ON_BOTH, write_oc_permissions },
	{ NS_OC, "checksums", ON_FILES | SLOW, write_checksums },
	{ NS_OC, "size", ON_BOTH | HIDDEN_IF_BARE, write_length },
	{ NS_OC, "data-fingerprint", ON_FOLDERS, write_fingerprint },
	{ NS_CALSERV, "getctag", ON_FOLDERS | HIDDEN_IF_BARE, write_etag },
};

const struct live_prop *prop_find(struct span ns, struct span name)
{
	for (size_t i = 0; i < ARRAY_LEN(table); i++)
		if (span_is(name, table[i].name) && span_is(ns, table[i].ns))
			return &table[i];
	return NULL;
}

const struct live_prop *prop_at(size_t i)
{
	return i < ARRAY_LEN(table) ? &table[i] : NULL;
}

const char *prop_ns(const struct live_prop *p)
{
	return p->ns;
}

const char *prop_name(const struct live_prop *p)
{
	return p->name;
}

bool prop_is_in_allprop(const struct live_prop *p)
{
	return (p->flags & IN_ALLPROP) != 0;
}

bool prop_is_protected(const struct live_prop *p)
{
	return !(p->flags & WRITABLE);
}

bool prop_is_slow(const struct live_prop *p)
{
	return (p->flags & SLOW) != 0;
}

bool prop_is_on(const struct live_prop *p, const struct prop_subject *s)
{
	return p->flags & (is_folder(s) ? ON_FOLDERS : ON_FILES) && !(s->is_bare && p->flags & HIDDEN_IF_BARE);
}

enum err prop_write(const struct live_prop *p, const struct prop_subject *s, struct buf *out)
{
	return prop_is_on(p, s) ? p->write(s, out) : E_NOT_FOUND;
}
