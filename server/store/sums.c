#include "server/store/sums.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "common/fsio.h"
#include "common/log.h"
#include "server/store/commit.h"
#include "server/store/readers.h"
#include "server/store/state.h"

enum { RUN_BYTES = 256 << 10 };

static bool copy_hash(struct span from, void *to, size_t len)
{
	if (from.len == len)
		memcpy(to, from.ptr, len);
	return from.len == len;
}

static enum err find(struct store *s, const struct digest *hash, struct store_sums *out)
{
	autoreader struct reader reader = { NULL, NULL };
	autorows struct db_rows rows = { NULL, NULL };
	enum err e;

	if ((e = reader_take(s->readers, &reader)) != OK ||
	    (e = db_select(reader.db, "SELECT sha1, md5 FROM object WHERE hash = ?1", &rows, DB_DIGEST(hash))) != OK ||
	    (e = db_next(&rows)) != OK)
		return e;
	out->has_sha1 = copy_hash(db_col_blob(&rows, 0), out->sha1, sizeof out->sha1);
	out->has_md5 = copy_hash(db_col_blob(&rows, 1), out->md5, sizeof out->md5);
	return OK;
}

enum err sums_keep(struct db *db, const struct digest *hash, const struct store_sums *sums)
{
	return db_run(db, "UPDATE object SET sha1 = coalesce(sha1, ?2), md5 = coalesce(md5, ?3) WHERE hash = ?1",
		      DB_DIGEST(hash), sums->has_sha1 ? DB_BLOB(sums->sha1, sizeof sums->sha1) : DB_NULL,
		      sums->has_md5 ? DB_BLOB(sums->md5, sizeof sums->md5) : DB_NULL);
}

/* ---- computing ---- */

static EVP_MD_CTX *begin(const EVP_MD *md)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	if (!ctx || !EVP_DigestInit_ex(ctx, md, NULL))
		abort();
	return ctx;
}

static void add(EVP_MD_CTX *ctx, const void *bytes, size_t len)
{
	if (!EVP_DigestUpdate(ctx, bytes, len))
		abort();
}

static void finish(EVP_MD_CTX *ctx, unsigned char *out)
{
	if (!EVP_DigestFinal_ex(ctx, out, NULL))
		abort();
	EVP_MD_CTX_free(ctx);
}

static enum err read_through(const struct store_content *c, EVP_MD_CTX *sha1, EVP_MD_CTX *md5)
{
	autofree char *run = xmalloc(RUN_BYTES);
	enum err e = OK;

	for (int64_t at = 0; at < c->size_bytes && e == OK; at += RUN_BYTES) {
		size_t len = (size_t)MIN(c->size_bytes - at, (int64_t)RUN_BYTES);

		if ((e = fsio_read_at(c->fd, run, len, c->offset + at)) != OK)
			break;
		add(sha1, run, len);
		add(md5, run, len);
	}
	return e;
}

static enum err compute(struct store *s, const struct store_node *node, struct store_sums *out)
{
	struct store_content content;
	EVP_MD_CTX *sha1, *md5;
	enum err e = store_content_open(s, node, &content);

	if (e != OK)
		return e;
	sha1 = begin(EVP_sha1());
	md5 = begin(EVP_md5());
	e = read_through(&content, sha1, md5);
	store_content_close(&content);
	finish(sha1, out->sha1);
	finish(md5, out->md5);
	out->has_sha1 = out->has_md5 = e == OK;
	return e;
}

struct keep {
	const struct digest *hash;
	const struct store_sums *sums;
};

static enum err keep(struct db *db, void *arg)
{
	const struct keep *k = arg;

	return sums_keep(db, k->hash, k->sums);
}

enum err store_content_sums(struct store *s, const struct store_node *node, struct store_sums *out)
{
	struct keep k = { &node->digest, out };
	enum err e;

	*out = (struct store_sums){ .has_sha1 = false };
	e = find(s, &node->digest, out);
	if (e != OK || (out->has_sha1 && out->has_md5))
		return e;
	if ((e = compute(s, node, out)) != OK)
		return e;
	if ((e = commit_call(s, keep, &k)) != OK) /* known all the same: the next one computes again */
		log_warning("fail keeping of sums error=%s", QUOTED(err_words(e)));
	return OK;
}
