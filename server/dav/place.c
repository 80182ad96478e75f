#include "server/dav/place.h"

#include <string.h>

/* "example.org:8443", "[::1]:8443": without the port. */
static struct span host_of(struct span authority)
{
	const char *end = authority.len ? memrchr(authority.ptr, ':', authority.len) : NULL;
	const char *bracket = authority.len ? memrchr(authority.ptr, ']', authority.len) : NULL;

	if (end && (!bracket || end > bracket))
		authority.len = (size_t)(end - authority.ptr);
	return authority;
}

static bool same_host(struct span a, struct span b)
{
	a = host_of(a);
	b = host_of(b);
	return a.len == b.len && a.len && strncasecmp(a.ptr, b.ptr, a.len) == 0;
}

/* Behind a proxy that puts another Host and says nothing of the one it was asked for, the administrator's word is what is left. */
static struct span public_authority(const struct call *c)
{
	const char *url = call_options(c)->public_url;
	struct target t;

	if (!url || uri_to_target(span_of(url), req_arena(c->req), &t) != OK)
		return (struct span){ "", 0 };
	return t.authority;
}

static bool is_here(const struct call *c, struct span authority)
{
	struct span own = req_target(c->req)->authority;

	if (!authority.len)
		return true;
	return same_host(authority, own.len ? own : req_header(c->req, "Host")) ||
	       same_host(authority, req_outside_host(c->req)) || same_host(authority, public_authority(c));
}

/* Nextcloud's and ownCloud's places for one user's files. */
static const char *const user_roots[] = { "/remote.php/dav/files/", "/remote.php/webdav" };

static struct span cut_prefix(struct span path, size_t len)
{
	path = (struct span){ path.ptr + len, path.len - len };
	return path.len ? path : span_of("/");
}

enum err place_of_path(const struct call *c, struct span path, struct place *out)
{
	struct arena *arena = req_arena(c->req);
	struct span user, rest;

	*out = (struct place){ .path = path, .prefix = "" };
	if (path_is_within(path, span_of(user_roots[1]))) {
		out->path = cut_prefix(path, strlen(user_roots[1]));
		out->prefix = user_roots[1];
		return OK;
	}
	if (!span_starts(path, user_roots[0]))
		return OK;
	rest = (struct span){ path.ptr + strlen(user_roots[0]), path.len - strlen(user_roots[0]) };
	if (!span_cut(&rest, '/', &user) || !c->access || !span_is(user, access_user(c->access)))
		return E_NOT_FOUND;
	out->path = cut_prefix(path, strlen(user_roots[0]) + user.len);
	out->prefix = arena_printf(arena, "%s%s", user_roots[0], uri_encode_path(user, arena));
	return OK;
}

enum err place_read(const struct call *c, struct span text, struct place *out)
{
	struct target target;
	enum err e = uri_to_target(text, req_arena(c->req), &target);

	if (e != OK)
		return e;
	if (target.has_query)
		return E_BAD_REQUEST;
	if (!is_here(c, target.authority))
		return E_BAD_GATEWAY;
	if ((e = place_of_path(c, span_of(target.path), out)) != OK)
		return e;
	out->has_trailing_slash = target.has_trailing_slash;
	return OK;
}

enum err place_read_destination(struct call *c, struct place *out, const char **why)
{
	struct span text = req_header(c->req, "Destination");
	enum err e;

	if (!text.len) {
		*why = "Destination is missing";
		return E_BAD_REQUEST;
	}
	if ((e = place_read(c, text, out)) != OK) {
		*why = e == E_BAD_GATEWAY ? "the destination is on another server" : "Destination cannot be read";
		return e == E_NOT_FOUND ? E_FORBIDDEN : e;
	}
	if (path_is_reserved(out->path)) {
		*why = "nothing can be put there";
		return E_FORBIDDEN;
	}
	*why = NULL;
	return access_may_write(c->access, out->path) ? OK : E_FORBIDDEN;
}
