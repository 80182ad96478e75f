#include "common/sf.h"

#include <string.h>

enum { INTEGER_DIGITS = 15, DECIMAL_DIGITS = 12, FRACTION_DIGITS = 3, INNER_ITEMS_LIMIT = 256 };

static bool is_digit(char ch)
{
	return ch >= '0' && ch <= '9';
}

static bool is_lower(char ch)
{
	return ch >= 'a' && ch <= 'z';
}

static bool is_alpha(char ch)
{
	return is_lower(ch) || (ch >= 'A' && ch <= 'Z');
}

/* The character at the front; NUL (which fits nowhere) at the end. */
static char front(struct span rest)
{
	if (rest.len == 0)
		return '\0';
	return rest.ptr[0];
}

static void skip(struct span *rest, size_t len)
{
	rest->ptr += len;
	rest->len -= len;
}

static bool cut_char(struct span *rest, char ch)
{
	if (front(*rest) != ch)
		return false;
	skip(rest, 1);
	return true;
}

static void skip_any(struct span *rest, const char *which)
{
	while (rest->len && rest->ptr[0] && strchr(which, rest->ptr[0]))
		skip(rest, 1);
}

static bool cut_key(struct span *rest, struct span *out)
{
	size_t len = 0;

	if (!is_lower(front(*rest)) && front(*rest) != '*')
		return false;
	while (len < rest->len && (is_lower(rest->ptr[len]) || is_digit(rest->ptr[len]) ||
				   (rest->ptr[len] && strchr("_-.*", rest->ptr[len]))))
		len++;
	*out = (struct span){ rest->ptr, len };
	skip(rest, len);
	return true;
}

static size_t count_digits(struct span rest)
{
	size_t len = 0;

	while (len < rest.len && is_digit(rest.ptr[len]))
		len++;
	return len;
}

static bool cut_number(struct span *rest, struct sf_member *out)
{
	bool is_negative = cut_char(rest, '-');
	size_t whole = count_digits(*rest), fraction;

	out->type = SF_INTEGER;
	if (whole == 0 || whole > INTEGER_DIGITS || !span_to_int64((struct span){ rest->ptr, whole }, &out->number))
		return false;
	if (is_negative)
		out->number = -out->number;
	skip(rest, whole);
	if (!cut_char(rest, '.'))
		return true;
	out->type = SF_DECIMAL;
	fraction = count_digits(*rest);
	skip(rest, fraction);
	return whole <= DECIMAL_DIGITS && fraction >= 1 && fraction <= FRACTION_DIGITS;
}

static bool cut_string(struct span *rest)
{
	while (rest->len) {
		char ch = rest->ptr[0];

		skip(rest, 1);
		if (ch == '"')
			return true;
		if (ch < ' ' || ch == 0x7f) /* also what is not ASCII */
			return false;
		if (ch == '\\' && !cut_char(rest, '"') && !cut_char(rest, '\\'))
			return false;
	}
	return false;
}

static bool cut_token(struct span *rest)
{
	while (is_alpha(front(*rest)) || is_digit(front(*rest)) ||
	       (front(*rest) && strchr("!#$%&'*+-.^_`|~:/", front(*rest))))
		skip(rest, 1);
	return true;
}

static bool cut_bytes(struct span *rest, struct sf_member *out)
{
	const char *end = rest->len ? memchr(rest->ptr, ':', rest->len) : NULL;

	out->type = SF_BYTES;
	if (!end)
		return false;
	out->text = (struct span){ rest->ptr, (size_t)(end - rest->ptr) };
	for (size_t i = 0; i < out->text.len; i++) {
		char ch = out->text.ptr[i];

		if (!is_alpha(ch) && !is_digit(ch) && ch != '+' && ch != '/' && ch != '=')
			return false;
	}
	skip(rest, out->text.len + 1);
	return true;
}

static bool cut_boolean(struct span *rest, struct sf_member *out)
{
	out->type = SF_BOOLEAN;
	out->number = front(*rest) == '1';
	return cut_char(rest, '0') || cut_char(rest, '1');
}

/* A bare item (§4.2.3.1). */
static bool cut_item(struct span *rest, struct sf_member *out)
{
	struct span start = *rest;
	bool is_good;

	if (front(*rest) == '-' || is_digit(front(*rest))) {
		is_good = cut_number(rest, out);
	} else if (cut_char(rest, '"')) {
		out->type = SF_STRING;
		is_good = cut_string(rest);
	} else if (cut_char(rest, ':')) {
		return cut_bytes(rest, out);
	} else if (cut_char(rest, '?')) {
		is_good = cut_boolean(rest, out);
	} else {
		out->type = SF_TOKEN;
		is_good = (is_alpha(front(*rest)) || front(*rest) == '*') && cut_token(rest);
	}
	out->text = (struct span){ start.ptr, (size_t)(rest->ptr - start.ptr) };
	return is_good;
}

static bool skip_parameters(struct span *rest)
{
	struct sf_member ignored;

	while (cut_char(rest, ';')) {
		skip_any(rest, " ");
		if (!cut_key(rest, &ignored.key))
			return false;
		if (cut_char(rest, '=') && !cut_item(rest, &ignored))
			return false;
	}
	return true;
}

static bool skip_inner_list(struct span *rest)
{
	struct sf_member ignored;

	for (size_t i = 0; i < INNER_ITEMS_LIMIT; i++) {
		size_t before = rest->len;

		skip_any(rest, " ");
		if (cut_char(rest, ')'))
			return true;
		if ((i > 0 && rest->len == before) || !cut_item(rest, &ignored) || !skip_parameters(rest))
			return false;
	}
	return false;
}

static bool cut_member(struct span *rest, struct sf_member *out)
{
	if (!cut_key(rest, &out->key))
		return false;
	if (!cut_char(rest, '=')) {
		out->type = SF_BOOLEAN; /* a key alone is true (§3.2) */
		out->number = 1;
	} else if (cut_char(rest, '(')) {
		out->type = SF_INNER_LIST;
		if (!skip_inner_list(rest))
			return false;
	} else if (!cut_item(rest, out)) {
		return false;
	}
	return skip_parameters(rest);
}

enum sf_result sf_dict_next(struct span *rest, struct sf_member *out)
{
	*out = (struct sf_member){ .text = { "", 0 } };
	skip_any(rest, " ");
	if (rest->len == 0)
		return SF_END;
	if (!cut_member(rest, out))
		return SF_MALFORMED;
	skip_any(rest, " \t");
	if (rest->len == 0)
		return SF_MEMBER;
	if (!cut_char(rest, ','))
		return SF_MALFORMED;
	skip_any(rest, " \t");
	return rest->len ? SF_MEMBER : SF_MALFORMED; /* a trailing comma (§4.2.2) */
}

static int sextet(char ch)
{
	if (is_digit(ch))
		return ch - '0' + 52;
	if (is_alpha(ch))
		return is_lower(ch) ? ch - 'a' + 26 : ch - 'A';
	return ch == '+' ? 62 : ch == '/' ? 63 : -1;
}

bool sf_decode_bytes(struct span base64, void *out, size_t size, size_t *out_len)
{
	unsigned char *bytes = out;
	size_t padding = 0, len = 0;
	uint32_t bits = 0;

	while (base64.len && base64.ptr[base64.len - 1] == '=' && padding < 2) {
		base64.len--;
		padding++;
	}
	if (base64.len % 4 == 1 || (padding && (base64.len + padding) % 4) || base64.len / 4 * 3 > size)
		return false;
	for (size_t i = 0; i < base64.len; i++) {
		int six = sextet(base64.ptr[i]);

		if (six < 0)
			return false;
		bits = (bits << 6 | (uint32_t)six) & 0xffffff;
		if (i % 4 == 0)
			continue;
		if (len == size)
			return false;
		bytes[len++] = (unsigned char)(bits >> (6 - 2 * (i % 4)));
	}
	*out_len = len;
	return true;
}
