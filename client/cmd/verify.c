/*
 * verify [DIR]: reads every file of a linked folder and compares with the server; says what differs (1), or that nothing does.
 */
#include <stdlib.h>
#include <string.h>

#include "client/cmd/cmd.h"
#include "client/cmd/known.h"
#include "client/cmd/syncfolder.h"
#include "client/sync/possible.h"
#include "client/sync/verify.h"
#include "common/jsonw.h"

enum { JSON_LIMIT = 4096, HASH_SHOWN = 8 };

struct verifying {
	struct session *s;
	size_t differences;
};

static void tell(void *arg, enum verify_difference what, const char *path, const char *why)
{
	static const char *const words[] = {
		[VERIFY_ONLY_HERE] = "only here",
		[VERIFY_ONLY_THERE] = "only on the server",
		[VERIFY_OTHER_CONTENT] = "its content is another on the server",
		[VERIFY_OTHER_KIND] = "a file on one side, a folder on the other",
		[VERIFY_HELD] = "not compared",
	};
	struct verifying *v = arg;

	v->differences++;
	output_error(v->s->out, E_IO, path, "%s%s%s", words[what], why ? ": " : "", why ? why : "");
}

static void tell_result(const struct verifying *v, const struct scan *scan, const struct digest *hash)
{
	struct buf line = buf_new(JSON_LIMIT);
	struct jsonw w = jsonw_new(&line);
	char hex[DIGEST_HEX_SIZE];

	jsonw_object(&w);
	jsonw_key_text(&w, "result", v->differences ? "failed" : "done");
	jsonw_key_int(&w, "files", scan->files);
	jsonw_key_int(&w, "differences", (int64_t)v->differences);
	jsonw_key_text(&w, "etag", digest_hex(hash, hex));
	jsonw_end(&w);
	if (jsonw_error(&w) == OK)
		output_json(v->s->out, line.data);
	buf_clear(&line);
	if (!v->differences)
		output_say(v->s->out, "%lld files are the same here and on the server  %.*s", (long long)scan->files,
			   HASH_SHOWN, hex);
	else
		output_hint(v->s->out, "what changed since the last run is brought together by:  %s run",
			    v->s->cli->self);
}

static enum err verify(struct syncfolder *f)
{
	struct verifying v = { f->s, 0 };
	struct ignore *ignore = ignore_new(f->s->config.ignore);
	struct scan_config config = { .root = f->linked.place.root,
				      .ignore = ignore,
				      .room = SIZE_MAX,
				      .interrupted = &session_interrupted,
				      .spelling = possible_is_normalising(&f->linked.place) ? f->linked.base : NULL,
				      .with_links = f->linked.with_links && place_has_links(&f->linked.place) };
	struct scan scan;
	struct digest hash;
	struct note why = { "" };
	enum err e = scan_run(&config, &scan, &why);

	if (e == OK)
		e = verify_run(f->s->http, f->linked.collection, f->is_foreign, &scan, ignore, tell, &v, &hash, &why);
	if (e == OK)
		tell_result(&v, &scan, &hash);
	else
		e = known_error(f->s, e, f->linked.root_path, why.text);
	scan_clear(&scan);
	ignore_free(ignore);
	return e;
}

enum err command_verify(struct session *s)
{
	struct syncfolder f;
	enum err e = syncfolder_open(s, s->cli->operand_count ? s->cli->operands[0] : NULL, &f);

	if (e == OK)
		e = verify(&f);
	syncfolder_close(&f);
	return e;
}
