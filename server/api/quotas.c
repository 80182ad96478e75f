#include "server/api/quotas.h"

#include "common/path.h"
#include "server/api/fields.h"

#include <stdlib.h>

struct listing {
	struct buf *out;
	enum err error;
};

static enum err write_quota(const struct store_quota *q, struct buf *out)
{
	autofree char *path = span_dup(q->path);
	enum err e = fields_add(out, "path", path);

	if (e == E_BAD_REQUEST)
		e = fields_add(out, "path", "?"); /* a name with a control character */
	if (e != OK || (e = fields_add_number(out, "limit", q->limit_bytes)) != OK ||
	    (e = fields_add_number(out, "used", q->used_bytes)) != OK)
		return e;
	return fields_end(out);
}

static bool list_quota(void *arg, const struct store_quota *q)
{
	struct listing *l = arg;

	l->error = write_quota(q, l->out);
	return l->error == OK;
}

enum err quotas_list(struct store *s, struct buf *out, struct note *why)
{
	struct listing l = { .out = out };
	enum err e = store_quota_list(s, list_quota, &l);

	if (e == OK && l.error == E_TOO_LARGE)
		return note_set(why, l.error, "more quotas than one answer holds");
	return e == OK ? l.error : e;
}

static enum err read_request(struct span rest, struct span *out_path, int64_t *out_limit, struct note *why)
{
	struct span key, value;

	*out_limit = INT64_MIN;
	while (fields_next(&rest, &key, &value)) {
		if (span_is(key, "path"))
			*out_path = value;
		else if (span_is(key, "limit") && span_is(value, "none"))
			*out_limit = -1;
		else if (!span_is(key, "limit") || !span_to_int64(value, out_limit) || *out_limit < 0)
			return note_set(why, E_BAD_REQUEST, "the fields are path and limit, bytes or none");
	}
	if (!out_path->len || *out_limit == INT64_MIN)
		return note_set(why, E_BAD_REQUEST, "a path and a limit are needed");
	/* As it is typed: /docs/ is /docs. */
	while (out_path->len > 1 && out_path->ptr[out_path->len - 1] == '/')
		out_path->len--;
	if (path_check(*out_path) != OK || path_is_reserved(*out_path))
		return note_set(why, E_BAD_REQUEST, "\"%.*s\" is no path of a folder", (int)MIN(out_path->len, 80u),
				out_path->ptr);
	return OK;
}

enum err quotas_set(struct store *s, struct span request, struct buf *out, struct note *why)
{
	struct span path = { "", 0 };
	int64_t limit;
	enum err e;

	if ((e = read_request(request, &path, &limit, why)) != OK)
		return e;
	if ((e = store_quota_set(s, path, limit)) == E_NOT_FOUND)
		return note_set(why, e, limit < 0 ? "%.*s has no quota" : "no folder %.*s", (int)MIN(path.len, 100u),
				path.ptr);
	autofree char *text = span_dup(path);
	if (e != OK || (e = fields_add(out, "path", text)) != OK ||
	    (limit >= 0 && (e = fields_add_number(out, "limit", limit)) != OK))
		return e;
	return fields_end(out);
}
