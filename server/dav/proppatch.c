/*
 * PROPPATCH (RFC 4918 §9.2) and the properties that extended MKCOL sets (RFC 5689): all of them, or none.
 *
 * Most are dead: kept as they come.  Of the live ones a client may set the time, by one of the names that clients use for it, and
 * the executable bit; Windows' other times and attributes are kept as dead ones, so that it gets back what it set.
 */
#include "server/dav/proppatch.h"

#include <string.h>

#include "common/clock.h"
#include "common/httpdate.h"
#include "server/dav/davhdr.h"
#include "server/dav/multistatus.h"

enum { PATCH_LIMIT = 1000 /* properties in one request */, REPLY_MAX = 2 << 20 };

/* ---- the changes ---- */

static bool read_seconds(struct span text, int64_t *out_ns)
{
	int64_t seconds;

	if (!span_to_int64(text, &seconds) || seconds > INT64_MAX / NS_PER_S)
		return false;
	*out_ns = seconds * NS_PER_S;
	return true;
}

static bool read_date(struct span text, int64_t *out_ns)
{
	int64_t seconds;

	if (!httpdate_parse(text, clock_now_s(), &seconds) || seconds > INT64_MAX / NS_PER_S)
		return false;
	*out_ns = seconds * NS_PER_S;
	return true;
}

/* By what names clients set a file's time. */
static const struct {
	const char *ns, *name;
	bool (*read)(struct span text, int64_t *out_ns);
	bool is_kept; /* as a dead property, too: it is asked for under this name */
} times[] = {
	{ NS_DAV, "lastmodified", read_seconds, false },
	{ NS_DAV, "getlastmodified", read_date, false },
	{ NS_MS, "Win32LastModifiedTime", read_date, true },
};

static int take_dead(struct proppatch *p, const struct xml_node *n, bool is_remove)
{
	autobuf struct buf value = buf_new(STORE_PROP_VALUE_LIMIT);
	struct store_prop_change *c = &p->changes[p->change_count];

	if (n->name.len > STORE_PROP_NAME_LIMIT || n->ns.len > STORE_PROP_NAME_LIMIT)
		return 507;
	*c = (struct store_prop_change){ .is_remove = is_remove, .prop = { n->ns, n->name, xml_lang(n), { "", 0 } } };
	if (!is_remove) {
		if (xml_write_content(n, &value) != OK)
			return 507;
		c->prop.value = (struct span){ arena_span(p->arena, buf_span(&value)), value.len };
	}
	p->change_count++;
	return 200;
}

/* A time or the executable bit.  True: it was one, and `out_status` says how it went. */
static bool take_live(struct proppatch *p, const struct xml_node *n, bool is_remove, int *out_status)
{
	struct span text = xml_text(n, p->arena);

	*out_status = 200;
	for (size_t i = 0; i < ARRAY_LEN(times); i++)
		if (xml_is(n, times[i].ns, times[i].name)) {
			if (is_remove || !times[i].read(text, &p->mtime_ns))
				*out_status = is_remove ? 403 : 409;
			else if (times[i].is_kept)
				*out_status = take_dead(p, n, false);
			return true;
		}
	if (!xml_is(n, NS_APACHE, "executable"))
		return false;
	if (p->is_collection)
		*out_status = 403; /* a folder has no such bit */
	else if (is_remove || span_eq_nocase(text, "F"))
		p->executable = STORE_EXEC_NO;
	else if (span_eq_nocase(text, "T"))
		p->executable = STORE_EXEC_YES;
	else
		*out_status = 409;
	return true;
}

static enum err take_one(struct proppatch *p, const struct xml_node *n, bool is_remove)
{
	const struct live_prop *live = prop_find(n->ns, n->name);
	struct proppatch_item *item;
	int status;

	if (p->count == PATCH_LIMIT)
		return E_TOO_LARGE;
	if (live && prop_is_protected(live))
		status = 403;
	else if (!take_live(p, n, is_remove, &status))
		status = take_dead(p, n, is_remove);
	item = &p->items[p->count++];
	*item = (struct proppatch_item){ n->ns, n->name, status };
	p->has_failed |= status != 200;
	return OK;
}

static enum err take_props(struct proppatch *p, const struct xml_node *action, bool is_remove)
{
	enum err e = OK;

	for (const struct xml_node *prop = xml_first_element(action); prop && e == OK; prop = xml_next_element(prop)) {
		if (!xml_is(prop, NS_DAV, "prop"))
			continue;
		for (const struct xml_node *n = xml_first_element(prop); n && e == OK; n = xml_next_element(n))
			e = p->skip && p->skip(n) ? OK : take_one(p, n, is_remove);
	}
	return e;
}

enum err proppatch_read(struct proppatch *p, const struct xml_node *root, struct arena *arena)
{
	enum err e = OK;

	p->arena = arena;
	p->mtime_ns = STORE_MTIME_NOW;
	p->items = arena_alloc(arena, PATCH_LIMIT * sizeof *p->items);
	p->changes = arena_alloc(arena, PATCH_LIMIT * sizeof *p->changes);
	for (const struct xml_node *a = xml_first_element(root); a && e == OK; a = xml_next_element(a)) {
		if (xml_is(a, NS_DAV, "set"))
			e = take_props(p, a, false);
		else if (xml_is(a, NS_DAV, "remove") && !p->only_set)
			e = take_props(p, a, true);
	}
	return e;
}

/* ---- the answer ---- */

static enum err write_name(const struct proppatch_item *item, struct buf *out)
{
	const char *prefix = multistatus_prefix(item->ns);
	enum err e;

	if (prefix)
		return buf_addf(out, "<%s:%.*s/>", prefix, (int)item->name.len, item->name.ptr);
	if (!item->ns.len)
		return buf_addf(out, "<%.*s/>", (int)item->name.len, item->name.ptr);
	e = buf_addf(out, "<x:%.*s xmlns:x=\"", (int)item->name.len, item->name.ptr);
	if (e == OK)
		e = xml_escape(out, item->ns);
	return e == OK ? buf_add_text(out, "\"/>") : e;
}

/* One failed, so none was done: the others are 424 (§9.2.1). */
static int status_of(const struct proppatch *p, const struct proppatch_item *item)
{
	return p->has_failed && item->status == 200 ? 424 : item->status;
}

enum err proppatch_write(const struct proppatch *p, struct buf *out)
{
	static const int statuses[] = { 200, 403, 409, 424, 507 };
	enum err e = OK;

	for (size_t i = 0; i < ARRAY_LEN(statuses) && e == OK; i++) {
		bool any = false;

		for (unsigned k = 0; k < p->count && e == OK; k++) {
			if (status_of(p, &p->items[k]) != statuses[i])
				continue;
			if (!any)
				e = multistatus_propstat(out);
			any = true;
			if (e == OK)
				e = write_name(&p->items[k], out);
		}
		if (any && e == OK)
			e = multistatus_propstat_end(out, statuses[i],
						     statuses[i] == 403 ? "cannot-modify-protected-property" : NULL);
	}
	return e;
}

static void reply(struct call *c, const struct proppatch *p)
{
	autobuf struct buf body = buf_new(REPLY_MAX);
	enum err e = multistatus_begin(&body);

	if (e == OK)
		e = multistatus_response(&body, call_href(c, c->path, c->node.kind == STORE_COLLECTION));
	if (e == OK)
		e = proppatch_write(p, &body);
	if (e == OK)
		e = multistatus_response_end(&body);
	if (e == OK)
		e = multistatus_end(&body);
	if (e == OK)
		req_reply_buf(c->req, 207, DAV_XML_TYPE, &body);
	else
		call_reply_error(c, e, NULL);
}

/* ---- the request ---- */

static void patched(struct call *c, const struct store_result *result)
{
	const struct proppatch *p = c->method_data;

	if (result->error != OK) {
		call_reply_failure(c, result);
		return;
	}
	if (davhdr_wants_minimal(c->req)) { /* RFC 8144 §2.2 */
		req_set_header(c->req, "Preference-Applied", "return=minimal");
		req_reply(c->req, 204);
	} else {
		reply(c, p);
	}
}

static void got_body(struct call *c, void *arg, const struct xml_node *root)
{
	struct proppatch *p = arg;
	struct cond cond = call_cond(c);
	struct store_step step = { .op = STORE_PROPPATCH, .path = c->path, .cond = &cond, .ifs = c->ifs };

	if (!root || !xml_is(root, NS_DAV, "propertyupdate")) {
		call_reply_error(c, E_BAD_REQUEST, "the body of PROPPATCH is a DAV:propertyupdate element");
	} else if (proppatch_read(p, root, req_arena(c->req)) != OK) {
		call_reply_error(c, E_TOO_LARGE, "too many properties");
	} else if (p->has_failed) {
		reply(c, p);
	} else if (!p->count) {
		call_reply_error(c, E_BAD_REQUEST, "no property is named");
	} else {
		step.props = p->changes;
		step.prop_count = p->change_count;
		step.mtime_ns = p->mtime_ns;
		step.executable = p->executable;
		c->method_data = p;
		call_submit(c, &step, patched);
	}
}

void dav_proppatch(struct call *c)
{
	struct proppatch *p = arena_zalloc(req_arena(c->req), sizeof *p);

	p->is_collection = c->exists && c->node.kind == STORE_COLLECTION;
	if (!c->exists || call_is_misnamed(c))
		call_reply_error(c, E_NOT_FOUND, NULL);
	else if (!call_is_unlocked(c, c->path, STORE_LOCK_SELF))
		return;
	else if (call_conditions(c, false) != COND_PASS)
		call_reply_stale(c, call_tag(c));
	else
		xmlbody_read(c, got_body, p);
}
