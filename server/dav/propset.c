#include "server/dav/propset.h"

#include "server/dav/multistatus.h"

/* One property that was asked for, with its element's tags as they are written. */
struct wanted {
	const struct live_prop *live; /* NULL: a dead one, if at all */
	struct span ns, name;
	const char *open, *close, *empty;
};

enum propset_kind { PROPSET_ALL, PROPSET_NAMES, PROPSET_SOME };

struct propset {
	enum propset_kind kind;
	bool is_minimal;
	struct wanted *wanted; /* of PROPSET_ALL: what it includes besides */
	unsigned count;
};

/* ---- tags ---- */

static const char *escaped(struct arena *arena, struct span text)
{
	autobuf struct buf b = buf_new(8 * text.len + 16);

	return xml_escape(&b, text) == OK ? arena_strdup(arena, b.data) : "";
}

static void make_tags(struct arena *arena, struct wanted *w)
{
	const char *prefix = multistatus_prefix(w->ns);
	int len = (int)w->name.len;

	if (prefix) {
		w->open = arena_printf(arena, "<%s:%.*s>", prefix, len, w->name.ptr);
		w->close = arena_printf(arena, "</%s:%.*s>", prefix, len, w->name.ptr);
		w->empty = arena_printf(arena, "<%s:%.*s/>", prefix, len, w->name.ptr);
	} else if (w->ns.len) {
		const char *ns = escaped(arena, w->ns);

		w->open = arena_printf(arena, "<x:%.*s xmlns:x=\"%s\">", len, w->name.ptr, ns);
		w->close = arena_printf(arena, "</x:%.*s>", len, w->name.ptr);
		w->empty = arena_printf(arena, "<x:%.*s xmlns:x=\"%s\"/>", len, w->name.ptr, ns);
	} else {
		w->open = arena_printf(arena, "<%.*s>", len, w->name.ptr);
		w->close = arena_printf(arena, "</%.*s>", len, w->name.ptr);
		w->empty = arena_printf(arena, "<%.*s/>", len, w->name.ptr);
	}
}

static struct wanted wanted_live(struct arena *arena, const struct live_prop *p)
{
	struct wanted w = { .live = p, .ns = span_of(prop_ns(p)), .name = span_of(prop_name(p)) };

	make_tags(arena, &w);
	return w;
}

/* ---- reading ---- */

/* Adds the children of `from` that are not in the list yet. */
static enum err add_names(struct propset *p, const struct xml_node *from, struct arena *arena)
{
	for (const struct xml_node *n = xml_first_element(from); n; n = xml_next_element(n)) {
		struct wanted w = { .live = prop_find(n->ns, n->name), .ns = n->ns, .name = n->name };
		bool is_known = false;

		for (unsigned i = 0; i < p->count; i++)
			is_known |= span_eq(p->wanted[i].name, n->name) && span_eq(p->wanted[i].ns, n->ns);
		if (is_known)
			continue;
		if (p->count == PROPSET_NAMES_LIMIT)
			return E_TOO_LARGE;
		make_tags(arena, &w);
		p->wanted[p->count++] = w;
	}
	return OK;
}

static struct propset *propset_new(enum propset_kind kind, bool is_minimal, struct arena *arena)
{
	struct propset *p = arena_zalloc(arena, sizeof *p);
	const struct live_prop *live;

	p->kind = kind;
	p->is_minimal = is_minimal;
	p->wanted = arena_alloc(arena, PROPSET_NAMES_LIMIT * sizeof *p->wanted);
	for (size_t i = 0; kind != PROPSET_SOME && (live = prop_at(i)) != NULL; i++)
		if (kind == PROPSET_NAMES || prop_is_in_allprop(live))
			p->wanted[p->count++] = wanted_live(arena, live);
	return p;
}

enum err propset_read_prop(const struct xml_node *prop, bool is_minimal, struct arena *arena,
			   const struct propset **out)
{
	struct propset *p = propset_new(PROPSET_SOME, is_minimal, arena);

	*out = p;
	return prop ? add_names(p, prop, arena) : OK;
}

enum err propset_read(const struct xml_node *root, bool is_minimal, struct arena *arena, const struct propset **out)
{
	const struct xml_node *all, *names, *prop, *include;

	if (!root) {
		*out = propset_new(PROPSET_ALL, is_minimal, arena);
		return OK;
	}
	all = xml_child(root, NS_DAV, "allprop");
	names = xml_child(root, NS_DAV, "propname");
	prop = xml_child(root, NS_DAV, "prop");
	include = xml_child(root, NS_DAV, "include");
	if ((all != NULL) + (names != NULL) + (prop != NULL) != 1)
		return E_BAD_REQUEST;
	if (prop)
		return propset_read_prop(prop, is_minimal, arena, out);
	struct propset *p = propset_new(all ? PROPSET_ALL : PROPSET_NAMES, is_minimal, arena);
	*out = p;
	return all && include ? add_names(p, include, arena) : OK;
}

bool propset_is_slow(const struct propset *p)
{
	bool is_slow = false;

	for (unsigned i = 0; i < p->count && p->kind != PROPSET_NAMES; i++)
		is_slow |= p->wanted[i].live && prop_is_slow(p->wanted[i].live);
	return is_slow;
}

/* ---- writing ---- */

struct dead {
	const struct propset *set;
	struct buf *out;
	bool *found; /* of the wanted ones */
	enum err error;
};

static enum err write_element(struct buf *out, const struct wanted *w, const struct store_prop *prop)
{
	enum err e;

	if (!prop->value.len && !prop->lang.len)
		return buf_add_text(out, w->empty);
	if (!prop->lang.len) {
		e = buf_add_text(out, w->open);
	} else { /* the tag but for its ">" */
		struct span open = span_of(w->open);

		e = buf_add(out, open.ptr, open.len - 1);
		if (e == OK)
			e = buf_add_text(out, " xml:lang=\"");
		if (e == OK)
			e = xml_escape(out, prop->lang);
		if (e == OK)
			e = buf_add_text(out, "\">");
	}
	if (e != OK || (e = buf_add_span(out, prop->value)) != OK)
		return e;
	return buf_add_text(out, w->close);
}

static bool add_dead(void *arg, const struct store_prop *prop)
{
	struct dead *d = arg;
	struct arena *arena = NULL;
	struct wanted any = { .ns = prop->xmlns, .name = prop->name };
	const struct wanted *w = NULL;

	for (unsigned i = 0; i < d->set->count && !w; i++)
		if (span_eq(d->set->wanted[i].name, prop->name) && span_eq(d->set->wanted[i].ns, prop->xmlns)) {
			w = &d->set->wanted[i];
			d->found[i] = true;
		}
	if (w && w->live)
		return true; /* the live one speaks for itself */
	if (!w && d->set->kind == PROPSET_SOME)
		return true;
	if (!w) {
		arena = arena_new();
		make_tags(arena, &any);
		w = &any;
	}
	d->error = d->set->kind == PROPSET_NAMES ? buf_add_text(d->out, w->empty) : write_element(d->out, w, prop);
	arena_free(arena);
	return d->error == OK;
}

/* A live property; E_NOT_FOUND: not on this resource, nothing was written. */
static enum err write_live(const struct propset *p, const struct wanted *w, const struct prop_subject *s,
			   struct buf *out)
{
	size_t before = out->len, content;
	enum err e;

	if (p->kind == PROPSET_NAMES)
		return prop_is_on(w->live, s) ? buf_add_text(out, w->empty) : E_NOT_FOUND;
	if ((e = buf_add_text(out, w->open)) != OK)
		return e;
	content = out->len;
	e = prop_write(w->live, s, out);
	if (e == OK && out->len == content) {
		out->len = before;
		return buf_add_text(out, w->empty);
	}
	if (e != OK) {
		out->len = before;
		out->data[before] = '\0';
		return e;
	}
	return buf_add_text(out, w->close);
}

static enum err write_missing(const struct propset *p, const bool *found, struct buf *out)
{
	enum err e = multistatus_propstat(out);

	for (unsigned i = 0; i < p->count && e == OK; i++)
		if (!found[i])
			e = buf_add_text(out, p->wanted[i].empty);
	return e == OK ? multistatus_propstat_end(out, 404, NULL) : e;
}

enum err propset_write(const struct propset *p, const struct prop_subject *s, struct buf *out)
{
	bool found[PROPSET_NAMES_LIMIT] = { false };
	struct dead dead = { p, out, found, OK };
	size_t before = out->len, begun;
	bool is_missing = false;
	enum err e = multistatus_propstat(out);

	if (e != OK)
		return e;
	begun = out->len;
	for (unsigned i = 0; i < p->count; i++) {
		e = p->wanted[i].live ? write_live(p, &p->wanted[i], s, out) : E_NOT_FOUND;
		if (e != OK && e != E_NOT_FOUND)
			return e;
		found[i] = e == OK;
	}
	if (s->node->has_props && !s->is_bare &&
	    ((e = store_props(s->call->dav->store, s->node->id, add_dead, &dead)) != OK || (e = dead.error) != OK))
		return e;
	for (unsigned i = 0; i < p->count; i++)
		is_missing |= !found[i];
	is_missing &= p->kind == PROPSET_SOME && !p->is_minimal;
	/* A propstat of nothing is left out, unless it would be the only one: a response has one at least (§14.24). */
	if (out->len == begun && is_missing)
		out->len = before;
	else if ((e = multistatus_propstat_end(out, 200, NULL)) != OK)
		return e;
	return is_missing ? write_missing(p, found, out) : OK;
}
