#include "server/net/tls.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "common/digest.h"
#include "common/log.h"

struct tls {
	SSL_CTX *context;
};

/*
 * HTTP/1.1 is all we speak.  A client that offers protocols without it is not refused: many list only what they like best and
 * go on with HTTP/1.1 when none was chosen.
 */
static int choose_protocol(SSL *ssl not_used, const unsigned char **out, unsigned char *out_len,
			   const unsigned char *in, unsigned in_len, void *arg not_used)
{
	static const unsigned char ours[] = "\x08http/1.1";
	unsigned char *chosen;

	if (SSL_select_next_proto(&chosen, out_len, ours, sizeof ours - 1, in, in_len) != OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_NOACK;
	*out = chosen;
	return SSL_TLSEXT_ERR_OK;
}

static SSL_CTX *context_new(void)
{
	static const unsigned char id[] = "syncd";
	SSL_CTX *context = SSL_CTX_new(TLS_server_method());

	if (!context)
		abort();
	SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
	/*
	 * A FIN without close_notify ends the input and no more: framing tells whether something is missing.  Without
	 * IGNORE_UNEXPECTED_EOF OpenSSL would send no answer after it either.  CLEANSE_PLAINTEXT: of what came in, credentials
	 * among it, nothing stays in its buffers.
	 */
	SSL_CTX_set_options(context, SSL_OP_CLEANSE_PLAINTEXT | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
					 SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA |
					 SSL_OP_IGNORE_UNEXPECTED_EOF);
	SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
	/* Tickets only: a session cache would be one lock for all loops. */
	SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_session_id_context(context, id, sizeof id - 1);
	/* One read() for header and payload of a record, and for several records of a body. */
	SSL_CTX_set_read_ahead(context, 1);
	SSL_CTX_set_alpn_select_cb(context, choose_protocol, NULL);
	return context;
}

/* Why OpenSSL could not use `file`. */
static enum err explain(const char *file, const char *what, struct note *why)
{
	unsigned long code = ERR_peek_error();
	int error_number = ERR_SYSTEM_ERROR(code) ? ERR_GET_REASON(code) : 0;

	if (error_number)
		return note_set(why, err_from_errno(error_number), "%.100s: %s", file, strerror(error_number));
	return note_set(why, E_BAD_REQUEST, "%.100s: not %s", file, what);
}

static enum err read_cert(struct tls *t, const char *cert_file, struct note *why)
{
	ERR_clear_error();
	return SSL_CTX_use_certificate_chain_file(t->context, cert_file) == 1
		   ? OK
		   : explain(cert_file, "a certificate in PEM", why);
}

/*
 * Who can write the key can choose it: refused.  Who can read it can be us: everybody is too many, and said; a group may be meant
 * (Debian's ssl-cert).  What is no file at all is for OpenSSL to explain.
 */
static enum err check_mode(const char *key_file, struct note *why)
{
	struct stat st;

	if (stat(key_file, &st) != 0)
		return OK;
	if (st.st_mode & (S_IWGRP | S_IWOTH))
		return note_set(why, E_FORBIDDEN, "others than its owner may write the private key: chmod 600 %.120s",
				key_file);
	if (st.st_mode & S_IROTH)
		log_warning("find private_key=%s readable_by=everybody help=%s", QUOTED(key_file), QUOTED("chmod 600"));
	return OK;
}

enum err tls_new(const char *cert_file, const char *key_file, struct tls **out, struct note *why)
{
	struct tls *t = xcalloc(1, sizeof *t);
	enum err e;

	t->context = context_new();
	if ((e = read_cert(t, cert_file, why)) != OK || (e = check_mode(key_file, why)) != OK)
		goto fail;
	ERR_clear_error();
	if (SSL_CTX_use_PrivateKey_file(t->context, key_file, SSL_FILETYPE_PEM) != 1 ||
	    SSL_CTX_check_private_key(t->context) != 1) {
		e = explain(key_file, "the private key of the certificate, in PEM", why);
		goto fail;
	}
	*out = t;
	return OK;
fail:
	ERR_clear_error();
	tls_free(t);
	return e;
}

void tls_free(struct tls *t)
{
	if (!t)
		return;
	SSL_CTX_free(t->context);
	free(t);
}

struct ssl_ctx_st *tls_context(const struct tls *t)
{
	return t->context;
}

char *tls_pin(const struct tls *t)
{
	X509_PUBKEY *key = X509_get_X509_PUBKEY(SSL_CTX_get0_certificate(t->context));
	unsigned char *der = NULL, text[64];
	int len = i2d_X509_PUBKEY(key, &der);
	struct digest d;

	if (len <= 0)
		abort();
	d = digest_of(der, (size_t)len);
	OPENSSL_free(der);
	EVP_EncodeBlock(text, d.bytes, sizeof d.bytes);
	return xasprintf("sha256//%s", (char *)text);
}

bool tls_is_self_signed(const struct tls *t)
{
	X509 *cert = SSL_CTX_get0_certificate(t->context);

	return X509_NAME_cmp(X509_get_subject_name(cert), X509_get_issuer_name(cert)) == 0;
}

enum err tls_pin_of_file(const char *cert_file, char **out, struct note *why)
{
	struct tls t = { .context = context_new() };
	enum err e = read_cert(&t, cert_file, why);

	*out = e == OK && tls_is_self_signed(&t) ? tls_pin(&t) : NULL;
	ERR_clear_error();
	SSL_CTX_free(t.context);
	return e;
}
