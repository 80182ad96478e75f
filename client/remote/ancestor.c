#include "client/remote/ancestor.h"

#include <string.h>

#include "client/remote/getfile.h"
#include "client/remote/versions.h"
#include "common/uri.h"

static char *target_of(const char *url)
{
	struct arena *arena = arena_new();
	char *target = xstrdup(uri_encode_path(span_of(url), arena) + 1);

	arena_free(arena);
	return target;
}

static const struct version *find(const struct versions *v, const struct digest *digest)
{
	char hex[DIGEST_HEX_SIZE];

	digest_hex(digest, hex);
	for (size_t i = 0; i < v->count; i++)
		if (strcmp(v->list[i].etag, hex) == 0)
			return &v->list[i];
	return NULL;
}

enum err ancestor_fetch(struct http *h, const char *path, const struct digest *digest, int64_t limit_bytes, int fd,
			struct note *why)
{
	struct getfile_end end = { .etag = NULL };
	const struct version *one;
	struct versions v;
	enum err e = versions_ask(h, path, &v, why);

	one = e == OK ? find(&v, digest) : NULL;
	if (e == OK && !one)
		e = note_set(why, E_NOT_FOUND, "what both came from is not kept by the server");
	if (e == OK)
		e = getfile(
		    h,
		    &(struct getfile){
			.target = target_of(one->url), .is_at_origin = true, .limit_bytes = limit_bytes, .fd = fd },
		    &end, why);
	if (e == OK && !digest_equal(&end.digest, digest))
		e = note_set(why, E_CORRUPT, "what came is not the version that was asked for");
	getfile_end_clear(&end);
	versions_clear(&v);
	return e;
}
