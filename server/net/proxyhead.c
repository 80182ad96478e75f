#include "server/net/proxyhead.h"

#include <arpa/inet.h>
#include <string.h>

enum {
	V1_SHORTEST = 15, /* "PROXY UNKNOWN\r\n" */
	V1_LONGEST = 107,
	V2_FIXED = 16,
	V2_LOCAL = 0,
	V2_PROXY = 1,
	V2_TCP4 = 0x11,
	V2_TCP6 = 0x21
};

static const char v2_signature[12] = { '\r', '\n', '\r', '\n', '\0', '\r', '\n', 'Q', 'U', 'I', 'T', '\n' };

static bool begins_alike(struct span bytes, const char *with, size_t len)
{
	return memcmp(bytes.ptr, with, MIN(bytes.len, len)) == 0;
}

static bool is_port(struct span text)
{
	int64_t port;

	return span_to_int64(text, &port) && port >= 0 && port <= 65535;
}

static bool is_address(int family, struct span text, char out[PROXYHEAD_PEER_SIZE])
{
	unsigned char raw[16];

	if (!text.len || text.len >= INET6_ADDRSTRLEN || memchr(text.ptr, '\0', text.len))
		return false;
	memcpy(out, text.ptr, text.len);
	out[text.len] = '\0';
	/* Written as we write it, so that one client has one name. */
	return inet_pton(family, out, raw) == 1 && inet_ntop(family, raw, out, PROXYHEAD_PEER_SIZE);
}

/* "PROXY TCP4 SOURCE DESTINATION PORT PORT", each parted by one space; the line end is cut off. */
static enum proxyhead_result read_v1(struct span line, char out_peer[PROXYHEAD_PEER_SIZE])
{
	struct span words[6], rest = line;
	char other[PROXYHEAD_PEER_SIZE];
	size_t count = 0;
	int family;

	while (count < ARRAY_LEN(words) && span_cut(&rest, ' ', &words[count]))
		count++;
	if (count >= 2 && span_is(words[1], "UNKNOWN")) {
		out_peer[0] = '\0';
		return PROXYHEAD_DONE;
	}
	if (count != ARRAY_LEN(words) || rest.len || (!span_is(words[1], "TCP4") && !span_is(words[1], "TCP6")))
		return PROXYHEAD_REFUSED;
	family = span_is(words[1], "TCP4") ? AF_INET : AF_INET6;
	if (!is_address(family, words[3], other) || !is_address(family, words[2], out_peer) || !is_port(words[4]) ||
	    !is_port(words[5]))
		return PROXYHEAD_REFUSED;
	return PROXYHEAD_DONE;
}

static enum proxyhead_result scan_v1(struct span bytes, size_t *out_want, char out_peer[PROXYHEAD_PEER_SIZE])
{
	const char *end = memchr(bytes.ptr, '\n', bytes.len);

	if (!end && bytes.len < V1_LONGEST) {
		/* One at a time behind the shortest there is: what follows the line is not ours. */
		*out_want = bytes.len < V1_SHORTEST ? V1_SHORTEST - bytes.len : 1;
		return PROXYHEAD_MORE;
	}
	if (!end || end + 1 != bytes.ptr + bytes.len || end == bytes.ptr || end[-1] != '\r')
		return PROXYHEAD_REFUSED;
	return read_v1((struct span){ bytes.ptr, bytes.len - 2 }, out_peer);
}

static enum proxyhead_result read_v2(const unsigned char *b, size_t size, char out_peer[PROXYHEAD_PEER_SIZE])
{
	unsigned command = b[12] & 0x0f, family = b[13];
	bool is_v4 = family == V2_TCP4, is_v6 = family == V2_TCP6;

	out_peer[0] = '\0';
	if (command == V2_LOCAL)
		return PROXYHEAD_DONE;
	if (command != V2_PROXY || size < (is_v4 ? 12u : is_v6 ? 36u : 0u))
		return PROXYHEAD_REFUSED;
	/* Another family (a unix socket, a datagram): accepted, and the proxy's own address stands. */
	if (is_v4)
		inet_ntop(AF_INET, b + V2_FIXED, out_peer, PROXYHEAD_PEER_SIZE);
	else if (is_v6)
		inet_ntop(AF_INET6, b + V2_FIXED, out_peer, PROXYHEAD_PEER_SIZE);
	return PROXYHEAD_DONE;
}

static enum proxyhead_result scan_v2(struct span bytes, size_t *out_want, char out_peer[PROXYHEAD_PEER_SIZE])
{
	const unsigned char *b = (const unsigned char *)bytes.ptr;
	size_t whole;

	if (bytes.len < V2_FIXED) {
		*out_want = V2_FIXED - bytes.len;
		return PROXYHEAD_MORE;
	}
	whole = V2_FIXED + ((size_t)b[14] << 8 | b[15]);
	if (b[12] >> 4 != 2 || whole > PROXYHEAD_LIMIT || bytes.len > whole)
		return PROXYHEAD_REFUSED;
	if (bytes.len < whole) {
		*out_want = whole - bytes.len;
		return PROXYHEAD_MORE;
	}
	return read_v2(b, whole - V2_FIXED, out_peer);
}

enum proxyhead_result proxyhead_scan(struct span bytes, size_t *out_want, char out_peer[PROXYHEAD_PEER_SIZE])
{
	static const char v1_signature[] = "PROXY ";

	*out_want = V1_SHORTEST - MIN(bytes.len, (size_t)V1_SHORTEST - 1);
	if (!bytes.len)
		return PROXYHEAD_MORE;
	if (begins_alike(bytes, v1_signature, sizeof v1_signature - 1))
		return scan_v1(bytes, out_want, out_peer);
	if (begins_alike(bytes, v2_signature, sizeof v2_signature))
		return scan_v2(bytes, out_want, out_peer);
	return PROXYHEAD_REFUSED;
}
