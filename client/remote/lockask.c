#include "client/remote/lockask.h"

#include <string.h>

enum { TOKEN_LIMIT = 1000 };

void lockask_init(struct http_request *req, char *target, bool is_folder, const char *owner, int64_t timeout_s,
		  char **out_body)
{
	*out_body = xasprintf(
	    "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<D:lockinfo xmlns:D=\"DAV:\"><D:lockscope><D:exclusive/>"
	    "</D:lockscope><D:locktype><D:write/></D:locktype><D:owner>%s</D:owner></D:lockinfo>\n",
	    owner);
	http_request_init(req, "LOCK", target);
	http_request_set(req, "Depth", is_folder ? "infinity" : "0");
	http_request_set(req, "Timeout", "Second-%lld", (long long)timeout_s);
	http_request_set(req, "Content-Type", "application/xml; charset=utf-8");
	http_request_text(req, *out_body);
	req->is_once = true;
}

char *lockask_token(const struct answer *a)
{
	struct span field = span_trim(answer_field(a, ANSWER_LOCK_TOKEN));

	if (field.len < 3 || field.len > TOKEN_LIMIT || field.ptr[0] != '<' || field.ptr[field.len - 1] != '>')
		return NULL;
	field = (struct span){ field.ptr + 1, field.len - 2 };
	for (size_t i = 0; i < field.len; i++)
		if ((unsigned char)field.ptr[i] <= ' ' || strchr("<>\"", field.ptr[i]))
			return NULL;
	return span_dup(field);
}
