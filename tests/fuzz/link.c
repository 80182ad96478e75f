/* link: what is taken for a login link holds nothing that could leave its place: no control, no blank, a pin or none. */
#include "client/link.h"
#include "client/pin.h"

#include "tests/fuzz/fuzz.h"

FUZZ(text)
{
	struct link l;
	struct note why = { "" };

	if (link_parse(text, &l, &why) != OK) {
		MUST(why.text[0] && !l.url && !l.user && !l.code && !l.pin);
		return;
	}
	MUST(strncmp(l.url, "https://", 8) == 0 || strncmp(l.url, "http://", 7) == 0);
	MUST(!strpbrk(l.url, " \r\n#") && !l.user == !l.code);
	if (l.user)
		MUST(l.user[0] && !strpbrk(l.user, ":\r\n") && l.code[0] && !strpbrk(l.code, ":~#/ \r\n"));
	if (l.pin) {
		char *again;

		MUST(pin_parse(span_of(l.pin), &again, NULL) == OK && strcmp(again, l.pin) == 0);
		free(again);
	}
	link_clear(&l);
}
