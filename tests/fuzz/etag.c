/* etag: a line is the tag that is there, the rest a list.  A strong match is a weak one; what is no list is none for both. */
#include "common/etag.h"

#include "tests/fuzz/fuzz.h"

FUZZ(text)
{
	struct span tag_text = { "", 0 };
	struct etag tag;
	enum etag_list strong, weak;

	span_cut(&text, '\n', &tag_text);
	if (!text.ptr)
		text = span_of("");
	if (!etag_parse(tag_text, &tag)) {
		MUST(etag_list_find(text, NULL, true) != ETAG_LIST_MATCH);
		return;
	}
	MUST(etag_list_find(tag_text, &tag, false) == ETAG_LIST_MATCH);
	MUST(etag_list_find(tag_text, &tag, true) == (tag.is_weak ? ETAG_LIST_NO_MATCH : ETAG_LIST_MATCH));
	strong = etag_list_find(text, &tag, true);
	weak = etag_list_find(text, &tag, false);
	MUST((strong == ETAG_LIST_MALFORMED) == (weak == ETAG_LIST_MALFORMED));
	MUST(strong != ETAG_LIST_MATCH || weak == ETAG_LIST_MATCH);
	MUST((etag_list_find(text, NULL, true) == ETAG_LIST_MALFORMED) == (weak == ETAG_LIST_MALFORMED));
}
