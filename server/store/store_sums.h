/*
 * store_sums: the other hashes of a content that some clients compare by (ownCloud's).  They are kept with the content: as the
 * client declared and the body proved them, else computed when somebody first asks.
 */
#ifndef SERVER_STORE_STORE_SUMS_H
#define SERVER_STORE_STORE_SUMS_H

#include "server/store/store.h"

enum { STORE_SHA1_SIZE = 20, STORE_MD5_SIZE = 16 };

struct store_sums {
	bool has_sha1, has_md5;
	unsigned char sha1[STORE_SHA1_SIZE], md5[STORE_MD5_SIZE];
};

/*
 * Both hashes of a file's content.  What is not kept yet is computed over the whole content, and kept.  Blocks: on a
 * worker.  E_CORRUPT: the content is damaged; E_IO; errors of the database.
 */
enum err store_content_sums(struct store *s, const struct store_node *node, struct store_sums *out) must_check;

#endif
