/*
 * api: the table of our resources.  A path ending in "/" has one more segment, which the function reads.
 */
#include "server/api/internal.h"

#include <stdlib.h>
#include <string.h>

static const struct route {
	const char *path;
	enum method method;
	bool is_admin; /* through the admin socket alone; elsewhere it is not there */
	void (*handle)(struct api *a, struct req *r);
} routes[] = {
	{ "/.sync/healthz", METHOD_GET, false, api_health },
	{ "/.sync/readyz", METHOD_GET, false, api_ready },
	{ "/.sync/metrics", METHOD_GET, false, api_metrics },
	{ "/.sync/events", METHOD_GET, false, api_events },
	{ "/.sync/login", METHOD_POST, false, api_login },
	{ "/.sync/admin/tokens", METHOD_GET, true, api_list_tokens },
	{ "/.sync/admin/tokens", METHOD_POST, true, api_add_token },
	{ "/.sync/admin/tokens/", METHOD_DELETE, true, api_remove_token },
	{ "/.sync/admin/locks", METHOD_GET, true, api_list_locks },
	{ "/.sync/admin/locks/", METHOD_DELETE, true, api_remove_lock },
	{ "/.sync/admin/quotas", METHOD_GET, true, api_list_quotas },
	{ "/.sync/admin/quotas", METHOD_POST, true, api_set_quota },
	{ "/.sync/admin/codes", METHOD_POST, true, api_add_code },
	{ "/.sync/admin/users", METHOD_GET, true, api_list_users },
	{ "/.sync/admin/users", METHOD_POST, true, api_add_user },
	{ "/.sync/admin/users/", METHOD_DELETE, true, api_remove_user },
	{ "/.sync/admin/rights", METHOD_POST, true, api_set_rights },
	{ "/.sync/admin/password", METHOD_POST, true, api_set_password },
	{ "/.sync/admin/invite", METHOD_POST, true, api_invite },
	{ "/.sync/admin/reload", METHOD_POST, true, api_reload },
	{ "/.sync/admin/config", METHOD_GET, true, api_show_config },
	{ "/.sync/admin/status", METHOD_GET, true, api_status },
	{ "/.sync/admin/stream/", METHOD_POST, true, api_stream },
};

struct api *api_new(struct store *store, const struct api_options *options)
{
	struct api *a = xcalloc(1, sizeof *a);

	a->store = store;
	a->options = *options;
	a->throttle = throttle_new();
	a->events = events_new(store, options->auth);
	return a;
}

void api_free(struct api *a)
{
	if (!a)
		return;
	events_free(a->events);
	throttle_free(a->throttle);
	free(a);
}

void api_stop(struct api *a)
{
	events_stop(a->events);
}

void api_events(struct api *a, struct req *r)
{
	events_answer(a->events, r);
}

void api_reply_text(struct req *r, int status, const char *text)
{
	autobuf struct buf body = buf_new(256);

	if (buf_addf(&body, "%s\n", text) != OK)
		abort(); /* a text of ours that is too long */
	req_set_header(r, "Cache-Control", "no-store");
	req_reply_buf(r, status, "text/plain; charset=utf-8", &body);
}

static bool fits(const struct route *route, struct req *r, const char *path)
{
	size_t len = strlen(route->path);

	if (route->is_admin && !req_is_admin(r))
		return false;
	if (route->path[len - 1] == '/')
		return strncmp(path, route->path, len) == 0 && path[len] && !strchr(path + len, '/');
	return strcmp(path, route->path) == 0;
}

static bool is_method(const struct route *route, enum method m)
{
	return m == route->method || (route->method == METHOD_GET && m == METHOD_HEAD);
}

/* The resource is there, but not for this method. */
static void refuse_method(struct req *r, const char *path)
{
	autobuf struct buf allow = buf_new(256);

	for (size_t i = 0; i < ARRAY_LEN(routes); i++)
		if (fits(&routes[i], r, path) &&
		    buf_addf(&allow, "%s%s%s", allow.len ? ", " : "", method_name(routes[i].method),
			     routes[i].method == METHOD_GET ? ", HEAD" : "") != OK)
			abort();
	req_set_header(r, "Allow", allow.data);
	req_reply_error(r, E_METHOD, NULL);
}

static bool is_read(enum method m)
{
	return m == METHOD_GET || m == METHOD_HEAD || m == METHOD_POST;
}

bool api_is_health(const struct req *r)
{
	const char *path = req_target(r)->path;

	return strcmp(path, "/.sync/healthz") == 0 || strcmp(path, "/.sync/readyz") == 0;
}

bool api_handle(struct api *a, struct req *r)
{
	const char *path = req_target(r)->path;
	enum method m = req_method(r);
	bool is_there = false;

	/* A token that is no method is 501 everywhere.  Versions and what was deleted are read and had back by WebDAV's methods. */
	if (m == METHOD_UNKNOWN || !path_is_within(span_of(path), span_of("/.sync")) ||
	    path_is_within(span_of(path), span_of("/.sync/versions")) ||
	    path_is_within(span_of(path), span_of("/.sync/trash")) || strcmp(path, "/.sync/undo") == 0)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(routes); i++) {
		if (!fits(&routes[i], r, path))
			continue;
		if (is_method(&routes[i], m)) {
			routes[i].handle(a, r);
			return true;
		}
		is_there = true;
	}
	if (m == METHOD_OPTIONS)
		return false;
	if (is_there)
		refuse_method(r, path);
	else if (is_read(m))
		req_reply_error(r, E_NOT_FOUND, NULL);
	else
		return false;
	return true;
}
