/* Clients that show a certificate of their own (tls.h; RFC 8446 §4.3.2). */
#include "server/net/tls.h"

#include <stdatomic.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "common/clock.h"
#include "common/log.h"

/* ---- whom to trust ---- */

static enum err fill(X509_STORE *store, const struct tls_authorities *whom, struct note *why)
{
	if (X509_STORE_load_file(store, whom->certificates) != 1)
		return note_set(why, E_BAD_REQUEST, "%.100s: cannot be taken for authorities", whom->certificates);
	return whom->revoked ? tls_load_revoked(store, whom->revoked, why) : OK;
}

/* The names too are read from the file: what it has besides certificates shows there. */
static enum err read_names(const char *file, STACK_OF(X509_NAME) * *out, struct note *why)
{
	ERR_clear_error();
	*out = SSL_load_client_CA_file(file);
	ERR_clear_error();
	return *out ? OK : note_set(why, E_BAD_REQUEST, "%.100s: not certificates of authorities in PEM", file);
}

enum err tls_check_authorities(const struct tls_authorities *whom, struct note *why)
{
	STACK_OF(X509_NAME) *names = NULL;
	X509_STORE *store = X509_STORE_new();
	enum err e = read_names(whom->certificates, &names, why);

	if (!store)
		abort();
	if (e == OK)
		e = fill(store, whom, why);
	ERR_clear_error();
	X509_STORE_free(store);
	sk_X509_NAME_pop_free(names, X509_NAME_free);
	return e;
}

/* ---- a handshake ---- */

/* Is it for the administrator to do something?  Else nobody with a certificate comes in, and only he can help. */
static bool is_about_lists(int error)
{
	return error == X509_V_ERR_CRL_HAS_EXPIRED || error == X509_V_ERR_CRL_NOT_YET_VALID ||
	       error == X509_V_ERR_UNABLE_TO_GET_CRL;
}

/* Once a minute is enough. */
static bool is_due(void)
{
	static _Atomic int64_t last_s = INT64_MIN / 2;
	int64_t now_s = clock_monotonic_ns() / NS_PER_S, before_s = last_s;

	return now_s - before_s >= 60 && atomic_compare_exchange_strong(&last_s, &before_s, now_s);
}

/* Of each certificate that is not taken, why. */
static int on_verified(int is_good, X509_STORE_CTX *verification)
{
	int error = X509_STORE_CTX_get_error(verification);
	X509 *cert = X509_STORE_CTX_get_current_cert(verification);
	char subject[256] = "";

	if (is_good)
		return 1;
	if (cert)
		X509_NAME_oneline(X509_get_subject_name(cert), subject, sizeof subject);
	log_info("refuse certificate=%s reason=%s", QUOTED(subject), QUOTED(X509_verify_cert_error_string(error)));
	if (is_about_lists(error) && is_due())
		log_warning("refuse certificates reason=%s help=%s", QUOTED(X509_verify_cert_error_string(error)),
			    QUOTED("renew the lists of client-crl and reload"));
	return 0;
}

enum err tls_trust_clients(struct tls *t, const struct tls_authorities *whom, struct note *why)
{
	SSL_CTX *context = tls_context(t);
	STACK_OF(X509_NAME) *names = NULL;
	enum err e = read_names(whom->certificates, &names, why);

	if (e != OK)
		return e;
	SSL_CTX_set_client_CA_list(context, names);
	if ((e = fill(SSL_CTX_get_cert_store(context), whom, why)) != OK)
		return e;
	/*
	 * Who comes again shows it again: a session that is taken up keeps the certificate unproved, past its end and its
	 * revocation, and without those between it and the authority.
	 */
	SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
	SSL_CTX_set_num_tickets(context, 0);
	/* Asked for, not demanded: who has none signs in otherwise. */
	SSL_CTX_set_verify(context, SSL_VERIFY_PEER, on_verified);
	return OK;
}

/* ---- a connection ---- */

bool tls_is_client_good(const struct ssl_st *ssl, struct ssl_ctx_st *context)
{
	X509 *cert = SSL_get0_peer_certificate(ssl);
	X509_STORE_CTX *verification;
	bool is_good;

	if (!cert)
		return true;
	ERR_clear_error();
	verification = X509_STORE_CTX_new();
	if (!verification)
		return false;
	/* As OpenSSL does it in the handshake (RFC 5280 §4.2.1.12: for clients). */
	is_good = X509_STORE_CTX_init(verification, SSL_CTX_get_cert_store(context), cert,
				      SSL_get_peer_cert_chain(ssl)) == 1 &&
		  X509_STORE_CTX_set_default(verification, "ssl_client") == 1 && X509_verify_cert(verification) == 1;
	X509_STORE_CTX_free(verification);
	ERR_clear_error();
	return is_good;
}

bool tls_client_name(const struct ssl_st *ssl, char *out, size_t size)
{
	X509 *cert = SSL_get0_peer_certificate(ssl);
	X509_NAME *subject = cert ? X509_get_subject_name(cert) : NULL;
	int at = subject ? X509_NAME_get_index_by_NID(subject, NID_commonName, -1) : -1, len;
	unsigned char *text = NULL;

	/* Two names are none: who signed it may have meant either. */
	if (at < 0 || X509_NAME_get_index_by_NID(subject, NID_commonName, at) >= 0 ||
	    SSL_get_verify_result(ssl) != X509_V_OK)
		return false;
	len = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
	if (len <= 0 || (size_t)len >= size || memchr(text, '\0', (size_t)len))
		len = 0;
	if (len)
		memcpy(out, text, (size_t)len);
	out[len] = '\0';
	OPENSSL_free(text);
	return len > 0;
}
