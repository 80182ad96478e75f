#include "server/listening.h"

#include "server/notify.h"

#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void add(struct listening *l, const char *address, int fd, bool is_tls, bool is_optional)
{
	if (l->count == LISTENING_LIMIT)
		return; /* both lists fit: CONFIG_LISTEN_LIMIT and NOTIFY_FDS_LIMIT */
	l->items[l->count] = (struct server_listen){ .address = address, .fd = fd, .is_tls = is_tls };
	l->is_optional[l->count++] = is_optional;
}

static bool is_unix(const char *address)
{
	return strncmp(address, "unix:", 5) == 0;
}

static bool is_loopback(const struct sockaddr *sa)
{
	if (sa->sa_family == AF_UNIX)
		return true;
	if (sa->sa_family == AF_INET)
		return ntohl(((const struct sockaddr_in *)(const void *)sa)->sin_addr.s_addr) >> 24 == 127;
	return sa->sa_family == AF_INET6 &&
	       IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr);
}

/* Does "HOST:PORT" name this machine alone?  Numbers and "localhost"; nothing is asked of the network. */
static bool is_loopback_text(const char *address)
{
	struct addrinfo hints = { .ai_flags = AI_NUMERICHOST }, *found;
	const char *colon = strrchr(address, ':');
	struct span host = { address, colon ? (size_t)(colon - address) : strlen(address) };
	bool is_local;

	if (host.len > 2 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']')
		host = (struct span){ host.ptr + 1, host.len - 2 };
	if (span_eq_nocase(host, "localhost"))
		return true;
	autofree char *text = span_dup(host);
	if (!host.len || getaddrinfo(text, NULL, &hints, &found) != 0)
		return false;
	is_local = is_loopback(found->ai_addr);
	freeaddrinfo(found);
	return is_local;
}

static bool is_loopback_fd(int fd)
{
	struct sockaddr_storage at;
	socklen_t len = sizeof at;

	return getsockname(fd, (struct sockaddr *)&at, &len) == 0 && is_loopback((struct sockaddr *)&at);
}

static bool is_unix_fd(int fd)
{
	struct sockaddr_storage at;
	socklen_t len = sizeof at;

	return getsockname(fd, (struct sockaddr *)&at, &len) == 0 && at.ss_family == AF_UNIX;
}

static enum err add_inherited(struct listening *l, bool no_tls, struct note *why)
{
	int fds[NOTIFY_FDS_LIMIT];
	enum err e;
	unsigned count = notify_inherit(fds, &e, why);

	for (unsigned i = 0; i < count; i++) {
		if (no_tls && !is_loopback_fd(fds[i]))
			return note_set(why, E_USAGE, "--no-tls: inherited socket %u is not on loopback", i);
		add(l, NULL, fds[i], !no_tls && !is_unix_fd(fds[i]), false);
	}
	return e;
}

static bool has_item(const struct config_list *list, const char *text)
{
	for (unsigned i = 0; i < list->count; i++)
		if (strcmp(list->items[i], text) == 0)
			return true;
	return false;
}

static enum err add_named(struct listening *l, const struct config_list *list, const struct config_list *behind_proxy,
			  bool no_tls, struct note *why)
{
	for (unsigned i = 0; i < list->count; i++) {
		const char *address = list->items[i];

		if (no_tls && !is_unix(address) && !is_loopback_text(address))
			return note_set(
			    why, E_USAGE,
			    "--no-tls serves loopback and unix sockets only: not %.80s (passwords and files "
			    "would cross the network in the clear)",
			    address);
		add(l, address, -1, !no_tls && !is_unix(address), false);
		l->items[l->count - 1].is_behind_proxy = has_item(behind_proxy, address);
	}
	return OK;
}

enum err listening_choose(const struct config *config, bool no_tls, bool is_captive, struct listening *out,
			  struct note *why)
{
	enum err e;

	*out = (struct listening){ .count = 0 };
	if (is_captive) {
		add(out, "127.0.0.1:0", -1, !no_tls, false);
		return add_named(out, &config->listen, &config->proxy_protocol, no_tls, why);
	}
	if ((e = add_inherited(out, no_tls, why)) != OK || out->count)
		return e;
	if ((e = add_named(out, &config->listen, &config->proxy_protocol, no_tls, why)) != OK || out->count)
		return e;
	add(out, no_tls ? "127.0.0.1:8443" : "0.0.0.0:8443", -1, !no_tls, false);
	add(out, no_tls ? "[::1]:8443" : "[::]:8443", -1, !no_tls, true);
	return OK;
}

char *listening_url(const char *bound, bool is_tls)
{
	const char *colon = strrchr(bound, ':');
	char host[256] = "localhost";

	if (is_unix(bound) || !colon)
		return xstrdup(bound);
	if (strncmp(bound, "0.0.0.0:", 8) == 0 || strncmp(bound, "[::]:", 5) == 0) {
		if (gethostname(host, sizeof host) != 0 || !host[0])
			memcpy(host, "localhost", sizeof "localhost");
		host[sizeof host - 1] = '\0';
		return xasprintf("%s://%s%s/", is_tls ? "https" : "http", host, colon);
	}
	return xasprintf("%s://%s/", is_tls ? "https" : "http", bound);
}
