/*
 * getfile: the content of one file of the server, into an open file here.
 */
#ifndef CLIENT_REMOTE_GETFILE_H
#define CLIENT_REMOTE_GETFILE_H

#include "client/remote/http.h"

struct getfile {
	char *target;         /* percent-encoded, below the remote's root; taken */
	bool is_at_origin;    /* below the server's root instead */
	const char *if_match; /* the field's value; NULL: whatever is there */
	int64_t limit_bytes;  /* 0: none */
	int fd;               /* open for writing; what was in it goes */
};

struct getfile_end {
	bool is_folder; /* there is no file, and so nothing else is told */
	struct digest digest;
	char *etag;                  /* the field's value; NULL: none.  getfile_end_clear() frees. */
	int64_t size_bytes, mtime_s; /* mtime_s: 0 not told */
};

/*
 * Fetches and waits.  E_BAD_REQUEST: a folder, or no definite answer; E_CORRUPT: it is not what its ETag names; E_TOO_LARGE: over the
 * limit; E_NO_SPACE, E_IO: it cannot be written here; errors of the network and of statuses; `why` says it.
 */
enum err getfile(struct http *h, const struct getfile *ask, struct getfile_end *out, struct note *why) must_check;
void getfile_end_clear(struct getfile_end *end);

#endif
