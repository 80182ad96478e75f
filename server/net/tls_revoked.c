/* What authorities have revoked: their lists, proved when they are read (tls.h; RFC 5280 §5). */
#include "server/net/tls.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "common/log.h"

enum { NAME_SIZE = 128 };

/* What is there in `lists` of an authority, or as the issuer of a list: has its key signed it? */
enum found { FOUND_NONE, FOUND_FORGED, FOUND };

static enum found look_at(X509_CRL *list, X509 *authority)
{
	if (X509_NAME_cmp(X509_CRL_get_issuer(list), X509_get_subject_name(authority)) != 0)
		return FOUND_NONE;
	return X509_CRL_verify(list, X509_get0_pubkey(authority)) == 1 ? FOUND : FOUND_FORGED;
}

static enum err refuse(const char *file, const char *what, const X509_NAME *who, struct note *why)
{
	char name[NAME_SIZE] = "";

	X509_NAME_oneline(who, name, sizeof name);
	return note_set(why, E_BAD_REQUEST, "%.80s: %s %.80s", file, what, name);
}

/* Each list that names an authority of ours as its issuer is signed by it.  (That of an authority between is for the handshake.) */
static enum err check_issuers(STACK_OF(X509_OBJECT) * authorities, STACK_OF(X509_CRL) * lists, const char *file,
			      struct note *why)
{
	for (int i = 0; i < sk_X509_CRL_num(lists); i++) {
		X509_CRL *list = sk_X509_CRL_value(lists, i);
		enum found best = FOUND_NONE;

		for (int j = 0; j < sk_X509_OBJECT_num(authorities) && best != FOUND; j++) {
			X509 *authority = X509_OBJECT_get0_X509(sk_X509_OBJECT_value(authorities, j));
			enum found now = authority ? look_at(list, authority) : FOUND_NONE;

			best = MAX(best, now);
		}
		if (best == FOUND_FORGED)
			return refuse(file, "a list is not signed by", X509_CRL_get_issuer(list), why);
	}
	return OK;
}

/* Without a list of it an authority's certificates are all refused: better said now. */
static enum err check_authorities(STACK_OF(X509_OBJECT) * authorities, STACK_OF(X509_CRL) * lists, const char *file,
				  struct note *why)
{
	for (int j = 0; j < sk_X509_OBJECT_num(authorities); j++) {
		X509 *authority = X509_OBJECT_get0_X509(sk_X509_OBJECT_value(authorities, j));
		bool has_list = !authority;

		for (int i = 0; i < sk_X509_CRL_num(lists) && !has_list; i++)
			has_list = look_at(sk_X509_CRL_value(lists, i), authority) == FOUND;
		if (!has_list)
			return refuse(file, "no list of", X509_get_subject_name(authority), why);
	}
	return OK;
}

/* Not an error: who wrote it may want just that, that nobody comes in until it is renewed. */
static void say_if_expired(const X509_CRL *list, const char *file)
{
	const ASN1_TIME *next = X509_CRL_get0_nextUpdate(list);
	char name[NAME_SIZE] = "";

	if (!next || X509_cmp_current_time(next) > 0)
		return;
	X509_NAME_oneline(X509_CRL_get_issuer(list), name, sizeof name);
	log_warning("find client_crl=%s issuer=%s reason=%s help=%s", QUOTED(file), QUOTED(name),
		    QUOTED("it has expired: no certificate of this authority is taken"), QUOTED("renew it and reload"));
}

/* All of the file, or nothing: half a list would let in whom the other half names. */
static enum err read_lists(const char *file, STACK_OF(X509_CRL) * lists, struct note *why)
{
	BIO *in = BIO_new_file(file, "r");
	X509_CRL *list;
	unsigned long last;

	while (in && (list = PEM_read_bio_X509_CRL(in, NULL, NULL, NULL)) != NULL)
		if (sk_X509_CRL_push(lists, list) <= 0)
			abort();
	BIO_free(in);
	last = ERR_peek_last_error();
	ERR_clear_error();
	if (in && sk_X509_CRL_num(lists) > 0 && ERR_GET_LIB(last) == ERR_LIB_PEM &&
	    ERR_GET_REASON(last) == PEM_R_NO_START_LINE) /* the file's end */
		return OK;
	return note_set(why, E_BAD_REQUEST, "%.100s: not lists of revoked certificates in PEM", file);
}

static enum err add_lists(X509_STORE *store, STACK_OF(X509_CRL) * lists, const char *file, struct note *why)
{
	STACK_OF(X509_OBJECT) *authorities = X509_STORE_get0_objects(store);
	enum err e;

	if ((e = check_issuers(authorities, lists, file, why)) != OK ||
	    (e = check_authorities(authorities, lists, file, why)) != OK)
		return e;
	for (int i = 0; i < sk_X509_CRL_num(lists); i++) {
		say_if_expired(sk_X509_CRL_value(lists, i), file);
		if (X509_STORE_add_crl(store, sk_X509_CRL_value(lists, i)) != 1)
			return refuse(file, "cannot be taken: the list of",
				      X509_CRL_get_issuer(sk_X509_CRL_value(lists, i)), why);
	}
	X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
	return OK;
}

enum err tls_load_revoked(struct x509_store_st *store, const char *file, struct note *why)
{
	STACK_OF(X509_CRL) *lists = sk_X509_CRL_new_null();
	enum err e;

	if (!lists)
		abort();
	ERR_clear_error();
	if ((e = read_lists(file, lists, why)) == OK)
		e = add_lists(store, lists, file, why);
	ERR_clear_error();
	sk_X509_CRL_pop_free(lists, X509_CRL_free);
	return e;
}
