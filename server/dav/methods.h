/*
 * methods: the table of what each HTTP method does to the tree, and the order in which every request is checked
 * (protocol: 401; 403 or 404; 400, 405, 415; 409; 423; 412; 413, 507), all before a body byte is asked for.
 */
#ifndef SERVER_DAV_METHODS_H
#define SERVER_DAV_METHODS_H

#include "server/auth/who.h"
#include "server/dav/junk.h"
#include "server/http/req.h"
#include "server/store/store.h"

struct dav;

struct dav_options {
	int64_t max_upload_bytes;                   /* a larger body is 413; 0: no limit but the disk's */
	size_t max_xml_bytes;                       /* of a request's body; a larger one is 413 */
	unsigned max_path_segments, max_name_bytes; /* of what is made; longer is 414 */
	unsigned max_uploads;                       /* bodies of files at once; one more is 503 */
	unsigned requests_per_user;                 /* a second; beyond it 429; 0: no limit */
	enum junk_policy junk;                      /* what becomes of the files that desktops leave */
	const char *public_url;                     /* by which clients reach us; NULL: not told */
};

/*
 * Borrows `store` and `auth` for its life, `options` until dav_set_options().  The caller frees it with dav_free() after the last
 * request.
 */
struct dav *dav_new(struct store *store, struct auth *auth, const struct dav_options *options);
void dav_free(struct dav *d);

/* From now on these, borrowed.  The old ones are read on loops alone, and not beyond their turn.  Any thread. */
void dav_set_options(struct dav *d, const struct dav_options *options);

/* Answers a request for something in the tree, now or later.  On the request's loop. */
void dav_handle(struct dav *d, struct req *r);

#endif
