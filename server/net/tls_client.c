/* Clients that show a certificate of their own (tls.h; RFC 8446 §4.3.2). */
#include "server/net/tls.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

static enum err read_names(const char *file, STACK_OF(X509_NAME) * *out, struct note *why)
{
	ERR_clear_error();
	*out = SSL_load_client_CA_file(file);
	ERR_clear_error();
	return *out ? OK : note_set(why, E_BAD_REQUEST, "%.100s: not certificates of authorities in PEM", file);
}

enum err tls_check_authorities(const char *file, struct note *why)
{
	STACK_OF(X509_NAME) *names = NULL;
	enum err e = read_names(file, &names, why);

	sk_X509_NAME_pop_free(names, X509_NAME_free);
	return e;
}

enum err tls_trust_clients(struct tls *t, const char *file, struct note *why)
{
	SSL_CTX *context = tls_context(t);
	STACK_OF(X509_NAME) *names = NULL;
	enum err e = read_names(file, &names, why);

	if (e != OK)
		return e;
	SSL_CTX_set_client_CA_list(context, names);
	if (SSL_CTX_load_verify_file(context, file) != 1)
		return note_set(why, E_BAD_REQUEST, "%.100s: cannot be taken for authorities", file);
	/* Asked for, not demanded: who has none signs in otherwise. */
	SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
	return OK;
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
