/* accept: any bytes give one of the three. */
#include "server/http/accept.h"

#include "tests/fuzz/fuzz.h"

FUZZ(text)
{
	enum accept_type type = accept_preferred(text);

	MUST(type == ACCEPT_PLAIN || type == ACCEPT_HTML || type == ACCEPT_JSON);
}
