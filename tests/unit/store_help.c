#include "tests/unit/store_help.h"

#include <semaphore.h>
#include <stdlib.h>
#include <string.h>

#include "common/fsio.h"
#include "tests/unit/test.h"

struct help_waiter {
	sem_t answered;
	struct store_result result;
};

struct store *help_store_reopen(const char *folder)
{
	struct store_options options = STORE_DEFAULTS;
	struct store *s = NULL;
	struct note why;

	options.create = true;
	options.reserve_bytes = 0;
	if (store_open(folder, &options, &s, &why) != OK)
		print_error("%s\n", why.text);
	return s;
}

struct store *help_store_open(void)
{
	return help_store_reopen(test_folder());
}

struct help_waiter *help_waiter_new(void)
{
	struct help_waiter *w = xcalloc(1, sizeof *w);

	sem_init(&w->answered, 0, 0);
	return w;
}

void help_done(void *waiter, const struct store_result *result)
{
	struct help_waiter *w = waiter;

	w->result = *result;
	sem_post(&w->answered);
}

struct store_result help_wait(struct help_waiter *w)
{
	struct store_result result;

	while (sem_wait(&w->answered) < 0)
		;
	result = w->result;
	sem_destroy(&w->answered);
	free(w);
	return result;
}

struct store_result help_run(struct store *s, const struct store_step *step)
{
	struct store_txn *t = store_txn_new(&(struct store_author){ "ann", "ann@laptop" });
	struct help_waiter *w = help_waiter_new();

	store_txn_add(t, step);
	store_submit(s, t, help_done, w);
	return help_wait(w);
}

struct upload *help_upload(struct store *s, const void *bytes, size_t len)
{
	struct upload *u = upload_new(s, (int64_t)len);
	struct digest digest;

	if (upload_add(u, bytes, len) != OK || upload_finish(u, &digest) != OK) {
		upload_free(u);
		return NULL;
	}
	return u;
}

struct store_result help_put(struct store *s, const char *path, const void *bytes, size_t len, const struct cond *cond)
{
	struct upload *u = help_upload(s, bytes, len);

	if (!u)
		return (struct store_result){ .error = E_IO };
	return help_run(s, &(struct store_step){ .op = STORE_PUT,
						 .path = span_of(path),
						 .cond = cond,
						 .upload = u,
						 .mtime_ns = STORE_MTIME_NOW,
						 .type = "text/plain" });
}

struct store_result help_put_text(struct store *s, const char *path, const char *text)
{
	return help_put(s, path, text, strlen(text), NULL);
}

struct store_result help_mkcol(struct store *s, const char *path)
{
	return help_run(s,
			&(struct store_step){ .op = STORE_MKCOL, .path = span_of(path), .mtime_ns = STORE_MTIME_NOW });
}

struct store_result help_delete(struct store *s, const char *path, const struct cond *cond)
{
	return help_run(s, &(struct store_step){ .op = STORE_DELETE, .path = span_of(path), .cond = cond });
}

bool help_has(struct store *s, const char *path, const void *bytes, size_t len)
{
	struct store_node node;
	struct store_content c;
	char *have;
	bool same;

	if (store_lookup(s, span_of(path), &node) != OK || node.size_bytes != (int64_t)len ||
	    store_content_open(s, &node, &c) != OK)
		return false;
	have = xmalloc(len);
	same = fsio_read_at(c.fd, have, len, c.offset) == OK && memcmp(have, bytes, len) == 0;
	free(have);
	store_content_close(&c);
	return same;
}
