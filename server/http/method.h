/*
 * method: the request methods this server knows by name (RFC 9110, 4918, 3253, 5789, 3744, 6578's REPORT).
 * What it knows but does not offer is 405; any other token is 501 (protocol.md, "Statuses").
 */
#ifndef SERVER_HTTP_METHOD_H
#define SERVER_HTTP_METHOD_H

#include "common/span.h"

/* clang-format off */
#define METHOD_TABLE(X) \
	X(OPTIONS) X(GET) X(HEAD) X(PUT) X(DELETE) X(POST) X(PATCH) X(TRACE) X(CONNECT) \
	X(MKCOL) X(PROPFIND) X(PROPPATCH) X(COPY) X(MOVE) X(LOCK) X(UNLOCK) X(REPORT) X(SEARCH) X(ACL) \
	X(VERSION_CONTROL) X(CHECKOUT) X(UNCHECKOUT) X(CHECKIN) X(UPDATE) X(LABEL) X(MERGE) \
	X(MKWORKSPACE) X(MKACTIVITY) X(BASELINE_CONTROL)
/* clang-format on */

enum method {
#define METHOD_SYMBOL(name) METHOD_##name,
	METHOD_TABLE(METHOD_SYMBOL)
#undef METHOD_SYMBOL
	    METHOD_UNKNOWN
};

/* The method of a token, case-sensitive (RFC 9110 §9.1); METHOD_UNKNOWN if it is none of the table. */
enum method method_from_span(struct span token);

/* "VERSION-CONTROL"; "?" for METHOD_UNKNOWN. */
const char *method_name(enum method m);

#endif
