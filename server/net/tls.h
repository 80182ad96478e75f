/*
 * tls: the server's TLS context: TLS 1.2 and 1.3 only, one certificate chain and key, tickets, no renegotiation.
 */
#ifndef SERVER_NET_TLS_H
#define SERVER_NET_TLS_H

#include "common/err.h"

struct tls;
struct ssl_st;
struct ssl_ctx_st;

/*
 * Reads certificate chain and key (PEM).  E_NOT_FOUND, E_FORBIDDEN, E_BAD_REQUEST (not a pair); `why` names the file.  The
 * caller frees it.
 */
enum err tls_new(const char *cert_file, const char *key_file, struct tls **out, struct note *why) must_check;
void tls_free(struct tls *t);

/*
 * Makes a self-signed P-256 pair: subject alternative names are the host's name, localhost and the addresses of its
 * interfaces; valid ten years; the key file has mode 0600 from its first byte on; both are synced.  Existing files are not
 * touched: E_CONFLICT.
 */
enum err tls_make_self_signed(const char *cert_file, const char *key_file, struct note *why) must_check;

/* "sha256//<base64>": SHA-256 over the SubjectPublicKeyInfo, curl's form of a pinned key.  The caller frees it. */
char *tls_pin(const struct tls *t);

/*
 * The pin of a certificate file; NULL in `out` if it is not its own issuer, so that no pin is needed.  E_NOT_FOUND, E_FORBIDDEN,
 * E_BAD_REQUEST.  The caller frees it.
 */
enum err tls_pin_of_file(const char *cert_file, char **out, struct note *why) must_check;

/* Whose certificates are taken: two files of PEM. */
struct tls_authorities {
	const char *certificates, *revoked; /* `revoked` NULL: nothing is */
};

/*
 * From now on a client may show a certificate: one that an authority has signed for clients, and that is in no list of revoked
 * ones, nor is an authority of its chain; another ends the handshake.  With lists each authority needs one, and one whose time has
 * run out (nextUpdate, RFC 5280 §5.1.2.5: said) lets nobody in.  E_BAD_REQUEST: a file cannot be read, or is none; an authority has
 * no list, or did not sign it.
 */
enum err tls_trust_clients(struct tls *t, const struct tls_authorities *whom, struct note *why) must_check;

/* Would tls_trust_clients() take them?  Errors as there. */
enum err tls_check_authorities(const struct tls_authorities *whom, struct note *why) must_check;

/* For tls_trust_clients(), in `store`, where the authorities are already: their lists.  Errors as there. */
struct x509_store_st;
enum err tls_load_revoked(struct x509_store_st *store, const char *file, struct note *why) must_check;

/*
 * Would `context`, another than that of the handshake perhaps, take the certificate that the client at the other end has shown?
 * True if it has shown none.  As costly as a handshake.
 */
bool tls_is_client_good(const struct ssl_st *ssl, struct ssl_ctx_st *context);

/* The common name of the certificate that the client at the other end has shown.  False: none, or no single name that fits `out`. */
bool tls_client_name(const struct ssl_st *ssl, char *out, size_t size);

/* For server/net: what connections are made from; borrowed.  Any thread. */
struct ssl_ctx_st *tls_context(const struct tls *t);

/* Is the certificate its own issuer (so that a client needs the pin)? */
bool tls_is_self_signed(const struct tls *t);

#endif
