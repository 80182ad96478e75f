/*
 * The libcurl side of one request.  Everything that arrives is bounded here: head and body by answer.h, a sink by what
 * it refuses itself.
 */
#include "client/remote/exchange.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "common/base.h"

/* A body up to SMALL_BYTES goes out in one piece with its head: one write, one TLS record, one event at the server. */
enum { SMALL_BYTES = 16 << 10 };

enum { CONNECT_TIMEOUT_S = 10, STALL_TIMEOUT_S = 30, EXPECT_FROM_BYTES = 1 << 20, EXPECT_WAIT_MS = 2000 };

static struct exchange *exchange_of(void *arg)
{
	struct exchange *x = arg;

	assert(x->magic == EXCHANGE_MAGIC);
	return x;
}

static bool is_interrupted(const struct exchange *x)
{
	return x->http->config.interrupted && *x->http->config.interrupted;
}

static size_t read_body(char *out, size_t size, size_t count, void *arg)
{
	struct exchange *x = exchange_of(arg);
	ssize_t n = is_interrupted(x) ? -1 : x->req->read(x->req, out, size * count);

	if (n < 0) {
		x->stopped = is_interrupted(x) ? E_INTERRUPTED : E_IO;
		return CURL_READFUNC_ABORT;
	}
	if (n > 0 && x->http->config.moved)
		x->http->config.moved(x->http->config.arg, (size_t)n);
	return (size_t)n;
}

/* libcurl sends again by itself on a fresh connection when a kept one turns out dead, and must rewind for that. */
static int rewind_body(void *arg, curl_off_t offset, int origin)
{
	struct exchange *x = exchange_of(arg);

	if (offset != 0 || origin != SEEK_SET || !x->req->again || !x->req->again(x->req))
		return CURL_SEEKFUNC_FAIL;
	return CURL_SEEKFUNC_OK;
}

static bool is_content(const struct exchange *x)
{
	int status = x->req->answer.status;

	return (status == 200 || status == 206 || status == 207) && x->req->body;
}

/*
 * A length or coding announced with a 204 means that bytes may follow which libcurl does not show: the connection must
 * not carry another request.
 */
static void distrust_odd_204(struct exchange *x)
{
	const struct answer *a = &x->req->answer;

	if (a->head_is_done && a->status == 204 &&
	    (a->fields[ANSWER_CONTENT_LENGTH] || a->fields[ANSWER_TRANSFER_ENCODING]))
		curl_easy_setopt(x->easy, CURLOPT_FORBID_REUSE, 1L);
}

static size_t take_line(char *line, size_t size, size_t count, void *arg)
{
	struct exchange *x = exchange_of(arg);
	struct answer *a = &x->req->answer;
	bool was_done = a->head_is_done;

	x->stopped = answer_line(a, (struct span){ line, size * count });
	if (x->stopped == OK && a->head_is_done && !was_done) {
		distrust_odd_204(x);
		if (is_content(x) && x->req->head)
			x->stopped = x->req->head(x->req);
	}
	return x->stopped == OK ? size * count : 0;
}

static size_t take_body(char *bytes, size_t size, size_t count, void *arg)
{
	struct exchange *x = exchange_of(arg);
	struct answer *a = &x->req->answer;
	size_t len = size * count;

	if (is_interrupted(x)) {
		x->stopped = E_INTERRUPTED;
		return 0;
	}
	if (!is_content(x)) {
		size_t room = ANSWER_BODY_LIMIT - a->body.len;

		if (buf_add(&a->body, bytes, MIN(len, room)) != OK || len > room)
			x->stopped = E_TOO_LARGE; /* an error page without end: its beginning is enough */
		return x->stopped == OK ? len : 0;
	}
	if (x->http->config.moved)
		x->http->config.moved(x->http->config.arg, len);
	x->stopped = x->req->body(x->req, bytes, len);
	return x->stopped == OK ? len : 0;
}

/* One line of a head to the trace, without what must stay secret. */
static void trace_line(struct exchange *x, enum http_trace what, struct span line)
{
	static const char *const secret[] = { "Authorization", "Proxy-Authorization", "Cookie", "Set-Cookie" };
	struct span rest = line, name;
	autofree char *text = NULL;
	bool is_secret = false;

	span_cut(&rest, ':', &name);
	for (size_t i = 0; i < ARRAY_LEN(secret); i++)
		is_secret |= span_eq_nocase(name, secret[i]);
	text = is_secret ? xasprintf("%.*s: ***", (int)name.len, name.ptr) : span_dup(line);
	x->http->config.trace(x->http->config.arg, what, text);
}

static void trace_head(struct exchange *x, enum http_trace what, struct span head)
{
	struct span line;

	while (x->http->config.trace && span_cut(&head, '\n', &line)) {
		while (line.len && line.ptr[line.len - 1] == '\r')
			line.len--;
		if (line.len)
			trace_line(x, what, line);
	}
}

static int watch(CURL *easy, curl_infotype type, char *bytes, size_t len, void *arg)
{
	struct exchange *x = exchange_of(arg);
	struct span text = { bytes, len };

	if (type == CURLINFO_HEADER_OUT) {
		x->heads_sent += len > strlen(x->req->method) && span_starts(text, x->req->method);
		trace_head(x, HTTP_TRACE_HEAD_OUT, text);
	} else if (type == CURLINFO_HEADER_IN) {
		trace_head(x, HTTP_TRACE_HEAD_IN, text);
	} else if (type == CURLINFO_TEXT && span_starts(text, "Excess found")) {
		/* libcurl 7.88 only mentions bytes after an answer that has none, and would use the connection again. */
		x->req->answer.has_extra_bytes = true;
		curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
	}
	return 0;
}

struct exchange *exchange_new(struct http *h, struct http_request *req)
{
	struct exchange *x = xcalloc(1, sizeof *x);

	*x = (struct exchange){ .magic = EXCHANGE_MAGIC, .http = h, .req = req };
	return x;
}

/* The credentials are one of them. */
static void forget_lines(struct exchange *x)
{
	for (struct curl_slist *line = x->lines; line; line = line->next)
		OPENSSL_cleanse(line->data, strlen(line->data));
	curl_slist_free_all(TAKE(x->lines));
}

void exchange_free(struct exchange *x)
{
	if (!x)
		return;
	forget_lines(x);
	if (x->easy && x->http->spare_count < ARRAY_LEN(x->http->spare)) {
		curl_easy_reset(x->easy);
		x->http->spare[x->http->spare_count++] = x->easy;
	} else {
		curl_easy_cleanup(x->easy);
	}
	free(x->redirect);
	free(x->small);
	free(x);
}

/* "name: scheme value"; any of it may be a secret: nothing but the list keeps a copy, and printf() would. */
static void add_line_of(struct exchange *x, const char *name, const char *scheme, const char *value)
{
	autobuf struct buf line = buf_new_secret(SIZE_MAX / 2);
	struct curl_slist *longer;

	if (buf_add_text(&line, name) != OK || buf_add_text(&line, ": ") != OK || buf_add_text(&line, scheme) != OK ||
	    buf_add_text(&line, value) != OK || !(longer = curl_slist_append(x->lines, line.data)))
		abort();
	x->lines = longer;
}

static void add_line(struct exchange *x, const char *name, const char *value)
{
	add_line_of(x, name, "", value);
}

static void add_basic(struct exchange *x, const char *user_and_secret)
{
	size_t len = strlen(user_and_secret), size = 4 * ((len + 2) / 3);
	autobuf struct buf coded = buf_new_secret(size);
	char *room;

	if (buf_reserve(&coded, size, &room) != OK)
		abort();
	EVP_EncodeBlock((unsigned char *)room, (const unsigned char *)user_and_secret, (int)len);
	buf_commit(&coded, size);
	add_line_of(x, "Authorization", "Basic ", coded.data);
}

static void add_credentials(struct exchange *x)
{
	struct http *h = x->http;

	x->sent_basic = h->is_basic;
	if (x->req->basic) {
		add_basic(x, x->req->basic);
	} else if (h->secret && h->is_basic) {
		autobuf struct buf pair = buf_new_secret(SIZE_MAX / 2);

		if (buf_add_text(&pair, h->user) != OK || buf_add_text(&pair, ":") != OK ||
		    buf_add_text(&pair, h->secret) != OK)
			abort();
		add_basic(x, pair.data);
	} else if (h->secret) {
		add_line_of(x, "Authorization", "Bearer ", h->secret);
	}
}

static bool is_change(const char *method)
{
	static const char *const methods[] = { "PUT", "DELETE", "MKCOL", "COPY", "MOVE", "PROPPATCH", "PATCH" };
	bool is_one = false;

	for (size_t i = 0; i < ARRAY_LEN(methods); i++)
		is_one |= strcmp(method, methods[i]) == 0;
	return is_one;
}

static bool has_field(const struct http_request *req, const char *name)
{
	for (size_t i = 0; i < req->field_count; i++)
		if (strcmp(req->fields[i].name, name) == 0)
			return true;
	return false;
}

/* A body that libcurl has at once; NULL: none, or it asks for it. */
static const char *whole_body(const struct exchange *x)
{
	return x->req->text ? x->req->text : x->small;
}

static void add_lines(struct exchange *x)
{
	forget_lines(x);
	for (size_t i = 0; i < x->req->field_count; i++)
		add_line(x, x->req->fields[i].name, x->req->fields[i].value);
	if (is_change(x->req->method))
		add_line(x, "Sync-Run", x->http->run);
	add_credentials(x);
	if (x->req->body_bytes > EXPECT_FROM_BYTES)
		add_line(x, "Expect", "100-continue");
	else
		x->lines = curl_slist_append(x->lines, "Expect:");
	if (whole_body(x) && !has_field(x->req, "Content-Type"))
		x->lines = curl_slist_append(x->lines, "Content-Type:"); /* libcurl's would be that of a form */
	curl_easy_setopt(x->easy, CURLOPT_HTTPHEADER, x->lines);
	curl_easy_setopt(x->easy, CURLOPT_HEADEROPT, (long)CURLHEADER_SEPARATE); /* nothing of this for a proxy */
}

static void set_tls(struct exchange *x)
{
	const char *file = getenv("CURL_CA_BUNDLE"), *folder = getenv("SSL_CERT_DIR");

	curl_easy_setopt(x->easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (x->http->client_cert) {
		curl_easy_setopt(x->easy, CURLOPT_SSLCERT, x->http->client_cert);
		curl_easy_setopt(x->easy, CURLOPT_SSLKEY,
				 x->http->client_key ? x->http->client_key : x->http->client_cert);
		curl_easy_setopt(x->easy, CURLOPT_KEYPASSWD, ""); /* or OpenSSL asks on the terminal */
	}
	if (x->http->pin) {
		/* curl checks the pin besides the chain; a pinned key is self-signed, so the pin alone must decide. */
		curl_easy_setopt(x->easy, CURLOPT_PINNEDPUBLICKEY, x->http->pin);
		curl_easy_setopt(x->easy, CURLOPT_SSL_VERIFYPEER, 0L);
		curl_easy_setopt(x->easy, CURLOPT_SSL_VERIFYHOST, 0L);
		return;
	}
	if (!file || !*file)
		file = getenv("SSL_CERT_FILE");
	if (file && *file)
		curl_easy_setopt(x->easy, CURLOPT_CAINFO, file);
	if (folder && *folder)
		curl_easy_setopt(x->easy, CURLOPT_CAPATH, folder);
}

static void set_url(struct exchange *x)
{
	const struct origin *o = &x->http->origin;
	autofree char *url = NULL;

	if (x->redirect)
		url = xstrdup(x->redirect);
	else
		url = xasprintf("%s%s%s", o->base, x->req->is_at_origin ? "/" : o->root, x->req->target);
	curl_easy_setopt(x->easy, CURLOPT_URL, url);
	curl_easy_setopt(x->easy, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(x->easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(x->easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L); /* a proxy's head is not the answer's */
	if (o->is_plain && o->is_loopback)
		curl_easy_setopt(x->easy, CURLOPT_NOPROXY, "*"); /* the secret stays on this machine */
}

/* The whole of a small body, as its reader gives it.  False: it stopped, or gave another length than it said. */
static bool read_small(struct exchange *x)
{
	size_t size = (size_t)x->req->body_bytes, len = 0;
	ssize_t n = 1;

	free(x->small);
	x->small = xmalloc(size + 1);
	while (len < size && (n = x->req->read(x->req, x->small + len, size - len)) > 0)
		len += (size_t)n;
	return len == size;
}

static void set_method(struct exchange *x)
{
	const struct http_request *req = x->req;

	if (strcmp(req->method, "HEAD") == 0) {
		curl_easy_setopt(x->easy, CURLOPT_NOBODY, 1L);
	} else if (whole_body(x)) {
		curl_easy_setopt(x->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)req->body_bytes);
		curl_easy_setopt(x->easy, CURLOPT_POSTFIELDS, whole_body(x));
		if (x->http->config.moved)
			x->http->config.moved(x->http->config.arg, (size_t)req->body_bytes);
	} else if (req->body_bytes >= 0) {
		curl_easy_setopt(x->easy, CURLOPT_UPLOAD, 1L);
		curl_easy_setopt(x->easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)req->body_bytes);
		curl_easy_setopt(x->easy, CURLOPT_READFUNCTION, read_body);
		curl_easy_setopt(x->easy, CURLOPT_READDATA, x);
		curl_easy_setopt(x->easy, CURLOPT_SEEKFUNCTION, rewind_body);
		curl_easy_setopt(x->easy, CURLOPT_SEEKDATA, x);
		curl_easy_setopt(x->easy, CURLOPT_EXPECT_100_TIMEOUT_MS, (long)EXPECT_WAIT_MS);
		/* A small body that is refused is sent to its end: cheaper than a new connection. */
		curl_easy_setopt(x->easy, CURLOPT_KEEP_SENDING_ON_ERROR,
				 req->body_bytes <= EXPECT_FROM_BYTES ? 1L : 0L);
	}
	curl_easy_setopt(x->easy, CURLOPT_CUSTOMREQUEST, req->method);
}

static void set_callbacks(struct exchange *x)
{
	curl_easy_setopt(x->easy, CURLOPT_PRIVATE, x);
	curl_easy_setopt(x->easy, CURLOPT_ERRORBUFFER, x->error);
	curl_easy_setopt(x->easy, CURLOPT_HEADERFUNCTION, take_line);
	curl_easy_setopt(x->easy, CURLOPT_HEADERDATA, x);
	curl_easy_setopt(x->easy, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(x->easy, CURLOPT_WRITEDATA, x);
	curl_easy_setopt(x->easy, CURLOPT_DEBUGFUNCTION, watch);
	curl_easy_setopt(x->easy, CURLOPT_DEBUGDATA, x);
	curl_easy_setopt(x->easy, CURLOPT_VERBOSE, 1L);
}

static void set_limits(struct exchange *x)
{
	int64_t rate = x->http->config.limit_rate_bytes;

	curl_easy_setopt(x->easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(x->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(x->easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(x->easy, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_TIMEOUT_S);
	/* What is aside may be silent for long: then the other end is asked whether it is there. */
	curl_easy_setopt(x->easy, CURLOPT_TCP_KEEPALIVE, x->req->is_aside ? 1L : 0L);
	curl_easy_setopt(x->easy, CURLOPT_TCP_KEEPIDLE, (long)STALL_TIMEOUT_S);
	curl_easy_setopt(x->easy, CURLOPT_TCP_KEEPINTVL, (long)STALL_TIMEOUT_S / 2);
	curl_easy_setopt(x->easy, CURLOPT_LOW_SPEED_LIMIT, x->req->is_aside || x->req->is_patient ? 0L : 1L);
	curl_easy_setopt(x->easy, CURLOPT_LOW_SPEED_TIME, (long)STALL_TIMEOUT_S);
	curl_easy_setopt(x->easy, CURLOPT_BUFFERSIZE, 128L << 10);
	curl_easy_setopt(x->easy, CURLOPT_UPLOAD_BUFFERSIZE, 128L << 10);
	curl_easy_setopt(x->easy, CURLOPT_USERAGENT, "sync/" VERSION);
	curl_easy_setopt(x->easy, CURLOPT_FRESH_CONNECT,
			 x->req->is_once ? 1L : 0L); /* no sending again by libcurl itself */
	if (rate > 0) {
		curl_easy_setopt(x->easy, CURLOPT_MAX_SEND_SPEED_LARGE, (curl_off_t)rate);
		curl_easy_setopt(x->easy, CURLOPT_MAX_RECV_SPEED_LARGE, (curl_off_t)rate);
	}
}

/* "PUT /file.txt  If-None-Match: *": what -v shows of a request. */
static void trace_request(struct exchange *x)
{
	static const char *const shown[] = { "If-Match", "If-None-Match", "If-Range", "Range", "If-Unmodified-Since" };
	struct buf line = buf_new(ANSWER_FIELD_LIMIT);
	const struct http_request *req = x->req;

	if (!x->http->config.trace)
		return;
	if (buf_addf(&line, "%s %s%s", req->method, req->is_at_origin ? "/" : x->http->origin.root, req->target) != OK)
		buf_reset(&line);
	for (size_t i = 0; i < req->field_count; i++)
		for (size_t j = 0; j < ARRAY_LEN(shown); j++)
			if (strcmp(req->fields[i].name, shown[j]) == 0 &&
			    buf_addf(&line, "  %s: %s", shown[j], req->fields[i].value) != OK)
				break;
	x->http->config.trace(x->http->config.arg, HTTP_TRACE_REQUEST, line.data);
	buf_clear(&line);
}

enum err exchange_prepare(struct exchange *x)
{
	struct http *h = x->http;

	if (x->easy)
		curl_easy_reset(x->easy);
	else if (h->spare_count)
		x->easy = h->spare[--h->spare_count];
	else if (!(x->easy = curl_easy_init()))
		return E_INTERNAL;
	if (!x->req->text && x->req->body_bytes > 0 && x->req->body_bytes <= SMALL_BYTES && !read_small(x))
		return E_IO;
	answer_reset(&x->req->answer);
	x->req->answer.is_folder = x->redirect && x->redirect[strcspn(x->redirect, "?") - 1] == '/';
	x->error[0] = '\0';
	x->stopped = OK;
	x->heads_sent = 0;
	x->tries++;
	set_url(x);
	set_method(x);
	set_tls(x);
	set_limits(x);
	set_callbacks(x);
	add_lines(x);
	trace_request(x);
	return OK;
}
