#include "server/net/chunk.h"

enum state {
	SIZE,
	EXTENSION,
	SIZE_LF,
	DATA,
	DATA_CR,
	DATA_LF,
	TRAILER, /* first byte of a trailer line, or of the end */
	TRAILER_NAME,
	TRAILER_VALUE,
	TRAILER_LF,
	END_LF
};

enum { DIGITS_LIMIT = 15 }; /* 60 bits: no overflow */

static int digit_of(unsigned char ch)
{
	if (ch >= '0' && ch <= '9')
		return ch - '0';
	ch |= 0x20;
	return ch >= 'a' && ch <= 'f' ? ch - 'a' + 10 : -1;
}

/* A text byte of an extension or a trailer's value. */
static bool is_text(unsigned char ch)
{
	return (ch >= ' ' && ch != 0x7f) || ch == '\t';
}

/* A byte of a trailer's name: visible ASCII without separators that could make two parsers differ. */
static bool is_name(unsigned char ch)
{
	return ch > ' ' && ch < 0x7f && ch != ':' && ch != '"' && ch != ',' && ch != ';' && ch != '(' && ch != ')';
}

static bool size_byte(struct chunk *c, unsigned char ch)
{
	int digit = digit_of(ch);

	if (digit >= 0) {
		c->left = c->left * 16 + (unsigned)digit;
		return ++c->digits <= DIGITS_LIMIT;
	}
	if (c->digits == 0 || (ch != ';' && ch != '\r'))
		return false; /* also "5 ": blanks before the end of a size are what smugglers use */
	c->state = ch == '\r' ? SIZE_LF : EXTENSION;
	return true;
}

static bool size_end(struct chunk *c, unsigned char ch)
{
	c->state = c->left ? DATA : TRAILER;
	c->digits = 0;
	c->line = 0;
	return ch == '\n';
}

static bool trailer_byte(struct chunk *c, unsigned char ch)
{
	switch (c->state) {
	case TRAILER:
		c->state = ch == '\r' ? END_LF : TRAILER_NAME;
		return ch == '\r' || is_name(ch);
	case TRAILER_NAME:
		if (ch == ':')
			c->state = TRAILER_VALUE;
		return ch == ':' || is_name(ch);
	case TRAILER_VALUE:
		if (ch == '\r')
			c->state = TRAILER_LF;
		return ch == '\r' || is_text(ch);
	default:
		c->state = TRAILER;
		return ch == '\n';
	}
}

/* One byte that is not content.  False: malformed. */
static bool line_byte(struct chunk *c, unsigned char ch)
{
	switch (c->state) {
	case SIZE:
		return ++c->line <= CHUNK_LINE_LIMIT && size_byte(c, ch);
	case EXTENSION:
		if (ch == '\r')
			c->state = SIZE_LF;
		return ++c->line <= CHUNK_LINE_LIMIT && (ch == '\r' || is_text(ch));
	case SIZE_LF:
		return size_end(c, ch);
	case DATA_CR:
		c->state = DATA_LF;
		return ch == '\r';
	case DATA_LF:
		c->state = SIZE;
		return ch == '\n';
	default:
		return ++c->line <= CHUNK_TRAILER_LIMIT && trailer_byte(c, ch);
	}
}

enum chunk_result chunk_next(struct chunk *c, struct span *in, struct span *out)
{
	while (in->len) {
		if (c->state == DATA) {
			*out = (struct span){ in->ptr, in->len < c->left ? in->len : (size_t)c->left };
			in->ptr += out->len;
			in->len -= out->len;
			if ((c->left -= out->len) == 0)
				c->state = DATA_CR;
			return CHUNK_DATA;
		}
		unsigned char ch = (unsigned char)*in->ptr++;
		in->len--;
		if (c->state == END_LF)
			return ch == '\n' ? CHUNK_END : CHUNK_BAD;
		if (!line_byte(c, ch))
			return CHUNK_BAD;
	}
	return CHUNK_MORE;
}
