#include "server/net/stream.h"

#include <errno.h>
#include <linux/sockios.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>

#include <openssl/bio.h>
#include <openssl/err.h>

/* Reads up to this size are of heads and small bodies: they end with what one read of the socket gave. */
enum { SMALL_READ = 16384 };

enum { CIPHER_SIZE = STREAM_WRITE_LIMIT + 16384 }; /* records add less than 1 %; the rest is for the handshake */

/* Records on their way from OpenSSL to the socket.  Empty between calls, so that one serves all streams of a thread. */
static _Thread_local struct {
	size_t len;
	char bytes[CIPHER_SIZE];
} cipher;

/* ---- the socket ---- */

static ssize_t socket_read(struct stream *s, void *out, size_t len)
{
	ssize_t n;

	do
		n = recv(s->fd, out, len, 0);
	while (n < 0 && errno == EINTR);
	if (n > 0)
		s->bytes_in += (uint64_t)n;
	return n;
}

/* Bytes the socket took; 0 if it is full or broken. */
static size_t socket_write(struct stream *s, const char *bytes, size_t len, bool more)
{
	size_t sent = 0;

	while (sent < len && !s->is_broken) {
		ssize_t n = send(s->fd, bytes + sent, len - sent, MSG_NOSIGNAL | (more ? MSG_MORE : 0));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			break;
		if (n < 0)
			s->is_broken = true;
		else
			sent += (size_t)n;
	}
	s->bytes_out += sent;
	return sent;
}

static void pending_clear(struct stream *s)
{
	free(TAKE(s->pending));
	s->pending_at = s->pending_end = s->pending_size = 0;
}

static void pending_add(struct stream *s, const char *bytes, size_t len)
{
	size_t held = s->pending_end - s->pending_at;

	if (s->is_broken || len == 0)
		return;
	if (s->pending_end + len > s->pending_size) {
		if (held)
			memmove(s->pending, s->pending + s->pending_at, held);
		s->pending_at = 0;
		s->pending_end = held;
		if (held + len > s->pending_size) {
			s->pending_size = held + len;
			s->pending = xrealloc(s->pending, s->pending_size);
		}
	}
	memcpy(s->pending + s->pending_end, bytes, len);
	s->pending_end += len;
}

bool stream_flush(struct stream *s)
{
	if (!stream_is_pending(s))
		return true;
	s->pending_at += socket_write(s, s->pending + s->pending_at, s->pending_end - s->pending_at, false);
	if (s->pending_at == s->pending_end || s->is_broken)
		pending_clear(s);
	return !stream_is_pending(s);
}

static void put_bytes(struct stream *s, const char *bytes, size_t len, bool more)
{
	size_t sent = stream_is_pending(s) ? 0 : socket_write(s, bytes, len, more);

	pending_add(s, bytes + sent, len - sent);
}

/* ---- OpenSSL's side ---- */

static int bio_read(BIO *b, char *out, int len)
{
	struct stream *s = BIO_get_data(b);
	ssize_t n = socket_read(s, out, (size_t)len);

	s->is_at_end = n == 0;
	BIO_clear_retry_flags(b);
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		BIO_set_retry_read(b);
	return (int)n;
}

static int bio_write(BIO *b, const char *bytes, int len)
{
	BIO_clear_retry_flags(b);
	if ((size_t)len > CIPHER_SIZE - cipher.len)
		return -1;
	memcpy(cipher.bytes + cipher.len, bytes, (size_t)len);
	cipher.len += (size_t)len;
	return len;
}

static long bio_ctrl(BIO *b, int command, long number not_used, void *pointer not_used)
{
	const struct stream *s = BIO_get_data(b);

	if (command == BIO_CTRL_EOF) /* asked after a read: was that an error, or the end? */
		return s->is_at_end;
	return command == BIO_CTRL_FLUSH ? 1 : 0;
}

static BIO_METHOD *method;

static void method_new(void)
{
	method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "stream");
	if (!method || !BIO_meth_set_read(method, bio_read) || !BIO_meth_set_write(method, bio_write) ||
	    !BIO_meth_set_ctrl(method, bio_ctrl))
		abort();
}

/* After each call into OpenSSL: what it wrote goes to the socket. */
static void send_records(struct stream *s)
{
	put_bytes(s, cipher.bytes, cipher.len, false);
	cipher.len = 0;
}

/* ---- the stream ---- */

void stream_init(struct stream *s, int fd, SSL_CTX *context)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	BIO *b;

	*s = (struct stream){ .fd = fd };
	if (!context)
		return;
	pthread_once(&once, method_new);
	s->ssl = SSL_new(context);
	b = BIO_new(method);
	if (!s->ssl || !b)
		abort();
	BIO_set_data(b, s);
	BIO_set_init(b, 1);
	SSL_set_bio(s->ssl, b, b);
	SSL_set_accept_state(s->ssl);
}

void stream_clear(struct stream *s)
{
	SSL_free(TAKE(s->ssl));
	pending_clear(s);
}

static int ssl_result(struct stream *s, int result)
{
	int why = SSL_get_error(s->ssl, result);

	send_records(s);
	s->is_starved = why == SSL_ERROR_WANT_READ;
	if (s->is_starved)
		return STREAM_AGAIN;
	if (why == SSL_ERROR_ZERO_RETURN)
		return STREAM_EOF;
	return STREAM_ERROR;
}

int stream_handshake(struct stream *s)
{
	int result;

	if (!s->ssl || SSL_is_init_finished(s->ssl))
		return 1;
	ERR_clear_error();
	s->is_starved = false;
	result = SSL_do_handshake(s->ssl);
	if (result == 1) {
		send_records(s);
		return 1;
	}
	return ssl_result(s, result) == STREAM_AGAIN ? STREAM_AGAIN : STREAM_ERROR;
}

static ssize_t plain_read(struct stream *s, void *out, size_t len)
{
	ssize_t n = socket_read(s, out, len);

	if (n >= 0)
		return n;
	return errno == EAGAIN || errno == EWOULDBLOCK ? STREAM_AGAIN : STREAM_ERROR;
}

ssize_t stream_read(struct stream *s, void *out, size_t len)
{
	size_t got = 0;

	if (!s->ssl)
		return plain_read(s, out, len);
	/* One record at a time is all SSL_read() gives: gather, so that who reads a body sees long runs. */
	ERR_clear_error();
	s->is_starved = false;
	while (got < len) {
		int n = SSL_read(s->ssl, (char *)out + got, (int)(len - got));
		int how;

		if (n > 0) {
			got += (size_t)n;
			if (len <= SMALL_READ && !SSL_has_pending(s->ssl))
				break;
			continue;
		}
		how = ssl_result(s, n);
		return got ? (ssize_t)got : how;
	}
	send_records(s);
	return (ssize_t)got;
}

bool stream_has_input(const struct stream *s)
{
	if (!s->ssl)
		return false;
	/* SSL_has_pending() is true of a part of a record, too, with which nobody can do anything before the rest is there. */
	return (!s->is_starved && SSL_has_pending(s->ssl)) || (SSL_get_shutdown(s->ssl) & SSL_RECEIVED_SHUTDOWN);
}

void stream_write(struct stream *s, const void *bytes, size_t len, bool more)
{
	if (!s->ssl) {
		put_bytes(s, bytes, len, more);
		return;
	}
	ERR_clear_error();
	if (len && !s->is_broken && SSL_write(s->ssl, bytes, (int)len) != (int)len)
		s->is_broken = true;
	send_records(s);
}

ssize_t stream_sendfile(struct stream *s, int file, off_t offset, size_t len)
{
	ssize_t n;

	do
		n = sendfile(s->fd, file, &offset, len);
	while (n < 0 && errno == EINTR);
	if (n > 0)
		s->bytes_out += (uint64_t)n;
	else if (n == 0)
		return -1;
	else if (errno != EAGAIN && errno != EWOULDBLOCK)
		s->is_broken = true;
	return MAX(n, 0);
}

void stream_shutdown(struct stream *s)
{
	if (s->ssl && SSL_is_init_finished(s->ssl) && !s->is_broken) {
		ERR_clear_error();
		SSL_shutdown(s->ssl);
		send_records(s);
	}
	if (!stream_is_pending(s))
		shutdown(s->fd, SHUT_WR);
}

bool stream_discard(struct stream *s, void *scratch, size_t len)
{
	ssize_t n = socket_read(s, scratch, len);

	return n > 0 || (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK));
}

uint64_t stream_acknowledged(const struct stream *s)
{
	int queued = 0;

	if (ioctl(s->fd, SIOCOUTQ, &queued) < 0 || queued < 0)
		return s->bytes_out;
	return s->bytes_out - MIN(s->bytes_out, (uint64_t)queued);
}
