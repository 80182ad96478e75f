#include "server/dav/multistatus.h"

#include "common/status.h"
#include "common/uri.h"

static const struct {
	const char *prefix, *ns;
} declared[] = {
	{ "D", NS_DAV }, { "oc", NS_OC }, { "ap", NS_APACHE }, { "cs", NS_CALSERV }, { "ms", NS_MS }, { "s", NS_SYNCD },
};

const char *multistatus_prefix(struct span ns)
{
	for (size_t i = 0; i < ARRAY_LEN(declared); i++)
		if (span_is(ns, declared[i].ns))
			return declared[i].prefix;
	/* Bound by itself, and to no other prefix ever (Namespaces in XML 1.0 §3). */
	return span_is(ns, "http://www.w3.org/XML/1998/namespace") ? "xml" : NULL;
}

enum err multistatus_begin(struct buf *out)
{
	enum err e = buf_add_text(out, "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<D:multistatus");

	for (size_t i = 0; i < ARRAY_LEN(declared) && e == OK; i++)
		e = buf_addf(out, " xmlns:%s=\"%s\"", declared[i].prefix, declared[i].ns);
	return e == OK ? buf_add_text(out, ">") : e;
}

enum err multistatus_end(struct buf *out)
{
	return buf_add_text(out, "</D:multistatus>\n");
}

enum err multistatus_response(struct buf *out, const char *href)
{
	enum err e = buf_add_text(out, "<D:response><D:href>");

	/* What XML reserves is percent-encoded in an href. */
	if (e != OK || (e = buf_add_text(out, href)) != OK)
		return e;
	return buf_add_text(out, "</D:href>");
}

enum err multistatus_resource(struct buf *out, const char *prefix, struct span path, bool is_collection)
{
	enum err e = buf_add_text(out, "<D:response><D:href>");

	if (e != OK || (e = buf_add_text(out, prefix)) != OK || (e = uri_add_path(out, path)) != OK)
		return e;
	return buf_add_text(out, is_collection && path.len > 1 ? "/</D:href>" : "</D:href>");
}

enum err multistatus_response_end(struct buf *out)
{
	return buf_add_text(out, "</D:response>");
}

enum err multistatus_status(struct buf *out, int status)
{
	return buf_addf(out, "<D:status>HTTP/1.1 %d %s</D:status>", status, status_reason(status));
}

enum err multistatus_propstat(struct buf *out)
{
	return buf_add_text(out, "<D:propstat><D:prop>");
}

enum err multistatus_propstat_end(struct buf *out, int status, const char *condition)
{
	enum err e = buf_add_text(out, "</D:prop>");

	if (e != OK || (e = multistatus_status(out, status)) != OK)
		return e;
	if (condition && (e = buf_addf(out, "<D:error><D:%s/></D:error>", condition)) != OK)
		return e;
	return buf_add_text(out, "</D:propstat>");
}
