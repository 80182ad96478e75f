#include "client/link.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "client/pin.h"
#include "common/digest.h"

/* Visible ASCII alone: a link is typed, pasted and mailed. */
static bool is_visible(struct span text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] <= ' ' || text.ptr[i] >= 0x7f)
			return false;
	return true;
}

/* A user's name: percent-decoded, no control bytes, no ":" (RFC 7617 §2). */
static enum err read_user(struct span text, char **out)
{
	char *name = xcalloc(1, text.len + 1);
	size_t len = 0;

	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];

		if (c == '%') {
			if (text.len - i < 3 || !hex_decode((struct span){ text.ptr + i + 1, 2 }, &c, 1))
				break;
			i += 2;
		}
		if (iscntrl(c) || c == ':')
			break;
		name[len++] = (char)c;
		if (i + 1 == text.len && len <= LINK_USER_LIMIT) {
			*out = name;
			return OK;
		}
	}
	free(name);
	return E_USAGE;
}

static bool is_code(struct span text)
{
	for (size_t i = 0; i < text.len; i++)
		if (!isalnum((unsigned char)text.ptr[i]) && !strchr("-_.", text.ptr[i]))
			return false;
	return text.len > 0 && text.len <= LINK_CODE_LIMIT;
}

static enum err read_secret_part(struct span rest, struct link *out, struct note *why)
{
	struct span user, code;

	if (!span_cut(&rest, ':', &user) || read_user(user, &out->user) != OK)
		return note_set(why, E_USAGE, "not a login link: no USER: after the #");
	if (!span_cut(&rest, '~', &code) || !is_code(code))
		return note_set(why, E_USAGE, "not a login link: the code is incomplete");
	out->code = span_dup(code);
	return rest.ptr ? pin_parse(rest, &out->pin, why) : OK;
}

enum err link_parse(struct span text, struct link *out, struct note *why)
{
	struct span url;
	enum err e = OK;

	memset(out, 0, sizeof *out);
	text = span_trim(text);
	if (text.len == 0 || text.len > LINK_LIMIT || !is_visible(text) || !span_cut(&text, '#', &url))
		return note_set(why, E_USAGE, "not a login link (https://HOST:PORT/#USER:CODE~PIN)");
	if (!span_starts(url, "https://") && !span_starts(url, "http://"))
		return note_set(why, E_USAGE, "a login link begins with https://");
	out->url = span_dup(url);
	if (text.ptr)
		e = text.len ? read_secret_part(text, out, why) : note_set(why, E_USAGE, "the link ends at the #");
	if (e != OK)
		link_clear(out);
	return e;
}

void link_clear(struct link *l)
{
	if (l->code)
		OPENSSL_cleanse(l->code, strlen(l->code));
	free(l->url);
	free(l->user);
	free(l->code);
	free(l->pin);
	memset(l, 0, sizeof *l);
}
