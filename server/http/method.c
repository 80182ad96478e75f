#include "server/http/method.h"

static const char *const names[] = {
#define METHOD_NAME(name) #name,
	METHOD_TABLE(METHOD_NAME)
#undef METHOD_NAME
};

/* The one difference between a symbol of the table and the name: VERSION_CONTROL is VERSION-CONTROL. */
static bool is_name(struct span token, const char *symbol)
{
	size_t i = 0;

	for (; i < token.len && symbol[i]; i++)
		if (token.ptr[i] != (symbol[i] == '_' ? '-' : symbol[i]))
			return false;
	return i == token.len && symbol[i] == '\0';
}

enum method method_from_span(struct span token)
{
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (is_name(token, names[i]))
			return (enum method)i;
	return METHOD_UNKNOWN;
}

const char *method_name(enum method m)
{
	switch (m) {
	case METHOD_VERSION_CONTROL:
		return "VERSION-CONTROL";
	case METHOD_BASELINE_CONTROL:
		return "BASELINE-CONTROL";
	case METHOD_UNKNOWN:
		return "?";
	default:
		return names[m];
	}
}
