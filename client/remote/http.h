/*
 * http: requests to one server, several at once, over connections that are kept (libcurl multi).
 *
 * Its functions are for one thread.  A caller fills a `struct http_request`, starts it and is called back when it is over; http_run() drives
 * everything until nothing is left.  Steady 408, 429, 502, 503, 504 and failing connections are tried again (three more
 * times, waiting; Retry-After is honoured; at most 30 s of waiting in all).  Credentials are never sent over plain http
 * except to loopback, never to another host: redirects are followed for GET and HEAD within the same origin alone.
 */
#ifndef CLIENT_REMOTE_HTTP_H
#define CLIENT_REMOTE_HTTP_H

#include <signal.h>

#include "client/remote/answer.h"
#include "client/remote/origin.h"

enum { HTTP_FIELDS_MAX = 8, HTTP_PARALLEL = 16, HTTP_SECRET_LIMIT = 255 };

struct http;
struct http_request;

enum http_trace {
	HTTP_TRACE_REQUEST,  /* one line for a request: "PUT /a  If-Match: ..." */
	HTTP_TRACE_ANSWER,   /* "204 No Content  ETag: ..." */
	HTTP_TRACE_NOTE,     /* "tried again in 0.5 s: ..." */
	HTTP_TRACE_HEAD_OUT, /* every line of the heads, secrets blanked */
	HTTP_TRACE_HEAD_IN
};

/* What a server is reached with.  All texts are copied. */
struct http_config {
	const struct origin *origin;
	const char *user, *secret; /* NULL: none; without a secret nothing is sent */
	bool is_basic;             /* Basic from the first request on */
	bool allow_plain;          /* the secret may travel over plain http */
	const char *pin; /* "sha256//...=[;sha256//...=]": the key alone decides; NULL: certificate authorities */
	const char *client_cert,
	    *client_key;          /* files of PEM that are shown to who asks; NULL: none; the key is in the first */
	int64_t limit_rate_bytes; /* a second; 0: none */
	const volatile sig_atomic_t *interrupted;
	/* Callbacks, any may be NULL; `arg` goes to each. */
	void (*trace)(void *arg, enum http_trace what, const char *line);
	void (*moved)(void *arg, size_t bytes); /* content bytes that went either way */
	void (*tick)(void *arg);                /* at least four times a second while something runs */
	void (*basic_used)(void *arg);          /* the server wanted Basic instead of Bearer, and took it */
	void *arg;
};

typedef ssize_t http_read_fn(struct http_request *req, char *out, size_t len); /* 0: the end; -1: stop */
typedef enum err http_head_fn(struct http_request *req); /* 200, 206 or 207: before the first byte; an error ends it */
typedef enum err http_body_fn(struct http_request *req, const void *bytes, size_t len);
typedef bool http_again_fn(struct http_request *req); /* start over; may change fields; false: cannot */
typedef void http_done_fn(struct http_request *req);

struct http_request {
	const char *method; /* a literal */
	char *target;       /* percent-encoded, below the remote's root, no leading slash */
	bool is_at_origin;  /* below the server's root instead ("/.sync/login") */
	bool is_once;       /* must not reach the server twice */
	bool is_aside;      /* may be under way for long: http_run() does not wait for it, http_wait() does */
	bool
	    is_patient; /* the server may need long before it answers (COPY of a large folder): only a dead connection ends it */
	const char *basic;  /* "user:code" instead of the remote's credentials; borrowed */
	int64_t body_bytes; /* of `text`, or what `read` will give; -1: no body */
	const char *text;   /* the body; borrowed; NULL: `read` gives it */
	http_read_fn *read;
	http_head_fn *head;
	http_body_fn *body;   /* NULL: the answer's body goes to answer.body */
	http_again_fn *again; /* NULL: nothing needs to be reset */
	http_done_fn *done;
	void *arg;
	struct answer answer; /* valid in `done`, and until the next start */
	struct http_field {
		const char *name;
		char *value;
	} fields[HTTP_FIELDS_MAX];
	size_t field_count;
};

/* E_USAGE: the secret would travel over plain http, the pin is none; `why` says it.  The caller frees it. */
enum err http_new(const struct http_config *config, struct http **out, struct note *why) must_check;
void http_free(struct http *h);

/* The remote's root: "/" or "/remote.php/dav/files/ann/", percent-encoded; and the URL before it, "https://host:port". */
const char *http_root(const struct http *h);
const char *http_base(const struct http *h);

/*
 * Begins another run: what is changed from now on belongs together, apart from what was changed before (Sync-Run,
 * sync-protocol(7): what `undo` takes back).  http_new() begins the first one.
 */
void http_begin_run(struct http *h);

/* A request without fields or body.  http_request_init() may be used again after a clear; takes `target`. */
void http_request_init(struct http_request *req, const char *method, char *target);
void http_request_clear(struct http_request *req);

/* Sets a field, replacing one of that name.  At most HTTP_FIELDS_MAX of them.  Values with control bytes are dropped. */
void http_request_set(struct http_request *req, const char *name, const char *fmt, ...) printf_like(3, 4);
void http_request_unset(struct http_request *req, const char *name);

/* The body is `text`, which stays until `done`; nothing has to be reset for another try. */
void http_request_text(struct http_request *req, const char *text);

/* Queues it.  `done` is called from http_run(), never from here; the request stays where it is until then. */
void http_start(struct http *h, struct http_request *req);

/*
 * Runs `work(arg)`, which may wait for the disk, on another thread; then `done(arg)` is called from http_run(), which does
 * not end before.  `work` shares nothing with the rest.
 */
void http_background(struct http *h, void (*work)(void *arg), void (*done)(void *arg), void *arg);

/* Gives work: starts requests or finishes a job without any; false: none now, ask again when something is over. */
typedef bool http_more_fn(void *arg);

/* Runs what was started, and what `more` (or NULL) adds whenever fewer than the parallel limit run, until all is over. */
void http_run(struct http *h, http_more_fn *more, void *arg);

/*
 * Drives the requests that are aside until one of them is over or has set `enough`, `fd` (-1: none) can be read, `timeout_ms` have
 * passed, or a signal came.
 */
void http_wait(struct http *h, int fd, int timeout_ms, const bool *enough);

/* Gives a request up that is aside and under way: its `done` is not called. */
void http_give_up(struct http *h, const struct http_request *req);

/* One request to its end; its answer's err. */
enum err http_do(struct http *h, struct http_request *req);

/* The status of the answer as an error; for redirects too, with words in `why` (where it points). */
enum err http_status_err(const struct answer *a, struct note *why);

#endif
