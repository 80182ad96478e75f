#include "server/net/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/span.h"

enum { BACKLOG = 1024 };

static enum err parse_unix(const char *path, struct listener_address *out, struct note *why)
{
	struct sockaddr_un *un = &out->addr.local;
	size_t len = strlen(path);

	if (len == 0 || len >= sizeof un->sun_path)
		return note_set(why, E_BAD_REQUEST, "unix:%.100s: the path must have 1 to %zu bytes", path,
				sizeof un->sun_path - 1);
	un->sun_family = AF_UNIX;
	memcpy(un->sun_path, path, len + 1);
	out->len = sizeof *un;
	return OK;
}

enum err listener_parse(const char *text, struct listener_address *out, struct note *why)
{
	static const struct addrinfo numbers = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
						 .ai_socktype = SOCK_STREAM };
	struct span all = span_of(text), host;
	const char *colon = strrchr(text, ':');
	struct addrinfo *found = NULL;
	autofree char *name = NULL;
	int64_t port;

	*out = (struct listener_address){ 0 };
	if (span_starts(all, "unix:"))
		return parse_unix(text + 5, out, why);
	if (!colon || !span_to_int64(span_of(colon + 1), &port) || port > 65535)
		return note_set(why, E_BAD_REQUEST, "%.100s: not ADDRESS:PORT or unix:PATH", text);
	host = (struct span){ text, (size_t)(colon - text) };
	if (host.len > 2 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']')
		host = (struct span){ host.ptr + 1, host.len - 2 };
	else if (memchr(host.ptr, ':', host.len))
		return note_set(why, E_BAD_REQUEST, "%.100s: an IPv6 address needs brackets: [::1]:8443", text);
	name = span_dup(host);
	if (host.len == 0 || getaddrinfo(name, colon + 1, &numbers, &found) != 0)
		return note_set(why, E_BAD_REQUEST, "%.100s: not a numeric address", text);
	memcpy(&out->addr.storage, found->ai_addr, found->ai_addrlen);
	out->len = found->ai_addrlen;
	freeaddrinfo(found);
	return OK;
}

static int set_option(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof value);
}

void listener_tune(int fd)
{
	set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1); /* fails for unix sockets, which have no delay */
}

/* A socket file that nobody answers at is left over from a server that died. */
static void remove_dead_socket(const struct listener_address *where)
{
	autoclose int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct stat st;

	if (fd < 0 || lstat(where->addr.local.sun_path, &st) < 0 || !S_ISSOCK(st.st_mode))
		return;
	if (connect(fd, &where->addr.any, where->len) < 0 && errno == ECONNREFUSED)
		unlink(where->addr.local.sun_path);
}

static int bind_unix(int fd, const struct listener_address *where, unsigned mode)
{
	mode_t old;
	int result;

	remove_dead_socket(where);
	/* The umask, not a later chmod(): the socket may never be open to all, not even for a moment. */
	old = umask(0777 & ~mode);
	result = bind(fd, &where->addr.any, where->len);
	umask(old);
	return result;
}

static int bind_inet(int fd, const struct listener_address *where, bool shares_port)
{
	set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	if (shares_port && set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1) < 0)
		return -1;
	if (where->addr.any.sa_family == AF_INET6 && set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1) < 0)
		return -1;
	listener_tune(fd);
	return bind(fd, &where->addr.any, where->len);
}

/* SO_REUSEPORT would let a second server of the same user in unseen: ask without it first. */
static int probe(const struct listener_address *where)
{
	autoclose int fd = socket(where->addr.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind_inet(fd, where, false) < 0 || listen(fd, 1) < 0)
		return -1;
	return 0;
}

static enum err explain(int error_number, struct note *why)
{
	if (error_number == EADDRINUSE)
		return note_set(why, E_BUSY, "somebody listens there already");
	if (error_number == EACCES || error_number == EPERM)
		return note_set(why, E_FORBIDDEN, "not allowed to listen there");
	if (error_number == EADDRNOTAVAIL)
		return note_set(why, E_BAD_REQUEST, "not an address of this machine");
	return note_set(why, E_IO, "cannot listen there: %s", strerror(error_number));
}

enum err listener_bind(const struct listener_address *where, bool is_first, unsigned mode, int *out_fd,
		       struct note *why)
{
	bool is_unix = where->addr.any.sa_family == AF_UNIX;
	autoclose int fd = socket(where->addr.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0 || (is_first && !is_unix && probe(where) < 0))
		return explain(errno, why);
	if (is_unix ? bind_unix(fd, where, mode) < 0 : bind_inet(fd, where, true) < 0)
		return explain(errno, why);
	if (listen(fd, BACKLOG) < 0)
		return explain(errno, why);
	*out_fd = TAKE_FD(fd);
	return OK;
}

char *listener_bound(int fd)
{
	struct listener_address a = { .len = sizeof a.addr };
	char host[NI_MAXHOST], port[NI_MAXSERV];

	if (getsockname(fd, &a.addr.any, &a.len) < 0)
		return xstrdup("?");
	if (a.addr.any.sa_family == AF_UNIX)
		return xasprintf("unix:%s", a.addr.local.sun_path);
	if (getnameinfo(&a.addr.any, a.len, host, sizeof host, port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		return xstrdup("?");
	return xasprintf(a.addr.any.sa_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
}

void listener_peer(int fd, char out[LISTENER_PEER_SIZE])
{
	struct listener_address a = { .len = sizeof a.addr };

	memcpy(out, "unix", 5);
	if (getpeername(fd, &a.addr.any, &a.len) < 0)
		memcpy(out, "?", 2);
	else if (a.addr.any.sa_family == AF_INET)
		inet_ntop(AF_INET, &((struct sockaddr_in *)&a.addr)->sin_addr, out, LISTENER_PEER_SIZE);
	else if (a.addr.any.sa_family == AF_INET6)
		inet_ntop(AF_INET6, &((struct sockaddr_in6 *)&a.addr)->sin6_addr, out, LISTENER_PEER_SIZE);
}

bool listener_peer_uid(int fd, unsigned *out_uid)
{
	struct ucred who;
	socklen_t len = sizeof who;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) < 0 || len != sizeof who)
		return false;
	*out_uid = who.uid;
	return true;
}
