/*
 * listing: the plain listing of a collection (protocol.md, "Collections"), read as it arrives:
 *
 *     f SP <64 hex> SP <bytes> SP <name> LF        d SP <64 hex> SP <bytes> SP <name>/ LF
 *
 * The server is not trusted: a name that is no single clean segment, a second entry of one name, or anything that is not
 * this form fails the whole listing.
 */
#ifndef CLIENT_REMOTE_LISTING_H
#define CLIENT_REMOTE_LISTING_H

#include "common/buf.h"
#include "common/digest.h"

enum { LISTING_LIMIT = 64 << 20 };

struct listing_entry {
	bool is_folder, has_digest;
	bool has_kind;        /* the server said whether it is a folder */
	struct digest digest; /* when has_digest */
	int64_t size_bytes;   /* -1: not told */
	int64_t mtime_s;      /* 0: not told */
	char *etag;           /* the field's value; NULL: not told */
	char *name;           /* clean (path_check_name), no slash */
};

struct listing {
	struct listing_entry *entries; /* in the order of the bytes of their names */
	size_t count, room, taken_bytes;
	struct buf partial; /* a line whose end has not come */
};

/* Was nothing told of it but its name, and that it is no folder? */
bool listing_is_bare(const struct listing_entry *e);

void listing_init(struct listing *l);
void listing_clear(struct listing *l);

/* Appends an entry; `name` and `etag` are taken. */
void listing_add_entry(struct listing *l, const struct listing_entry *entry);

/*
 * The next bytes.  E_BAD_REQUEST: not a listing, or over LISTING_LIMIT; `why` says it, with the odd line.
 */
enum err listing_add(struct listing *l, const void *bytes, size_t len, struct note *why) must_check;

/* The end.  E_BAD_REQUEST: in the middle of a line. */
enum err listing_end(struct listing *l, struct note *why) must_check;

#endif
