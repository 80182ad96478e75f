/*
 * The request head: however the bytes are cut, the verdict is the same; and a head that was accepted means exactly one thing:
 * its framing fields, read again by the simplest means, say what was understood.
 */
#include "server/net/head.h"

#include <string.h>
#include <strings.h>

#include "tests/fuzz/fuzz.h"

static enum head_result scan(struct head_scan *s, struct span all, size_t step)
{
	*s = (struct head_scan){ 0 };
	for (size_t len = MIN(step, all.len);; len = MIN(len + step, all.len)) {
		enum head_result result = head_scan(s, (struct span){ all.ptr, len });

		if (result != HEAD_MORE || len == all.len)
			return result;
	}
}

static void check_accepted(const struct head *h, struct span bytes)
{
	int lengths = 0, codings = 0;

	MUST(h->method.len && h->target.len && h->length >= -1 && h->field_count <= HEAD_FIELDS_LIMIT);
	MUST(!memchr(bytes.ptr, '\0', bytes.len));
	for (size_t i = 0; i + 1 < bytes.len; i++) {
		MUST((bytes.ptr[i] == '\r') == (bytes.ptr[i + 1] == '\n'));
		if (bytes.ptr[i] != '\n')
			continue;
		/* With the colon: a blank before it is refused, and "Content-Length~" is another name. */
		lengths += bytes.len - i > 16 && strncasecmp(bytes.ptr + i + 1, "content-length:", 15) == 0;
		codings += bytes.len - i > 18 && strncasecmp(bytes.ptr + i + 1, "transfer-encoding:", 18) == 0;
	}
	MUST(lengths + codings <= 1);
	MUST((h->length == -1) == (codings == 1));
	for (size_t i = 0; i < h->field_count; i++) {
		MUST(h->fields[i].name.len && !span_eq_nocase(h->fields[i].name, "transfer-encoding"));
		MUST(!span_eq_nocase(h->fields[i].name, "content-length"));
		MUST(h->fields[i].value.ptr >= bytes.ptr &&
		     h->fields[i].value.ptr + h->fields[i].value.len <= bytes.ptr + bytes.len);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span all = { (const char *)data + 1, size - 1 };
	struct head_field fields[HEAD_FIELDS_LIMIT];
	struct head_scan whole, cut;
	enum head_result result;
	struct head h;
	int status;

	if (size < 2)
		return 0;
	result = scan(&whole, all, all.len);
	MUST(scan(&cut, all, 1u + data[0] % 32) == result && cut.refusal == whole.refusal);
	MUST(cut.at == whole.at || result == HEAD_REFUSED);
	if (result != HEAD_DONE)
		return 0;
	status = head_parse(&whole, (struct span){ all.ptr, whole.at }, fields, &h);
	MUST(status == 0 || status == 400 || status == 417 || status == 501);
	if (status == 0)
		check_accepted(&h, (struct span){ all.ptr, whole.at });
	return 0;
}
