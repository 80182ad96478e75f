/* origin: a URL that passes is made of its parts again, and holds what it names. */
#include "client/remote/origin.h"

#include "tests/fuzz/fuzz.h"

FUZZ(text)
{
	char *url = span_dup(text), *again;
	struct origin o, second;

	if (origin_parse(url, &o, NULL) == OK) {
		MUST(o.root[0] == '/' && o.root[strlen(o.root) - 1] == '/' && !strpbrk(o.root, "?#\r\n "));
		MUST(!strpbrk(o.base, "\r\n @?#") && o.host[0]);
		MUST(o.is_plain == (strncmp(o.base, "http:", 5) == 0));
		again = origin_url(&o);
		if (strlen(again) <= ORIGIN_URL_LIMIT) {
			MUST(origin_parse(again, &second, NULL) == OK);
			MUST(strcmp(second.base, o.base) == 0 && strcmp(second.root, o.root) == 0);
			MUST(origin_holds(&o, again));
			origin_clear(&second);
		}
		free(again);
		origin_clear(&o);
	} else {
		origin_clear(&o);
	}
	free(url);
}
