/*
 * answer: what came back for one request: status, the fields we look at, a bounded body, and what was odd about it.
 *
 * Fed line by line by the exchange; everything in it was written by the server and is bounded, nothing else is done to
 * it here.
 */
#ifndef CLIENT_REMOTE_ANSWER_H
#define CLIENT_REMOTE_ANSWER_H

#include "common/buf.h"
#include "common/digest.h"

enum { ANSWER_HEAD_LIMIT = 64 << 10, ANSWER_FIELD_LIMIT = 8 << 10, ANSWER_BODY_LIMIT = 64 << 10 };

#define ANSWER_FIELDS(X) \
	X(ACCEPT_RANGES, "Accept-Ranges") \
	X(ALLOW, "Allow") \
	X(AUTHENTICATE, "WWW-Authenticate") \
	X(CONTENT_LENGTH, "Content-Length") \
	X(CONTENT_LOCATION, "Content-Location") \
	X(CONTENT_RANGE, "Content-Range") \
	X(CONTENT_TYPE, "Content-Type") \
	X(DATE, "Date") \
	X(DAV, "DAV") \
	X(ETAG, "ETag") \
	X(LAST_MODIFIED, "Last-Modified") \
	X(LOCATION, "Location") \
	X(LOCK_TOKEN, "Lock-Token") \
	X(RETRY_AFTER, "Retry-After") \
	X(SYNC_FEATURES, "Sync-Features") \
	X(TRANSFER_ENCODING, "Transfer-Encoding") \
	X(X_OC_MTIME, "X-OC-Mtime")

enum answer_field {
#define ANSWER_ENUM(symbol, name) ANSWER_##symbol,
	ANSWER_FIELDS(ANSWER_ENUM)
#undef ANSWER_ENUM
	    ANSWER_FIELD_COUNT
};

struct answer {
	enum err err;         /* OK: an answer came, whatever its status; else why none did */
	struct note why;      /* the words for `err` */
	int status;           /* 0: none */
	bool head_is_done;    /* the empty line was seen: later lines are trailers and ignored */
	bool has_extra_bytes; /* bytes came after a head that ends an answer (204) */
	bool is_folder;       /* a redirect within the origin went to a name that ends in "/" */
	bool is_lost;         /* an earlier try may have been carried out though its answer never came */
	size_t head_bytes;
	char *fields[ANSWER_FIELD_COUNT]; /* NULL: absent; lines of one name are joined by ", " */
	struct buf body;
};

/* Empty, and again empty for another try; is_lost stays.  answer_clear() frees. */
void answer_init(struct answer *a);
void answer_reset(struct answer *a);
void answer_clear(struct answer *a);

/*
 * One line of the head, with its line end.  A status line starts the head anew (after 100 Continue).  E_HEAD_TOO_LARGE:
 * over ANSWER_HEAD_LIMIT in all.
 */
enum err answer_line(struct answer *a, struct span line) must_check;

/* A field's value; an empty span when it is absent. */
struct span answer_field(const struct answer *a, enum answer_field field);

/* The announced length of the body; -1: none, or not a number. */
int64_t answer_length(const struct answer *a);

/* Does a 401 offer this scheme ("Basic", "Bearer")? */
bool answer_offers(const struct answer *a, const char *scheme);

/* Date as seconds; 0: none. */
int64_t answer_date_s(const struct answer *a);

/* Seconds to wait by Retry-After, a number or a date; -1: none. */
int64_t answer_retry_after_s(const struct answer *a);

/* The strong tag that is a SHA-256 (64 hex digits).  False: no ETag, a weak or another one. */
bool answer_digest(const struct answer *a, struct digest *out);

/*
 * "bytes 5-9/10" to first byte and whole length (RFC 9110 §14.4).  False: absent, malformed, of unknown length, or a last
 * byte that is not the end of the content.
 */
bool answer_content_range(const struct answer *a, int64_t *first, int64_t *total);

#endif
