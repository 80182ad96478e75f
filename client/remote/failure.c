#include "client/remote/failure.h"

#include <string.h>

/* What libcurl's failures mean; what is not here is E_NETWORK and final. */
static const struct failure {
	CURLcode code;
	enum err err;
	bool may_retry;
} failures[] = {
	{ CURLE_COULDNT_RESOLVE_PROXY, E_NETWORK, true },
	{ CURLE_COULDNT_RESOLVE_HOST, E_NETWORK, true },
	{ CURLE_COULDNT_CONNECT, E_NETWORK, true },
	{ CURLE_SSL_CONNECT_ERROR, E_NETWORK, true },
	{ CURLE_SEND_ERROR, E_NETWORK, true },
	{ CURLE_RECV_ERROR, E_NETWORK, true },
	{ CURLE_GOT_NOTHING, E_NETWORK, true },
	{ CURLE_PARTIAL_FILE, E_NETWORK, true },
	{ CURLE_OPERATION_TIMEDOUT, E_TIMEOUT, false }, /* while connecting: see may_repeat() */
	{ CURLE_PEER_FAILED_VERIFICATION, E_KEY, false },
	{ CURLE_SSL_PINNEDPUBKEYNOTMATCH, E_KEY, false },
	{ CURLE_SSL_ISSUER_ERROR, E_KEY, false },
	{ CURLE_SSL_INVALIDCERTSTATUS, E_KEY, false },
	{ CURLE_SSL_CACERT_BADFILE, E_USAGE, false },
	{ CURLE_SSL_CERTPROBLEM, E_USAGE, false },
	{ CURLE_SSL_CLIENTCERT, E_UNAUTHENTICATED, false },
	{ CURLE_UNSUPPORTED_PROTOCOL, E_BAD_REQUEST, false },
	{ CURLE_WEIRD_SERVER_REPLY, E_BAD_REQUEST, false },
};

static const struct failure *failure_of(CURLcode code)
{
	static const struct failure other = { CURLE_OK, E_NETWORK, false };

	for (size_t i = 0; i < ARRAY_LEN(failures); i++)
		if (failures[i].code == code)
			return &failures[i];
	return &other;
}

/*
 * Has the server ended it over our certificate, or for want of one?  Of its alert (RFC 8446 §6.2) libcurl has only the words, and
 * with TLS 1.3 it comes when the handshake is over.
 */
static bool is_certificate_refused(const struct exchange *x)
{
	static const char *const alerts[] = { "alert bad certificate",     "alert unsupported certificate",
					      "alert certificate revoked", "alert certificate expired",
					      "alert certificate unknown", "alert unknown ca",
					      "alert certificate required" };

	for (size_t i = 0; i < ARRAY_LEN(alerts); i++)
		if (strstr(x->error, alerts[i]))
			return true;
	return false;
}

/* What is known of a failure over certificates of ours, in words.  False: it is another failure. */
static bool explain_certificate(struct exchange *x, CURLcode code)
{
	struct answer *a = &x->req->answer;
	const char *alert = strstr(x->error, "alert ");

	if (code == CURLE_SSL_CERTPROBLEM)
		a->err = note_set(&a->why, E_USAGE, "client-cert and client-key cannot be used: %.120s", x->error);
	else if (is_certificate_refused(x) || code == CURLE_SSL_CLIENTCERT)
		a->err = note_set(&a->why, E_UNAUTHENTICATED, "%s (%.*s)",
				  x->http->client_cert ? "the server does not take the certificate of client-cert"
						       : "the server wants a certificate: client-cert in the config",
				  alert ? (int)strcspn(alert, ",") : 0, alert ? alert : "");
	else
		return false;
	return true;
}

void failure_explain(struct exchange *x, CURLcode code)
{
	struct answer *a = &x->req->answer;

	if (explain_certificate(x, code))
		return;
	a->err = failure_of(code)->err;
	if (code == CURLE_SSL_CACERT_BADFILE)
		note_set(&a->why, a->err,
			 "no list of authorities to check the server by: install ca-certificates, or set "
			 "SSL_CERT_FILE (%s)",
			 x->error);
	else
		note_set(&a->why, a->err, "%s", x->error[0] ? x->error : curl_easy_strerror(code));
}

bool failure_may_retry(const struct exchange *x, CURLcode code)
{
	return failure_of(code)->may_retry && !is_certificate_refused(x);
}
