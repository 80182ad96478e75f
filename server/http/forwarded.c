#include "server/http/forwarded.h"

#include <string.h>

enum { HOPS_LIMIT = 32 };

struct hops {
	struct span items[HOPS_LIMIT];
	unsigned count;
};

/* Too many hops are none: nobody goes through so many proxies of his own. */
static void split(struct span list, struct hops *out)
{
	struct span rest = list, item;

	out->count = 0;
	while (list.ptr && span_list_next(&rest, &item)) {
		if (out->count == HOPS_LIMIT) {
			out->count = 0;
			return;
		}
		out->items[out->count++] = item;
	}
}

/* Without quotes (RFC 7239 §4 demands them for colons), brackets and port.  Empty: no numeric address. */
static struct span bare_address(struct span node)
{
	const char *end;

	if (node.len >= 2 && node.ptr[0] == '"' && node.ptr[node.len - 1] == '"')
		node = (struct span){ node.ptr + 1, node.len - 2 };
	if (node.len && node.ptr[0] == '[') {
		end = memchr(node.ptr, ']', node.len);
		node = end ? (struct span){ node.ptr + 1, (size_t)(end - node.ptr) - 1 } : (struct span){ "", 0 };
	} else if (node.len && !cidr_is_address(node)) {
		end = memchr(node.ptr, ':', node.len);
		node.len = end ? (size_t)(end - node.ptr) : node.len;
	}
	return cidr_is_address(node) ? node : (struct span){ "", 0 };
}

/* The value of a parameter of one Forwarded element: for=..., host=..., proto=... */
static struct span parameter(struct span element, const char *name)
{
	struct span rest = element, pair, key;

	while (span_cut(&rest, ';', &pair)) {
		struct span value = pair;

		if (!span_cut(&value, '=', &key) || !span_eq_nocase(span_trim(key), name))
			continue;
		value = span_trim(value);
		if (value.len >= 2 && value.ptr[0] == '"' && value.ptr[value.len - 1] == '"')
			value = (struct span){ value.ptr + 1, value.len - 2 };
		return value;
	}
	return (struct span){ "", 0 };
}

/* From the right: the first address that is none of our proxies, else the leftmost one. */
static struct span client_of(const struct hops *hops, bool is_forwarded, const struct cidr_list *proxies)
{
	struct span found = { "", 0 };

	for (unsigned i = hops->count; i > 0; i--) {
		struct span node = is_forwarded ? parameter(hops->items[i - 1], "for") : hops->items[i - 1];
		struct span address = bare_address(node);

		if (!address.len) /* "unknown", a name: further left nobody vouches for anything */
			break;
		found = address;
		if (!cidr_has(proxies, address))
			break;
	}
	return found;
}

/* "https" or "http" of the nearest proxy. */
static void take_proto(struct span proto, struct forwarded *out)
{
	out->is_https = span_eq_nocase(proto, "https");
	out->has_proto = out->is_https || span_eq_nocase(proto, "http");
}

static struct span last(const struct hops *hops)
{
	return hops->count ? hops->items[hops->count - 1] : (struct span){ "", 0 };
}

static void read_standard(struct span field, const struct cidr_list *proxies, struct forwarded *out)
{
	struct hops hops;

	split(field, &hops);
	out->peer = client_of(&hops, true, proxies);
	out->host = parameter(last(&hops), "host");
	take_proto(parameter(last(&hops), "proto"), out);
}

static void read_customary(const struct forwarded_fields *fields, const struct cidr_list *proxies,
			   struct forwarded *out)
{
	struct hops hops;

	split(fields->x_for, &hops);
	out->peer = client_of(&hops, false, proxies);
	split(fields->x_host, &hops);
	out->host = last(&hops);
	split(fields->x_proto, &hops);
	take_proto(last(&hops), out);
}

void forwarded_read(const struct forwarded_fields *fields, const struct cidr_list *proxies, struct forwarded *out)
{
	bool has_customary = fields->x_for.ptr || fields->x_proto.ptr || fields->x_host.ptr;
	struct forwarded standard;

	*out = (struct forwarded){ .peer = { "", 0 }, .host = { "", 0 } };
	if (has_customary)
		read_customary(fields, proxies, out);
	if (!fields->forwarded.ptr)
		return;
	read_standard(fields->forwarded, proxies, &standard);
	if (!has_customary) {
		*out = standard;
		return;
	}
	if (!span_eq(out->peer, standard.peer))
		out->peer.len = 0;
	if (!span_eq(out->host, standard.host))
		out->host.len = 0;
	out->has_proto = out->has_proto && standard.has_proto && out->is_https == standard.is_https;
}
