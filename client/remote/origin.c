#include "client/remote/origin.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "common/base.h"

static bool host_is_loopback(const char *host)
{
	struct in_addr v4;
	struct in6_addr v6;

	if (strcasecmp(host, "localhost") == 0)
		return true; /* RFC 6761 §6.3; libcurl resolves it to loopback by itself */
	if (inet_pton(AF_INET, host, &v4) == 1)
		return (ntohl(v4.s_addr) >> 24) == 127;
	return inet_pton(AF_INET6, host, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

/* A part of the URL as our own copy, or NULL. */
static char *part_of(CURLU *url, CURLUPart part, unsigned flags)
{
	char *text = NULL, *copy;

	if (curl_url_get(url, part, &text, flags) != CURLUE_OK)
		return NULL;
	copy = xstrdup(text);
	curl_free(text);
	return copy;
}

static bool has_part(CURLU *url, CURLUPart part)
{
	char *text = part_of(url, part, 0);
	bool has = text != NULL;

	free(text);
	return has;
}

/*
 * "scheme://host:port", or NULL.  An address keeps its zone (RFC 6874): without it a link-local one reaches nobody.  A name
 * holds no percent sign once it is decoded: decoded again it would be another host's.
 */
static char *base_of(CURLU *url)
{
	autofree char *scheme = part_of(url, CURLUPART_SCHEME, 0);
	autofree char *host = part_of(url, CURLUPART_HOST, 0);
	autofree char *port = part_of(url, CURLUPART_PORT, CURLU_DEFAULT_PORT);
	autofree char *zone = part_of(url, CURLUPART_ZONEID, 0);

	if (!scheme || !host || !*host || !port || strchr(host, '%'))
		return NULL;
	if (host[0] == '[' && zone)
		return xasprintf("%s://%.*s%%25%s]:%s", scheme, (int)strlen(host) - 1, host, zone, port);
	return xasprintf("%s://%s:%s", scheme, host, port);
}

static enum err fill(CURLU *url, const char *text, struct origin *out, struct note *why)
{
	autofree char *scheme = part_of(url, CURLUPART_SCHEME, 0);
	autofree char *host = part_of(url, CURLUPART_HOST, 0);
	autofree char *path = part_of(url, CURLUPART_PATH, 0);
	autofree char *base = base_of(url);
	size_t len;

	if (!scheme || !host || !base || !path)
		return note_set(why, E_USAGE, "not a URL: %s", text);
	if (strcmp(scheme, "https") != 0 && strcmp(scheme, "http") != 0)
		return note_set(why, E_USAGE, "a remote begins with https:// (or http://), not %s://", scheme);
	if (has_part(url, CURLUPART_USER) || has_part(url, CURLUPART_PASSWORD))
		return note_set(why, E_USAGE,
				"no user or password in the URL: a secret belongs in the credentials file");
	if (has_part(url, CURLUPART_QUERY) || has_part(url, CURLUPART_FRAGMENT))
		return note_set(why, E_USAGE, "a remote's URL has no ? and no # part");
	len = strlen(path);
	out->base = TAKE(base);
	out->root = xasprintf("%s%s", path, len && path[len - 1] == '/' ? "" : "/");
	out->is_plain = strcmp(scheme, "http") == 0;
	if (host[0] == '[') {
		host[strlen(host) - 1] = '\0';
		out->host = xstrdup(host + 1);
	} else {
		out->host = TAKE(host);
	}
	out->is_loopback = host_is_loopback(out->host);
	return OK;
}

enum err origin_parse(const char *url, struct origin *out, struct note *why)
{
	CURLU *parts;
	enum err e;

	memset(out, 0, sizeof *out);
	if (strlen(url) > ORIGIN_URL_LIMIT)
		return note_set(why, E_USAGE, "the URL is too long");
	if (!(parts = curl_url()))
		return E_INTERNAL;
	if (curl_url_set(parts, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK)
		e = note_set(why, E_USAGE, "not a URL: %.100s (https://host:port/ is one)", url);
	else
		e = fill(parts, url, out, why);
	curl_url_cleanup(parts);
	return e;
}

void origin_clear(struct origin *o)
{
	free(o->base);
	free(o->host);
	free(o->root);
	memset(o, 0, sizeof *o);
}

char *origin_url(const struct origin *o)
{
	return xasprintf("%s%s", o->base, o->root);
}

bool origin_holds(const struct origin *o, const char *url)
{
	CURLU *parts = curl_url();
	autofree char *base = NULL;

	if (parts && curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK)
		base = base_of(parts);
	curl_url_cleanup(parts);
	return base && strcasecmp(base, o->base) == 0;
}
