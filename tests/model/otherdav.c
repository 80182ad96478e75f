#include "tests/model/otherdav.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/sync/treepath.h"
#include "common/httpdate.h"
#include "common/uri.h"

enum { LOCKS = 200, OWNER = 64, TAG = 64, BODY_LIMIT = 1 << 20 };

struct lock {
	char path[TREE_PATH], owner[OWNER];
	unsigned token;
	bool is_deep;
	long until_s;
};

static const struct foreign *kind;
static struct lock locks[LOCKS];
static size_t lock_count;
static unsigned next_token;

void otherdav_reset(const struct foreign *foreign)
{
	kind = foreign;
	lock_count = 0;
}

/* ---- locks ---- */

static void drop_locks(bool (*is_over)(const struct lock *l, const void *arg), const void *arg)
{
	size_t kept = 0;

	for (size_t i = 0; i < lock_count; i++)
		if (!is_over(&locks[i], arg))
			locks[kept++] = locks[i];
	lock_count = kept;
}

static bool has_expired(const struct lock *l, const void *arg not_used)
{
	return l->until_s <= tree_clock_s();
}

static bool has_gone(const struct lock *l, const void *arg not_used)
{
	return !tree_find(l->path);
}

static bool has_token(const struct lock *l, const void *token)
{
	return l->token == *(const unsigned *)token;
}

static bool covers(const struct lock *l, const char *path)
{
	return strcmp(l->path, path) == 0 || (l->is_deep && treepath_is_below(path, l->path));
}

/* One that a change of `path`, and of all below it if `is_deep`, meets, but for that of `token`. */
static const struct lock *lock_on(const char *path, bool is_deep, unsigned token)
{
	for (size_t i = 0; i < lock_count; i++)
		if (locks[i].token != token &&
		    (covers(&locks[i], path) || (is_deep && treepath_is_below(locks[i].path, path))))
			return &locks[i];
	return NULL;
}

bool otherdav_is_locked(const char *path)
{
	return lock_on(path, true, 0);
}

/* ---- the dialect ---- */

/* 0: it submits none. */
static unsigned submitted(const struct http_request *req)
{
	const char *list = methods_field(req, "If"), *at = list ? strstr(list, "urn:lock:") : NULL;
	unsigned token = 0;

	if (at && sscanf(at, "urn:lock:%u", &token) != 1)
		abort();
	return token;
}

static void tag_of(const struct tree_node *n, char out[TAG])
{
	if (kind->tags == FOREIGN_TAGS_EXACT)
		snprintf(out, TAG, "\"v%u\"", n->version);
	else
		snprintf(out, TAG, "\"%lx-%zx\"", n->mtime_s, strlen(n->text));
}

static int refuses(const struct http_request *req, const struct tree_node *n, const char *path)
{
	const char *match = methods_field(req, "If-Match");
	unsigned token = submitted(req);
	char tag[TAG];

	if (n && n->kind == PLAN_FILE && req->target[strlen(req->target) - 1] == '/')
		return 404; /* a folder was meant */
	if (token && (!lock_on(path, false, 0) || lock_on(path, false, 0)->token != token))
		return 412;
	if (kind->guard != FOREIGN_CONDITION)
		return 0; /* others may be there, and mean nothing */
	if (n && n->kind == PLAN_FILE)
		tag_of(n, tag);
	if (match && (!n || n->kind != PLAN_FILE || strcmp(match, tag) != 0))
		return 412;
	if (methods_field(req, "If-None-Match") && n)
		return 412;
	/* That what is put into it meanwhile goes too is told to the user; here it is not to count as lost. */
	if (strcmp(req->method, "DELETE") == 0 && n && n->kind == PLAN_FOLDER)
		for (size_t i = 0; i < tree_now()->count; i++)
			if (treepath_is_below(tree_now()->nodes[i].path, path))
				return 409;
	return 0;
}

static bool is_locked(const struct http_request *req, const char *path)
{
	return lock_on(path, true, submitted(req));
}

static void describe(const struct tree_node *n, char *out, size_t size)
{
	char now[HTTPDATE_SIZE], changed[HTTPDATE_SIZE], tag[TAG];

	if (n->kind != PLAN_FILE)
		return;
	tag_of(n, tag);
	snprintf(out, size, "Date: %s\r\nLast-Modified: %s\r\nETag: %s\r\n", httpdate_format(tree_clock_s(), now),
		 httpdate_format(n->mtime_s, changed), tag);
}

static void changed(void)
{
	drop_locks(has_gone, NULL);
}

/* ---- PROPFIND ---- */

static void add_text(struct buf *out, const char *text)
{
	enum err e = buf_add_text(out, text);

	assert(e == OK);
}

static char *discovery_of(const char *path)
{
	const struct lock *l = lock_on(path, false, 0);

	return l ? xasprintf("<D:lockdiscovery><D:activelock><D:owner>%s</D:owner><D:timeout>Second-%ld</D:timeout>"
			     "<D:locktoken><D:href>urn:lock:%u</D:href></D:locktoken></D:activelock></D:lockdiscovery>",
			     l->owner, l->until_s - tree_clock_s(), l->token)
		 : xstrdup("<D:lockdiscovery/>");
}

static char *file_properties(const struct tree_node *n)
{
	char changed_at[HTTPDATE_SIZE], tag[TAG];

	tag_of(n, tag);
	return xasprintf("<D:resourcetype/><D:getcontentlength>%zu</D:getcontentlength><D:getetag>%s</D:getetag>"
			 "<D:getlastmodified>%s</D:getlastmodified>",
			 strlen(n->text), tag, httpdate_format(n->mtime_s, changed_at));
}

static void tell(struct buf *out, const char *path, const struct tree_node *n)
{
	struct arena *arena = arena_new();
	bool is_folder = !n || n->kind == PLAN_FOLDER;
	autofree char *locked = discovery_of(path);
	autofree char *own =
	    is_folder ? xstrdup("<D:resourcetype><D:collection/></D:resourcetype>") : file_properties(n);
	autofree char *text =
	    xasprintf("<D:response><D:href>/" METHODS_ROOT "%s%s</D:href><D:propstat><D:prop>%s%s</D:prop>"
		      "<D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>",
		      uri_encode_path(span_of(path), arena), is_folder && *path ? "/" : "", own, locked);

	add_text(out, text);
	arena_free(arena);
}

static void do_propfind(struct http_request *req, const char *path)
{
	const char *depth = methods_field(req, "Depth");
	const struct tree_node *n = tree_find(path);
	struct buf out = buf_new(BODY_LIMIT);

	if (!n && *path) {
		methods_say(req, 404, NULL);
		buf_clear(&out);
		return;
	}
	methods_say(req, 207, NULL);
	add_text(&out, "<?xml version=\"1.0\"?><D:multistatus xmlns:D=\"DAV:\">");
	tell(&out, path, n);
	for (size_t i = 0; *depth == '1' && i < tree_now()->count; i++) {
		const struct tree_node *m = &tree_now()->nodes[i];
		autofree char *parent = treepath_parent(m->path);

		if (strcmp(parent, path) == 0)
			tell(&out, m->path, m);
	}
	add_text(&out, "</D:multistatus>");
	methods_give(req, out.data, out.len);
	buf_clear(&out);
}

/* ---- LOCK, UNLOCK ---- */

static void answer_lock(struct http_request *req, int status, unsigned token)
{
	char line[100];
	enum err e;

	answer_reset(&req->answer);
	req->answer.err = OK;
	snprintf(line, sizeof line, "HTTP/1.1 %d X\r\n", status);
	e = answer_line(&req->answer, span_of(line));
	snprintf(line, sizeof line, "Lock-Token: <urn:lock:%u>\r\n", token);
	if (e == OK)
		e = answer_line(&req->answer, span_of(line));
	if (e == OK)
		e = answer_line(&req->answer, span_of("\r\n"));
	assert(e == OK);
}

static void do_lock(struct http_request *req, const char *path)
{
	bool is_deep = strcmp(methods_field(req, "Depth"), "infinity") == 0, is_new = !tree_find(path);
	const char *owner = strstr(req->text, "<D:owner>");
	struct lock *l = &locks[lock_count];
	long seconds;

	if (lock_on(path, is_deep, 0)) {
		methods_say(req, 423, NULL);
		return;
	}
	if (!tree_has_parent(path)) {
		methods_say(req, 409, NULL);
		return;
	}
	assert(lock_count < LOCKS && owner);
	if (sscanf(methods_field(req, "Timeout"), "Second-%ld", &seconds) != 1)
		abort();
	lock_count++;
	*l = (struct lock){ .token = ++next_token, .is_deep = is_deep, .until_s = tree_clock_s() + seconds };
	snprintf(l->path, sizeof l->path, "%s", path);
	sscanf(owner, "<D:owner>%63[^<]", l->owner);
	if (is_new) /* RFC 4918 §7.3: an empty file */
		tree_add(path, PLAN_FILE);
	answer_lock(req, is_new ? 201 : 200, l->token);
}

static void do_unlock(struct http_request *req, const char *path)
{
	const struct lock *l = lock_on(path, false, 0);
	unsigned token = 0;

	if (sscanf(methods_field(req, "Lock-Token"), "<urn:lock:%u>", &token) != 1 || !l || l->token != token) {
		methods_say(req, 409, NULL);
		return;
	}
	drop_locks(has_token, &token);
	methods_say(req, 204, NULL);
}

/* ---- */

void otherdav_serve(struct http_request *req)
{
	static const struct method more[] = {
		{ "PROPFIND", do_propfind }, { "LOCK", do_lock }, { "UNLOCK", do_unlock }, { NULL, NULL }
	};
	static const struct dialect dialect = { refuses, is_locked, describe, changed, more };

	drop_locks(has_expired, NULL);
	methods_serve(&dialect, req);
}
