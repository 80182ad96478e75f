#include "server/net/head.h"

#include <string.h>

enum state {
	START,    /* before the request line, empty lines allowed */
	START_LF, /* CR of an empty line seen */
	METHOD,
	TARGET,
	PROTOCOL,
	LINE_LF, /* CR after the version seen */
	LINE,    /* first byte of a field line, or of the end */
	NAME,
	VALUE,
	VALUE_LF,
	END_LF /* CR of the last, empty line seen */
};

enum { EMPTY_LINES_LIMIT = 8, VERSION_LIMIT = 16 };

/* tchar, RFC 9110 §5.6.2. */
static bool is_token_char(unsigned char ch)
{
	static const uint32_t map[8] = { 0, 0x03ff6cfa, 0xc7fffffe, 0x57ffffff };

	return map[ch >> 5] >> (ch & 31) & 1;
}

/* Not CTL; blanks are for the value alone.  Bytes above ASCII pass: uri judges them in a target. */
static bool is_visible(unsigned char ch)
{
	return ch > ' ' && ch != 0x7f;
}

static bool is_value_char(unsigned char ch)
{
	return is_visible(ch) || ch == ' ' || ch == '\t';
}

static enum head_result refuse(struct head_scan *s, int status)
{
	s->refusal = (uint16_t)status;
	return HEAD_REFUSED;
}

/* 0: HTTP/1.0 or HTTP/1.1, else what to refuse it with (RFC 9112 §2.3). */
static int check_version(struct span text)
{
	if (span_is(text, "HTTP/1.1") || span_is(text, "HTTP/1.0"))
		return 0;
	if (!span_starts(text, "HTTP/") || text.len == 5)
		return 400;
	for (size_t i = 5; i < text.len; i++)
		if ((text.ptr[i] < '0' || text.ptr[i] > '9') && text.ptr[i] != '.')
			return 400;
	return 505;
}

/* Reads the run of bytes of one element, from s->at on; stops at the first that does not belong. */
static void run(struct head_scan *s, struct span bytes, bool (*belongs)(unsigned char))
{
	size_t i = s->at;

	while (i < bytes.len && belongs((unsigned char)bytes.ptr[i]))
		i++;
	s->at = (uint32_t)i;
}

static bool is_target_char(unsigned char ch)
{
	return is_visible(ch) && ch != '#';
}

static bool is_version_char(unsigned char ch)
{
	return is_visible(ch);
}

/* The request line: one element, and the byte that ends it.  0: go on; else the refusal. */
static int scan_line(struct head_scan *s, struct span bytes)
{
	uint32_t len;
	int status;

	if (s->state == METHOD) {
		run(s, bytes, is_token_char);
		if (s->at - s->mark > HEAD_METHOD_LIMIT)
			return 501;
		if (s->at == bytes.len)
			return 0;
		if (bytes.ptr[s->at] != ' ')
			return 400;
		s->state = TARGET;
	} else if (s->state == TARGET) {
		run(s, bytes, is_target_char);
		len = s->at - s->mark;
		if (len > HEAD_TARGET_LIMIT)
			return 414;
		if (s->at == bytes.len)
			return 0;
		if (bytes.ptr[s->at] != ' ' || len == 0)
			return 400;
		s->state = PROTOCOL;
	} else {
		run(s, bytes, is_version_char);
		if (s->at - s->mark > VERSION_LIMIT)
			return 400;
		if (s->at == bytes.len)
			return 0;
		status = check_version((struct span){ bytes.ptr + s->mark, s->at - s->mark });
		if (bytes.ptr[s->at] != '\r' || status)
			return status ? status : 400;
		s->state = LINE_LF;
	}
	s->mark = ++s->at;
	return 0;
}

/* A field line, likewise (RFC 9112 §5). */
static int scan_field(struct head_scan *s, struct span bytes)
{
	if (s->state == NAME) {
		run(s, bytes, is_token_char);
		if (s->at == bytes.len)
			return 0;
		if (bytes.ptr[s->at] != ':') /* also "Name :" and, its first byte being a blank, obs-fold */
			return 400;
		s->state = VALUE;
	} else {
		run(s, bytes, is_value_char);
		if (s->at == bytes.len)
			return 0;
		if (bytes.ptr[s->at] != '\r')
			return 400;
		s->state = VALUE_LF;
	}
	s->at++;
	return 0;
}

/* The first byte of a line. */
static int scan_start(struct head_scan *s, unsigned char ch)
{
	if (s->state == START && ch == '\r' && s->at < 2 * EMPTY_LINES_LIMIT) {
		s->state = START_LF;
	} else if (s->state == LINE && ch == '\r') {
		s->state = END_LF;
	} else if (!is_token_char(ch)) {
		return 400;
	} else if (s->state == LINE) {
		if (++s->fields > HEAD_FIELDS_LIMIT)
			return 431;
		s->state = NAME;
	} else {
		s->begin = s->mark = s->at;
		s->state = METHOD;
	}
	s->at++;
	return 0;
}

static int scan_lf(struct head_scan *s, unsigned char ch)
{
	if (ch != '\n')
		return 400; /* a bare CR */
	s->state = s->state == START_LF ? START : LINE;
	s->at++;
	return 0;
}

enum head_result head_scan(struct head_scan *s, struct span bytes)
{
	struct span seen = { bytes.ptr, MIN(bytes.len, (size_t)HEAD_LIMIT) };

	while (s->at < seen.len) {
		unsigned char ch = (unsigned char)seen.ptr[s->at];
		int status = 0;

		switch (s->state) {
		case START:
		case LINE:
			status = scan_start(s, ch);
			break;
		case METHOD:
		case TARGET:
		case PROTOCOL:
			status = scan_line(s, seen);
			break;
		case NAME:
		case VALUE:
			status = scan_field(s, seen);
			break;
		case END_LF:
			if (ch != '\n')
				return refuse(s, 400);
			s->at++;
			return HEAD_DONE;
		default:
			status = scan_lf(s, ch);
		}
		if (status)
			return refuse(s, status);
	}
	return s->at < HEAD_LIMIT ? HEAD_MORE : refuse(s, 431);
}

/* ---- the finished head ---- */

/* host [":" port] of RFC 3986 §3.2, no userinfo, not empty: RFC 9110 §4.2.1, §7.2. */
static bool is_authority(struct span a)
{
	size_t i = 0;

	if (a.len && a.ptr[0] == '[') {
		for (i = 1; i < a.len && a.ptr[i] != ']'; i++)
			if (!strchr("0123456789abcdefABCDEF:.vV", a.ptr[i]))
				return false;
		if (i < 3 || i++ == a.len)
			return false;
	} else {
		while (i < a.len && a.ptr[i] != ':' && (unsigned char)a.ptr[i] < 0x80 &&
		       (is_token_char((unsigned char)a.ptr[i]) && !strchr("#^`|", a.ptr[i])))
			i++;
		if (i == 0)
			return false;
	}
	if (i == a.len)
		return true;
	if (a.ptr[i++] != ':' || a.len - i > 5)
		return false;
	for (; i < a.len; i++)
		if (a.ptr[i] < '0' || a.ptr[i] > '9')
			return false;
	return true;
}

/* The form of the target must fit the method (RFC 9112 §3.2). */
static int read_target(struct head *h)
{
	struct span t = h->target, authority;
	size_t scheme = 0, end;

	h->is_connect = span_is(h->method, "CONNECT");
	h->path = (struct span){ t.ptr + t.len, 0 };
	if (h->is_connect)
		return is_authority(t) ? 0 : 400;
	if (t.ptr[0] == '/') {
		h->path = t;
		return 0;
	}
	if (span_is(t, "*"))
		return span_is(h->method, "OPTIONS") ? 0 : 400;
	if (t.len > 7 && span_eq_nocase((struct span){ t.ptr, 7 }, "http://"))
		scheme = 7;
	else if (t.len > 8 && span_eq_nocase((struct span){ t.ptr, 8 }, "https://"))
		scheme = 8;
	else
		return 400;
	for (end = scheme; end < t.len && t.ptr[end] != '/' && t.ptr[end] != '?'; end++)
		;
	authority = (struct span){ t.ptr + scheme, end - scheme };
	h->path = (struct span){ t.ptr + end, t.len - end };
	return is_authority(authority) ? 0 : 400;
}

/* What the framing fields said, each at most once. */
struct framing {
	bool has_length, has_coding, keep_alive, close;
	int hosts;
};

static int read_length(struct head *h, struct framing *f, struct span v)
{
	if (f->has_length || !span_to_int64(v, &h->length))
		return 400; /* a sign, a list, hex, blanks, overflow, or twice: RFC 9112 §6.3 */
	f->has_length = true;
	return 0;
}

static int read_coding(struct head *h, struct framing *f, struct span v)
{
	if (f->has_coding || h->is_http10 || v.len == 0)
		return 400;
	f->has_coding = true;
	return span_eq_nocase(v, "chunked") ? 0 : 501; /* RFC 9112 §6.1 */
}

static int read_expect(struct head *h, struct framing *f not_used, struct span v)
{
	if (!span_eq_nocase(v, "100-continue"))
		return 417;
	h->expects_continue = !h->is_http10; /* RFC 9110 §10.1.1: ignored from HTTP/1.0 */
	return 0;
}

static int read_connection(struct head *h not_used, struct framing *f, struct span v)
{
	f->keep_alive |= span_list_has(v, "keep-alive");
	f->close |= span_list_has(v, "close");
	return 0;
}

static int read_hop(struct head *h not_used, struct framing *f not_used, struct span v not_used)
{
	return 0;
}

/* Fields that end here.  Host is checked and kept. */
static const struct framing_field {
	const char *name;
	int (*read)(struct head *h, struct framing *f, struct span value);
} framing_fields[] = {
	{ "content-length", read_length },
	{ "transfer-encoding", read_coding },
	{ "expect", read_expect },
	{ "connection", read_connection },
	{ "keep-alive", read_hop },
	{ "proxy-connection", read_hop },
	{ "te", read_hop },
	{ "trailer", read_hop },
	{ "upgrade", read_hop },
};

static int read_field(struct head *h, struct framing *f, struct head_field field)
{
	for (size_t i = 0; i < ARRAY_LEN(framing_fields); i++)
		if (span_eq_nocase(field.name, framing_fields[i].name))
			return framing_fields[i].read(h, f, field.value);
	if (span_eq_nocase(field.name, "host")) {
		if (++f->hosts > 1 || !is_authority(field.value))
			return 400;
	}
	h->fields[h->field_count++] = field;
	return 0;
}

/* Cuts up to `sep`, which is there, off `rest`. */
static struct span cut(struct span *rest, char sep)
{
	const char *end = memchr(rest->ptr, sep, rest->len);
	struct span out = { rest->ptr, (size_t)(end - rest->ptr) };

	rest->ptr = end + 1;
	rest->len -= out.len + 1;
	return out;
}

static int read_framing(struct head *h, const struct framing *f)
{
	if (f->has_length && f->has_coding)
		return 400;
	if (f->hosts == 0 && !h->is_http10)
		return 400;
	/* RFC 1945 §7.2.2: without a length nobody can tell the body from nothing, and an empty file would be made. */
	if (h->is_http10 && !f->has_length && (span_is(h->method, "PUT") || span_is(h->method, "POST")))
		return 400;
	if (f->has_coding)
		h->length = -1;
	h->wants_close = f->close || (h->is_http10 && !f->keep_alive) || h->is_connect;
	return 0;
}

int head_parse(const struct head_scan *s, struct span bytes, struct head_field *fields, struct head *out)
{
	struct span rest = { bytes.ptr + s->begin, s->at - s->begin };
	struct framing f = { 0 };
	int status;

	*out = (struct head){ .fields = fields };
	out->method = cut(&rest, ' ');
	out->target = cut(&rest, ' ');
	out->is_http10 = span_is(cut(&rest, '\r'), "HTTP/1.0");
	if ((status = read_target(out)) != 0)
		return status;
	rest.ptr++, rest.len--; /* the LF */
	while (rest.len > 2) {
		struct head_field field;

		field.name = cut(&rest, ':');
		field.value = span_trim(cut(&rest, '\r'));
		if ((status = read_field(out, &f, field)) != 0)
			return status;
		rest.ptr++, rest.len--;
	}
	return read_framing(out, &f);
}
