/*
 * xml: whatever is taken for XML is a tree within its limits, and the content that is written of it stands alone: read again, it is the
 * same tree.
 */
#include "common/xml.h"

#include "tests/fuzz/fuzz.h"

enum { OUT_MAX = 8 << 20 };

/* Adjacent runs of text are one to a reader. */
static size_t text_at(const struct xml_node **at, struct buf *out)
{
	buf_reset(out);
	for (; *at && !(*at)->name.len; *at = (*at)->next)
		MUST(buf_add_span(out, (*at)->text) == OK);
	return out->len;
}

static const struct xml_attribute *find(const struct xml_node *n, const struct xml_attribute *like)
{
	for (unsigned i = 0; i < n->attribute_count; i++)
		if (span_eq(n->attributes[i].ns, like->ns) && span_eq(n->attributes[i].name, like->name))
			return &n->attributes[i];
	return NULL;
}

static void must_be_same(const struct xml_node *a, const struct xml_node *b, unsigned depth)
{
	autobuf struct buf of_a = buf_new(OUT_MAX), of_b = buf_new(OUT_MAX);
	const struct xml_node *x = a->first, *y = b->first;

	MUST(depth <= XML_DEPTH_LIMIT + 1);
	for (;;) {
		text_at(&x, &of_a);
		text_at(&y, &of_b);
		MUST(span_eq(buf_span(&of_a), buf_span(&of_b)));
		MUST(!x == !y);
		if (!x)
			return;
		MUST(span_eq(x->ns, y->ns) && span_eq(x->name, y->name) && x->parent == a && y->parent == b);
		MUST(x->attribute_count == y->attribute_count && x->attribute_count <= XML_ATTRIBUTES_LIMIT);
		for (unsigned i = 0; i < x->attribute_count; i++) {
			const struct xml_attribute *same = find(y, &x->attributes[i]);

			MUST(same && span_eq(same->value, x->attributes[i].value));
		}
		must_be_same(x, y, depth + 1);
		x = x->next;
		y = y->next;
	}
}

FUZZ(text)
{
	struct arena *arena = arena_new();
	autobuf struct buf out = buf_new(OUT_MAX);
	struct xml_node *root = NULL, *again = NULL;
	enum err e = xml_parse(text, arena, &root);

	MUST(e == OK || e == E_BAD_REQUEST || e == E_TOO_LARGE);
	if (e == OK) {
		MUST(root->name.len && !root->parent && !root->next);
		/* Under another root that declares nothing, as a listing puts it. */
		MUST(buf_add_text(&out, "<D:w xmlns:D=\"DAV:\">") == OK && xml_write_content(root, &out) == OK &&
		     buf_add_text(&out, "</D:w>") == OK);
		MUST(xml_parse(buf_span(&out), arena, &again) == OK);
		must_be_same(root, again, 1);
		(void)xml_text(root, arena);
		(void)xml_lang(root);
	}
	arena_free(arena);
}
