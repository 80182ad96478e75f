/*
 * stream: one connected socket, plain or TLS, never blocking.
 *
 * TLS is a transformation between the socket and memory: OpenSSL reads from the socket through our BIO and writes into a
 * buffer of the thread, which goes out with one send() however many records it holds; what the socket does not take is kept
 * here.  So no call has to be repeated with the same arguments, and answers to KeyUpdate or alerts leave like everything else.
 */
#ifndef SERVER_NET_STREAM_H
#define SERVER_NET_STREAM_H

#include "common/base.h"

#include <openssl/ssl.h>
#include <sys/types.h>

struct stream {
	int fd;        /* borrowed */
	SSL *ssl;      /* NULL: plain */
	char *pending; /* accepted, not yet taken by the socket */
	size_t pending_at, pending_end, pending_size;
	uint64_t bytes_in, bytes_out; /* on the socket */
	bool is_broken;               /* a write failed: nothing will leave any more */
	bool is_at_end;               /* TLS: the last read met the FIN */
	bool is_starved;              /* TLS: the last read wanted more than the socket had */
};

enum { STREAM_WRITE_LIMIT = 65536 }; /* bytes a call of stream_write() may be given */

/* What a read gave, if no bytes. */
enum { STREAM_EOF = 0, STREAM_AGAIN = -1, STREAM_ERROR = -2 };

/* `context` NULL: plain.  Takes nothing; `fd` must outlive the stream. */
void stream_init(struct stream *s, int fd, SSL_CTX *context);

/* Frees what it holds, not the descriptor. */
void stream_clear(struct stream *s);

/* The TLS handshake: 1 done, STREAM_AGAIN, STREAM_ERROR.  Plain: done. */
int stream_handshake(struct stream *s);

/* Reads up to `len` bytes.  Their number, or STREAM_EOF, STREAM_AGAIN, STREAM_ERROR. */
ssize_t stream_read(struct stream *s, void *out, size_t len);

/* Are decrypted or undecrypted bytes held back here, of which the socket will not tell? */
bool stream_has_input(const struct stream *s);

/*
 * Sends all of `len` (at most STREAM_WRITE_LIMIT) bytes, now or, after what is pending, by stream_flush().  `more`: bytes follow at
 * once (plain only).  A dead connection shows in is_broken.
 */
void stream_write(struct stream *s, const void *bytes, size_t len, bool more);

/* Plain and nothing pending only: file to socket without a copy.  Bytes sent, 0 if the socket is full, -1: the file has ended. */
ssize_t stream_sendfile(struct stream *s, int file, off_t offset, size_t len);

/* True if nothing is pending any more. */
bool stream_flush(struct stream *s);

static inline bool stream_is_pending(const struct stream *s)
{
	return s->pending_end != s->pending_at;
}

/* Says that no more will be sent: close_notify and FIN. */
void stream_shutdown(struct stream *s);

/* Reads from the socket and forgets, past TLS: true until its end or an error. */
bool stream_discard(struct stream *s, void *scratch, size_t len);

/* Bytes the peer has acknowledged: what progress of a reply is measured by. */
uint64_t stream_acknowledged(const struct stream *s);

#endif
